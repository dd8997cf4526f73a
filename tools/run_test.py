#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`./drops run`: its arguments, QEMU's command line, and how a machine ends.  image/ has those with QEMU."""

import contextlib
import io
import os
import pathlib
import shlex
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

import in_folder
import run_arguments
import run_machine
import run_qemu
import tree
from fake_qemu import fake

KNOWN = {"hello": "a line", "ping-pong": "figures"}


class InFolder(in_folder.InFolder):
    def parse(self, *words):
        return run_arguments.parse(words, KNOWN)


class Arguments(InFolder):
    def bad(self, words, message):
        with self.assertRaisesRegex(run_arguments.Bad, message):
            self.parse(*words.split(" "))

    def test_bad_ones_are_named(self):
        self.bad("--entry hell", "no entry `hell`; it has hello, ping-pong")
        self.bad("--entry", "--entry wants a value")
        self.bad("hello", "did you mean --entry hello?")
        self.bad("linux", "takes options only, but got `linux`")
        self.bad("--fast", "has no option `--fast`; there are --entry, .*--icount")
        self.bad("--gdb=1234", "--gdb takes no value, but got `1234`")
        for value in ["0", "7", "3585", "-1", "1e3", "9" * 5000, "", "\u0663\u0662"]:
            self.bad("--memory=" + value, "--memory wants a number from 8 to 3584, not `")
        self.bad("--timeout 0", "--timeout wants a number from 1 to 86400, not `0`")

    def test_files_that_are_not_there_are_named(self):
        self.bad("--iso no.iso", "--iso: there is no file .*/no.iso")
        self.bad("--iso .", "wants a file, but .* is a folder")
        self.bad("--kernel-only --module no.elf:a", "--module: there is no file .*/no.elf$")
        self.bad("--kernel-only --module=", "wants FILE or FILE:ARGS")
        self.bad("--screenshot no/a.png", "there is no folder .*/no; make it first")
        self.bad("--screenshot .", "wants a file, but .* is a folder")
        with mock.patch.object(os, "access", lambda *_: False):
            self.bad("--screenshot a.png", "a.png can not be written; name another")

    def kernel(self, name, *between):
        """A file with what makes a loader take it, behind these words."""
        header = (run_arguments.MULTIBOOT, 1, -run_arguments.MULTIBOOT - 1 & 0xffffffff)
        (self.folder / name).write_bytes(struct.pack(f"<{len(between) + 3}I", *between, *header))

    def test_what_is_no_kernel_is_named(self):
        self.kernel("good", *[0] * 2045)
        self.assertEqual(self.parse("--kernel-only", "--kernel", "good").kernel, self.folder / "good")
        self.kernel("behind", *[0] * 2046)
        (self.folder / "sum").write_bytes(struct.pack("<3I", run_arguments.MULTIBOOT, 1, 0))
        (self.folder / "odd").write_bytes(b"\x7fELF\n")
        for name in ["behind", "sum", "odd"]:
            self.bad("--kernel-only --kernel " + name, f"--kernel: .*/{name} is no kernel, it has no Multi")
            self.bad("--iso " + name, f"--iso: .*/{name} is no ISO 9660 image")

    def test_what_does_not_go_together_is_named(self):
        (self.folder / "a").touch()
        self.kernel("k")
        self.bad("--module a", "--module wants --kernel-only as well")
        self.bad("--kernel k", "--kernel wants --kernel-only")
        self.bad("--kernel-only --entry hello", "--entry is of the ISO")
        (self.folder / "iso").write_bytes(bytes(0x8001) + b"CD001")
        self.bad("--kernel-only --iso iso", "--iso is of the ISO")
        self.bad("--kdb --exec ls", "with --exec nobody types")
        with mock.patch.dict(os.environ, DISPLAY=":0"):
            self.bad("--display --screenshot b", "leave out --display")
            self.assertTrue(self.parse("--display").display)
        with mock.patch.dict(os.environ):
            os.environ.pop("DISPLAY", None)
            os.environ.pop("WAYLAND_DISPLAY", None)
            self.bad("--display", "DISPLAY is not set.*--screenshot")

    def test_good_ones_are_understood(self):
        args = self.parse("--entry=hello", "--memory", "64", "--icount", "--gdb", "--timeout", "9")
        self.assertEqual((args.entry, args.memory, args.icount, args.gdb, args.timeout),
                         ("hello", 64, True, True, 9))
        args = self.parse("--screenshot", "a.png")
        self.assertEqual((args.screenshot, args.timeout), (self.folder / "a.png", 60))
        self.assertIsNone(self.parse("--entry", "hello", "--help"))

    def test_a_module_may_have_arguments_and_a_colon_in_its_name(self):
        for name in ["a.elf", "a:b.elf"]:
            (self.folder / name).touch()
        words = ["a.elf", "a.elf:x y:z", "a:b.elf", "a:b.elf:-- 1", "a.elf:"]
        modules = self.parse("--kernel-only", *(f"--module={word}" for word in words)).modules
        self.assertEqual([(m.path.name, m.words) for m in modules],
                         [("a.elf", ""), ("a.elf", "x y:z"), ("a:b.elf", ""), ("a:b.elf", "-- 1"),
                          ("a.elf", "")])

    def test_the_real_menu_is_found(self):
        real = run_arguments.entries()
        lines = (tree.ROOT / "image/entries.bzl").read_text()
        self.assertEqual(len(real), lines.count("entry("))
        self.assertIn("hello", real)
        self.assertEqual(run_arguments.exact_entries(), ["conformance"])
        for name, title in real.items():
            self.assertRegex(run_arguments.listing(real), rf"\n  {name} +{title}\n")


