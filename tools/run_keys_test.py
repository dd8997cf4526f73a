#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What goes to the guest of `./drops run`: keys of a terminal, or a file or pipe."""

import fcntl
import os
import pathlib
import pty
import shlex
import signal
import subprocess
import sys
import tempfile
import termios
import time
import unittest

import run_keys
import tree
from fake_qemu import fake


class Keys(unittest.TestCase):
    def take(self, *reads):
        keys = run_keys.Keys()
        return [part for data in reads for part in keys.take(data)]

    def test_all_are_the_guest_s(self):
        every = bytes(key for key in range(256) if key != run_keys.ESCAPE)
        self.assertEqual(self.take(every), [every])
        self.assertEqual(self.take(b""), [])

    def test_but_commands_behind_control_a(self):
        self.assertEqual(self.take(b"ab\x01xc\x01zd"), [b"ab", "end", b"c", "stop", b"d"])
        self.assertEqual(self.take(b"\x01h\x01?"), ["help", "help"])

    def test_control_a_can_be_typed(self):
        self.assertEqual(self.take(b"\x01\x01x\x01ax"), [b"\x01x\x01x"])

    def test_they_may_come_in_pieces(self):
        self.assertEqual(self.take(b"a\x01", b"", b"x", b"\x01", b"\x01", b"x"), [b"a", "end", b"\x01", b"x"])

    def test_what_is_no_command_is_not_lost(self):
        self.assertEqual(self.take(b"\x01", b"ls\r"), ["help", b"ls\r"])
        self.assertEqual(self.take(b"\x01\x1b[A\x01X"), ["help", b"\x1b[A", "help", b"X"])


CHILD = """
import sys
sys.path.insert(0, {path!r})
import run_machine
try:
    sys.exit(run_machine.run({command!r}, "."))
except KeyboardInterrupt:
    sys.exit(130)
"""

class GivenInput(unittest.TestCase):
    """A file's or a pipe's."""

    def start(self, body, given, **changed):
        """The tool with `given` as its standard input, and run_machine's constants changed."""
        code = "\n".join([f"import sys; sys.path.insert(0, {str(tree.ROOT / 'tools')!r}); import run_machine",
                          *(f"run_machine.{name} = {value}" for name, value in changed.items()),
                          f"sys.exit(run_machine.run({fake(body)!r}, '.'))"])
        tool = subprocess.Popen([sys.executable, "-c", code], stdin=given, stdout=subprocess.PIPE)
        self.addCleanup(tool.wait)
        self.addCleanup(tool.kill)
        self.addCleanup(tool.stdout.close)
        return tool

    def pipe(self, data):
        """With its end."""
        ours, theirs = os.pipe()
        self.addCleanup(os.close, ours)
        os.write(theirs, data)
        os.close(theirs)
        return ours

    def file(self, data):
        file = tempfile.TemporaryFile()
        self.addCleanup(file.close)
        file.write(data)
        file.seek(0)
        return file

    # Loses what comes before it says that it is ready, and while it goes on to print.
    FORGETFUL = """greet(); c = end["console"]; os.set_blocking(c.fileno(), False); time.sleep(1)
c.write(b"ready"); [(time.sleep(0.05), c.write(b".")) for _ in range(20)]; lost = c.read(100) or b""
os.set_blocking(c.fileno(), True); got = b""
while not got.endswith(b"exit"): got += c.read(100)
c.write(b"lost " + lost + b" got " + got); sys.exit(33)
"""

    def test_it_is_held_back_until_the_guest_has_printed_and_is_silent(self):
        for given in [self.pipe(b"echo, exit"), self.file(b"echo, exit")]:
            out, _ = self.start(self.FORGETFUL, given).communicate(timeout=60)
            self.assertTrue(out.endswith(b".lost  got echo, exit"), out)

    def test_but_not_for_ever(self):
        quiet = 'greet(); c = end["console"]; c.write(b"got " + c.read(4)); sys.exit(33)'
        out, _ = self.start(quiet, self.pipe(b"exit"), MOST_WITHOUT_OUTPUT=1).communicate()
        self.assertEqual(out, b"got exit")
        talking = """greet(); c = end["console"]; os.set_blocking(c.fileno(), False)
while not (got := c.read(4)): time.sleep(0.05); c.write(b".")
c.write(b"got " + got); sys.exit(33)
"""
        out, _ = self.start(talking, self.pipe(b"exit"), MOST_BEHIND_OUTPUT=1).communicate()
        self.assertTrue(out.endswith(b".got exit"), out)

    def test_a_guest_that_takes_none_of_it_costs_no_time(self):
        body = 'greet(); end["console"].write(b"ready"); time.sleep(3); sys.exit(33)'
        tool = self.start(body, self.file(bytes(4 << 20)))
        _, status, used = os.wait4(tool.pid, 0)
        tool.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(tool.returncode, 0)
        self.assertLess(used.ru_utime + used.ru_stime, 1.5)

    def test_all_of_it_comes_to_a_guest_that_is_slow(self):
        body = """greet(); c = end["console"]; c.write(b"ready"); time.sleep(1); got = b""
while len(got) < 3000000: got += c.read(100000)
c.write(b"%d" % got.count(b"0123456789")); sys.exit(33)
"""
        out, _ = self.start(body, self.file(b"0123456789" * 300000)).communicate()
        self.assertEqual(out, b"ready300000")


