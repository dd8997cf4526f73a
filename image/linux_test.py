#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`./drops run` to Linux: the ISO's shell, --exec, --initrd, --append."""

import gzip
import lzma
import os
import pathlib
import pty
import re
import select
import subprocess
import tempfile
import unittest

RUN = ["tools/run", "--timeout", "200"]
SHELL = pathlib.Path("linux-glue/userland.cpio")
HELLO = pathlib.Path("linux-glue/hello.cpio")
BUILT = dict(os.environ, DROPS_BUILT=os.getcwd())


def run(*words, together=False):
    """Standard output and standard error as bytes, or both as the first."""
    return subprocess.run([*RUN, *words], env=BUILT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT if together else subprocess.PIPE, check=False)


class Exec(unittest.TestCase):
    def like_here(self, command, status=0):
        """What the guest's shell does with it is what this machine's does."""
        here = subprocess.run(["/bin/sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              check=False)
        there = run("--exec", command)
        self.assertTrue(there.stdout == here.stdout, (there.stdout[-200:], here.stdout[-200:], there.stderr))
        self.assertEqual((there.stderr, there.returncode), (here.stderr, status))
        self.assertEqual(here.returncode, status)
        return there

    def test_a_real_linux_answers(self):
        done = run("--exec", "uname -a; cat /proc/cpuinfo; ls -l /; echo $((6*7))")
        lines = done.stdout.decode().splitlines()
        self.assertRegex(lines[0], r"^Linux .* 6\.1\.\d+-drops .* i686 GNU/Linux$")
        self.assertIn("processor\t: 0", lines)
        for folder in ["bin", "dev", "proc", "sys", "tmp"]:
            self.assertTrue(any(re.match(rf"d[rwxt-]{{9}} .* {folder}$", line) for line in lines), lines)
        self.assertEqual(lines[-1], "42")
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_the_status_is_the_command_s(self):
        self.like_here("echo before; exit 3; echo behind", 3)
        self.assertEqual(run("--exec", "exit 255").returncode, 255)

    def test_a_signal_is_the_status_as_a_shell_has_it(self):
        self.assertEqual(run("--exec", "kill -TERM $$; sleep 100").returncode, 128 + 15)

    def test_a_command_that_is_not_there_is_127(self):
        done = run("--exec", "no-such-command")
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (127, b"", b"sh: no-such-command: not found\n"))

    def test_quotes_lines_commas_and_what_no_shell_may_touch(self):
        self.like_here("""printf '%s|' "a 'b'" 'c "d"' '$HOME' `echo e,f` "\\\\" 'g  h' "$(echo "i;j")" # k
printf 'two\\n\\tlines, \\303\\274 \u00fc @drops:end 7 7\\n'
printf '@drops:1 AAAA\\n@drops:end 9 0\\n'; echo "to stderr -- 'x'" >&2; printf 'no end of line'""")

    def test_all_bytes_come(self):
        octal = "".join(f"\\{byte:03o}" for byte in range(256))
        self.like_here(f"printf '{octal}'; printf '{octal}' >&2; printf '\\r\\n\\r\\r\\n\\000'")

    def test_a_megabyte_comes_whole(self):
        done = self.like_here("seq 1 160000 | head -c 1000003; exit 4", 4)
        self.assertEqual(len(done.stdout), 1000003)

    def test_into_one_file_the_order_is_kept(self):
        command = "for i in 1 2 3 4 5 6 7 8; do echo out $i; echo err $i >&2; done"
        lines = [f"{name} {i}\n" for i in range(1, 9) for name in ("out", "err")]
        self.assertEqual(run("--exec", command, together=True).stdout.decode(), "".join(lines))

    def test_standard_input_comes_whole(self):
        data = bytes(range(256)) * 4001 + b"the end"
        done = subprocess.run([*RUN, "--exec", "md5sum; read nothing; echo $?"], env=BUILT, input=data,
                              stdout=subprocess.PIPE, check=True)
        here = subprocess.run(["/usr/bin/md5sum"], input=data, stdout=subprocess.PIPE, check=True)
        self.assertEqual(done.stdout, here.stdout + b"1\n")

    def test_what_is_left_in_the_background_is_not_waited_for(self):
        done = run("--exec", "sleep 1000 & (yes & ) >/dev/null; echo done")
        self.assertEqual((done.stdout, done.returncode), (b"done\n", 0))

    def test_a_guest_that_ends_before_the_command_is_a_failure(self):
        done = run("--exec", "echo started; poweroff -f; sleep 100")
        self.assertEqual((done.returncode, done.stdout), (125, b"started\n"))
        self.assertIn(b"drops: the guest ended before the command did; its last lines:\n", done.stderr)
        self.assertIn(b"\nroot: linux has ended, code 0\n", done.stderr)

    def test_time_runs_out(self):
        done = run("--timeout", "20", "--exec", "echo started; sleep 1000")
        self.assertEqual((done.returncode, done.stdout), (124, b"started\n"))
        self.assertEqual(done.stderr, b"drops: the time of --timeout is over\n")

    def test_verbose_shows_the_rest_beside_it(self):
        done = run("--verbose", "--exec", "echo $((6*7))")
        self.assertEqual((done.returncode, done.stdout), (0, b"42\n"))
        self.assertRegex(done.stderr,
                         rb"(?s)drops: 127 MiB of memory.*\nLinux version 6\.1.*\nroot: linux has ended")


class OwnLinux(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=os.environ["TEST_TMPDIR"])
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_words_reach_its_command_line_and_memory_its_machine(self):
        done = run("--append", "mine=1,2 x.y", "--memory", "200", "--exec",
                   "cat /proc/cmdline; free -m | sed -n 2p")
        self.assertRegex(done.stdout.decode(), r"^console=hvc0 .*mine=1,2 x\.y.*\nMem: +1[567]\d ")
        self.assertEqual(done.returncode, 0)

    def test_an_initramfs_boots(self):
        done = run("--initrd", str(HELLO))
        self.assertIn(b"hello from a program\n", done.stdout)
        self.assertEqual(done.returncode, 0)

    def test_a_command_runs_in_a_compressed_one(self):
        for compress in [gzip.compress, lambda data: lzma.compress(data, check=lzma.CHECK_CRC32)]:
            packed = self.folder / "my own, initrd.img"
            packed.write_bytes(compress(SHELL.read_bytes()))
            done = run("--initrd", str(packed), "--exec", "ls /bin/busybox; exit 5")
            self.assertEqual((done.stdout, done.stderr, done.returncode), (b"/bin/busybox\n", b"", 5))

    def test_one_without_a_shell_says_so(self):
        done = run("--initrd", str(HELLO), "--exec", "true")
        self.assertEqual(done.returncode, 127)
        self.assertEqual(done.stderr, b"drops: /bin/sh of the initramfs: No such file or directory\n")


class Shell(unittest.TestCase):
    """Where nobody has chosen anything else."""

    def read_until(self, file, text):
        seen = b""
        while text not in seen:
            self.assertTrue(select.select([file], [], [], 150)[0], seen)
            data = os.read(file, 4096)
            self.assertTrue(data, seen)
            seen += data
        return seen

    def test_the_iso_boots_to_it(self):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        with subprocess.Popen([*RUN, "--iso", "image/drops_iso.iso"], stdin=theirs,
                              stdout=subprocess.PIPE, bufsize=0) as tool:
            os.close(theirs)
            seen = self.read_until(tool.stdout.fileno(), b"/root # ")
            os.write(ours, b"echo a$((6*7))b; tty\r")
            answer = self.read_until(tool.stdout.fileno(), b"/root # ")
            os.write(ours, b"exit\r")
            rest = tool.stdout.read()
        self.assertIn(b"*linux: ", seen)
        self.assertRegex(seen, rb"\nLinux 6\.1\.\d+-drops on drops\. ")
        self.assertIn(b"\na42b\n/dev/hvc0\n", answer)
        self.assertIn(b"\nroot: all tasks have ended, 0 failed\n", rest)
        self.assertEqual(tool.returncode, 0)

    def test_what_is_piped_comes_whole(self):
        for words in [["--iso", "image/drops_iso.iso"], ["--append", "quiet"]]:
            done = subprocess.run([*RUN, *words], env=BUILT, input=b"echo a$((6*7))b\nexit\n", timeout=300,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            self.assertNotIn(b"*linux: ", done.stdout)
            self.assertIn(b"\na42b\n", done.stdout)
            self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_keys_of_a_terminal_reach_what_runs_in_it(self):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        with subprocess.Popen([*RUN, "--append", "quiet"], env=BUILT, stdin=theirs, stdout=theirs,
                              stderr=theirs) as tool:
            os.close(theirs)
            # A key is typed when what it is for is there: the shell reads those before, too.
            for keys, shown in [(b"", b"/root # "),
                                (b"(echo a$((6*7))b; exec sleep 100)\r", b"a42b"),
                                (b"\x03", b"/root # "),  # Ctrl-C
                                (b"echo status $?; (echo c$((6*8))d; exec sleep 100)\r", b"c48d"),
                                (b"\x1a", b"Stopped"),  # Ctrl-Z
                                (b"jobs; (echo e$((6*9))f; exec cat); echo status $?\r", b"e54f"),
                                (b"\x04", b"status 0"),  # Ctrl-D
                                (b"\x01", b""),
                                (b"x", b"drops: ended by Ctrl-A x")]:
                os.write(ours, keys)
                seen = self.read_until(ours, shown) if shown else b""
                if keys.startswith(b"echo status"):
                    self.assertIn(b"status 130\r", seen)
        self.assertEqual(tool.returncode, 130)


class Kdb(unittest.TestCase):
    """Escape gets into the debugger, through GRUB and without it."""

    def check(self, *words):
        done = subprocess.run([*RUN[:1], "--timeout", "40", "--kdb", *words], env=BUILT,
                              input=b"\x1bready\rgo\r", stdout=subprocess.PIPE, check=False)
        self.assertIn(b"kdb: escape on the serial line; `help` lists the commands\nkdb> ready\n", done.stdout)
        self.assertIn(b"kdb> go\n", done.stdout)

    def test_of_an_entry(self):
        self.check("--entry", "linux")

    def test_without_the_iso(self):
        self.check("--append", "quiet")


if __name__ == "__main__":
    unittest.main()