class CommandLine(InFolder):
    def command(self, *words, port=None):
        return run_qemu.command(self.parse(*words), pathlib.Path(tempfile.mkdtemp(dir=self.folder)), port)

    def after(self, command, option):
        return command[command.index(option) + 1]

    def test_no_machine_asks_for_hardware_virtualisation(self):
        for words in [[], ["--kernel-only"]]:
            command = self.command(*words)
            self.assertEqual(self.after(command, "-accel"), "tcg")
            self.assertNotIn("kvm", " ".join(command))

    def test_modules_come_in_order_with_their_words(self):
        for name in ["s.elf", "my, prog.elf"]:
            (self.folder / name).touch()
        command = self.command("--kernel-only", "--append", "checks", "--module", "s.elf", "--module",
                               "my, prog.elf:-- a,b", "--module", "s.elf")
        self.assertEqual(self.after(command, "-initrd"), "0/s.elf,1/my,,_prog.elf -- a,,b,2/s.elf")
        self.assertEqual(self.after(command, "-append"), "exit=f4 checks")

    def test_options_reach_qemu(self):
        self.assertEqual(self.after(self.command("--entry", "hello"), "-smbios"), "type=11,value=drops:hello")
        with mock.patch.object(sys, "stdin", mock.Mock(isatty=lambda: True)):
            self.assertNotIn("-smbios", self.command())
        self.assertEqual(self.after(self.command("--memory", "512"), "-m"), "512")
        self.assertEqual(self.after(self.command(port=77), "-gdb"), "tcp:127.0.0.1:77")
        self.assertEqual(self.after(self.command("--icount"), "-icount"), "shift=0,sleep=off")
        self.assertEqual(self.after(self.command(), "-display"), "none")

    def test_kdb_is_a_word_for_the_kernel(self):
        self.assertEqual(self.after(self.command("--kernel-only", "--kdb"), "-append"), "exit=f4 kdb")
        self.assertEqual(self.after(self.command("--kernel-only", "--kdb", "--append", "checks"), "-append"),
                         "exit=f4 kdb checks")
        self.assertEqual(self.after(self.command("--kdb", "--entry", "hello"), "-smbios"),
                         "type=11,value=drops:hello kdb")
        with mock.patch.object(sys, "stdin", mock.Mock(isatty=lambda: True)):
            self.assertEqual(self.after(self.command("--kdb"), "-smbios"), "type=11,value=drops: kdb")

    def test_where_nobody_types_there_is_no_menu(self):
        for stdin in [None, mock.Mock(isatty=lambda: False)]:
            with mock.patch.object(sys, "stdin", stdin):
                self.assertEqual(self.after(self.command(), "-smbios"), "type=11,value=drops:0")

    def test_gdb_gets_a_command_for_each_program(self):
        files = [self.folder / "0/a.b.elf", self.folder / "1/a.b.elf", self.folder / "x.cfg"]
        for path in files:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"\x7fELF" if path.suffix == ".elf" else b"text")
        script = run_qemu.gdb_script("k.elf", files, 1234)
        self.assertIn(f'\ndirectory "{tree.ROOT}"\n', script)
        self.assertIn("file k.elf\ntarget remote 127.0.0.1:1234\n", script)
        self.assertIn(f"define symbols-a_b\n  add-symbol-file {files[0]}\nend\n", script)
        self.assertIn(f"define symbols-a_b-2\n  add-symbol-file {files[1]}\nend\n", script)
        self.assertNotIn("cfg", script)