PID = 'greet(); c = end["console"]; c.write(b"pid %d!" % os.getpid()); '
ALL_OF_THE_TERMINAL_S = b"\x02\x03\x04\x0f\x11\x12\x13\x15\x16\x17\x1a\x1c\x7f\r\n\xff"


class Terminal(unittest.TestCase):
    """The tool behind a terminal of its own."""

    def start(self, body, shell=None, by=()):
        """`shell`: what one does after it has started the tool."""
        self.ours, theirs = pty.openpty()
        self.addCleanup(os.close, self.ours)
        mode = termios.tcgetattr(self.ours)
        mode[0] |= termios.ISTRIP | termios.INLCR
        termios.tcsetattr(self.ours, termios.TCSANOW, mode)
        self.before = termios.tcgetattr(self.ours)
        code = CHILD.format(path=str(tree.ROOT / "tools"), command=fake(body))
        with tempfile.NamedTemporaryFile("w", suffix=".py", delete=False) as script:
            self.addCleanup(os.unlink, script.name)
            script.write(code)
        command = [*by, sys.executable, script.name]
        if shell:
            command = ["/bin/sh", "-ic", f"{shlex.join(command)}; {shell}"]
        self.child = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs,
                                      start_new_session=True,
                                      preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.addCleanup(self.child.kill)
        os.close(theirs)

    def read_until(self, text):
        seen = b""
        while text not in seen:
            seen += os.read(self.ours, 1000)
        return seen

    def type(self, keys):
        os.write(self.ours, keys)

    def local_modes(self):
        wanted_off = termios.ECHO | termios.ICANON | termios.ISIG | termios.IEXTEN
        return termios.tcgetattr(self.ours)[3] & wanted_off

    def pid(self):
        """Of what plays QEMU."""
        return int(self.read_until(b"!").split()[-1].strip(b"!"))

    def has_ended(self, status, pid=None):
        self.assertEqual(self.child.wait(), status)
        self.assertEqual(termios.tcgetattr(self.ours), self.before)
        if pid:
            with self.assertRaises(ProcessLookupError):
                os.kill(pid, 0)

    def test_keys_go_to_the_guest_unseen_and_all_is_restored(self):
        self.start('greet(); c = end["console"]; c.write(b"ready"); c.write(b"got " + c.read(2)); '
                   'sys.exit(33)')
        self.assertIn(b"drops: Ctrl-A x ends the machine, Ctrl-A h helps\r\n", self.read_until(b"ready"))
        self.assertEqual(self.local_modes(), 0)
        self.type(b"x\r")
        self.assertNotIn(b"xgot", self.read_until(b"got x\r"))
        self.has_ended(0)

    def test_those_that_mean_something_to_a_terminal_too(self):
        size = len(ALL_OF_THE_TERMINAL_S)
        self.start(f'greet(); c = end["console"]; c.write(b"ready"); got = b""\n'
                   f'while len(got) < {size}: got += c.read(100)\n'
                   f'c.write(got.hex().encode() + b"."); sys.exit(33)')
        self.read_until(b"ready")
        for key in ALL_OF_THE_TERMINAL_S:
            self.type(bytes([key]))
        self.assertTrue(self.read_until(b".").startswith(ALL_OF_THE_TERMINAL_S.hex().encode() + b"."))
        self.has_ended(0)

    def test_control_a_x_ends_it(self):
        self.start(PID + "time.sleep(60)")
        pid = self.pid()
        self.type(b"\x01")
        self.type(b"x")
        self.has_ended(130, pid)

    def test_also_when_the_guest_takes_no_keys(self):
        self.start(PID + "time.sleep(60)")
        pid = self.pid()
        for _ in range(2000):
            self.type(b"k")
            time.sleep(0.0002)  # one by one they take more room
        self.type(b"\x01x")
        self.has_ended(130, pid)

    def test_control_a_h_helps_and_the_guest_goes_on(self):
        self.start(PID + 'c.write(b"got " + c.read(1)); sys.exit(33)')
        self.pid()
        self.type(b"\x01h")
        self.assertIn(b"Ctrl-A z       stop it", self.read_until(b"this help"))
        self.type(b"\x01\x01")
        self.read_until(b"got \x01")
        self.has_ended(0)

    def test_control_a_z_stops_both_until_they_go_on(self):
        self.start(PID + 'c.write(b"got " + c.read(1)); c.read(1); sys.exit(35)',
                   shell="echo stopped $?.; read line; bg; echo behind.; read line; fg; echo ended $?")
        pid = self.pid()
        self.type(b"\x01zk")
        self.read_until(b"stopped %d." % (128 + signal.SIGTSTP))
        while ") T " not in pathlib.Path(f"/proc/{pid}/stat").read_text():
            time.sleep(0.01)
        for shown in [b"behind.", b""]:
            self.assertEqual(termios.tcgetattr(self.ours), self.before)
            self.type(b"\r")
            self.read_until(shown)
        self.read_until(b"got k")
        self.assertEqual(self.local_modes(), 0)
        self.type(b"\x03")
        self.read_until(b"ended 1\r\n")
        self.has_ended(0, pid)

    def test_it_can_be_ended_while_it_is_stopped(self):
        for number in [signal.SIGINT, signal.SIGTERM]:
            self.start(PID + "time.sleep(60)",
                       shell=f"kill -{number} %1; kill -CONT %1; while kill -0 %1; do sleep 0.1; done; "
                       "wait %1; echo ended $?")
            pid = self.pid()
            self.type(b"\x01z")
            self.read_until(b"ended %d\r\n" % (128 + number))
            self.has_ended(0, pid)

    def test_without_a_shell_that_lets_it_go_on_it_is_not_stopped(self):
        self.start(PID + 'c.write(b"got " + c.read(1)); c.write(b"got " + c.read(1)); sys.exit(33)')
        self.pid()
        for key in [b"\x03", b"\x1a"]:
            self.type(b"\x01z" + key)
            self.read_until(b"got " + key)
            if key == b"\x03":
                self.assertEqual(self.local_modes(), 0)
        self.has_ended(0)

    def test_whoever_stopped_it_the_terminal_is_its_own_when_it_goes_on(self):
        self.start(PID + 'c.write(b"got " + c.read(1)); sys.exit(33)')
        self.pid()
        self.child.send_signal(signal.SIGSTOP)
        os.waitpid(self.child.pid, os.WUNTRACED)
        termios.tcsetattr(self.ours, termios.TCSANOW, self.before)
        self.child.send_signal(signal.SIGCONT)
        while self.local_modes():
            time.sleep(0.01)
        self.type(b"\x03")
        self.read_until(b"got \x03")
        self.has_ended(0)

    def test_a_request_to_end_ends_both(self):
        for number in [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT]:
            self.start(PID + "time.sleep(60)")
            pid = self.pid()
            self.child.send_signal(number)
            self.has_ended(128 + number, pid)

    def test_what_the_caller_ignores_is_ignored(self):
        self.start(PID + 'c.write(b"got " + c.read(1)); sys.exit(33)', by=["env", "--ignore-signal=HUP"])
        self.pid()
        self.child.send_signal(signal.SIGHUP)
        self.type(b"k")
        self.read_until(b"got k")
        self.has_ended(0)


if __name__ == "__main__":
    unittest.main()