class Ends(unittest.TestCase):
    def run_fake(self, body, **options):
        self.err = io.StringIO()
        with contextlib.redirect_stderr(self.err):
            return run_machine.run(fake(body), ".", **options)

    def test_the_verdict_is_the_status(self):
        for status, ours in [(33, 0), (35, 1), (255, 255), (1, 1), (43, 43)]:
            self.assertEqual(self.run_fake(f"greet(); sys.exit({status})"), ours)
            self.assertEqual(self.err.getvalue(), "")
        self.assertEqual([run_machine.status_of(v) for v in (0x10, 0x11, 0x7f, 0, 255)], [0, 1, 255, 1, 255])

    def test_a_qemu_that_does_not_start_is_no_verdict(self):
        self.assertEqual(self.run_fake("sys.exit(1)"), 2)
        self.assertIn("QEMU could not start", self.err.getvalue())

        self.run_fake("""end["monitor"].write(b'{"QMP": {}}\\n'); sys.exit(1)""")
        self.assertIn("QEMU could not start", self.err.getvalue())

    def test_a_reset_is_a_failure(self):
        event = 'greet(); end["monitor"].write(b\'{"event": "SHUTDOWN", "data": {"reason": "%s"}}\\n\')'
        self.assertEqual(self.run_fake(event % "guest-reset"), 1)
        self.assertIn("the machine was reset", self.err.getvalue())
        self.assertEqual(self.run_fake(event % "guest-shutdown"), 0)
        self.assertIn("without a verdict", self.err.getvalue())

    def test_a_signal_is_named(self):
        self.assertEqual(self.run_fake("greet(); os.kill(os.getpid(), signal.SIGSEGV)"), 139)
        self.assertIn("QEMU was ended by signal 11", self.err.getvalue())

    def test_time_runs_out(self):
        start = time.monotonic()
        self.assertEqual(self.run_fake("greet(); time.sleep(60)", timeout=1), run_machine.TIMED_OUT)
        self.assertLess(time.monotonic() - start, 30)
        self.assertIn("the time of --timeout is over", self.err.getvalue())

    def test_a_screenshot_that_does_not_come_is_a_failure(self):
        body = 'greet(); end["verdict"].write(b"\\x10"); time.sleep(60)'
        self.assertEqual(self.run_fake(body, screenshot="a.png", timeout=1), 1)
        self.assertIn("--screenshot: QEMU makes none", self.err.getvalue())
        with mock.patch.object(run_machine, "GRACE", 1):
            self.assertEqual(self.run_fake("greet(); time.sleep(60)", screenshot="a.png", timeout=1), 1)

    def test_a_screenshot_that_fails_is_a_failure(self):
        body = ('greet(); end["verdict"].write(b"\\x10"); end["monitor"].readline(); '
                'end["monitor"].write(b\'{"id": "screendump", "error": {"desc": "no room"}}\\n\'); '
                'assert b"quit" in end["monitor"].readline()')
        self.assertEqual(self.run_fake(body, screenshot="a.png"), 1)
        self.assertIn("--screenshot: no room", self.err.getvalue())


class ClosedFiles(unittest.TestCase):
    def test_what_is_printed_is_lost_and_the_status_is_not(self):
        code = (f"import sys; sys.path.insert(0, {str(tree.ROOT / 'tools')!r}); import programs\n"
                "programs.main(lambda: [print('a'), print('b', file=sys.stderr), sys.stdin.read()] and 7)")
        for closed in ["<&-", "</dev/null >&-", "</dev/null 2>&-", "<&- >&- 2>&-"]:
            command = f"{shlex.quote(sys.executable)} -c {shlex.quote(code)} {closed}"
            self.assertEqual(subprocess.run(command, shell=True, check=False).returncode, 7, closed)


if __name__ == "__main__":
    unittest.main()
