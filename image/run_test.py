#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`./drops run` with QEMU: the ISO through GRUB's menu, the kernel alone, what is seen, and verdicts."""

import os
import pathlib
import pty
import re
import select
import socket
import struct
import subprocess
import tempfile
import time
import unittest
import zlib

RUN = ["tools/run"]
ISO = ["--iso", "image/drops_small_iso.iso", "--timeout", "100"]
KERNEL = ["--kernel-only", "--kernel", "hal-x86/drops.elf", "--timeout", "100"]
SIGMA0 = ["--module", "l4env/sigma0/sigma0.elf"]
ROOT = ["--module", "l4env/roottask/roottask.elf:exit=0xf4"]
DOWN, ENTER = b"\x1b[B", b"\r"


def run(*words, **options):
    return subprocess.run([*RUN, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, errors="replace", check=False, **options)


def pixels(path):
    """The rows of a PNG with 8 bits for each of three colours, as they are before compression."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n", data[:8]
    at, packed = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IHDR":
            width, height, *form = struct.unpack(">IIBBBBB", data[at + 8:at + 8 + size])
            assert form == [8, 2, 0, 0, 0], form
        packed += data[at + 8:at + 8 + size] if kind == b"IDAT" else b""
        at += size + 12
    raw, line, rows = zlib.decompress(packed), 3 * width + 1, []
    above = bytes(line - 1)
    for n in range(height):
        above = unfiltered(raw[n * line], raw[n * line + 1:(n + 1) * line], above)
        rows.append(above)
    return rows


def paeth(a, b, c):
    return min((a, b, c), key=lambda x: abs(a + b - c - x))


def unfiltered(kind, row, above):
    if kind == 0:
        return row
    done = bytearray()
    for i, x in enumerate(row):
        left, corner = (done[i - 3], above[i - 3]) if i >= 3 else (0, 0)
        guess = [0, left, above[i], (left + above[i]) // 2, paeth(left, above[i], corner)][kind]
        done.append((x + guess) & 255)
    return bytes(done)


def colours(rows):
    return {row[i:i + 3] for row in rows for i in range(0, len(row), 3)}


class Menu(unittest.TestCase):
    """GRUB's, on the serial line."""

    def choose(self, keys):
        """What comes when `keys` are typed at the menu; the status."""
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        with subprocess.Popen([*RUN, *ISO], stdin=theirs, stdout=subprocess.PIPE) as tool:
            os.close(theirs)
            seen = b""
            while b"automatically in" not in seen:
                self.assertTrue(select.select([tool.stdout], [], [], 90)[0], seen)
                data = os.read(tool.stdout.fileno(), 4096)
                self.assertTrue(data, seen)
                seen += data
            os.write(ours, keys)
            rest = tool.stdout.read()
        return seen.decode(), rest.decode(errors="replace"), tool.returncode

    def test_it_shows_the_entries_and_boots_the_first_by_itself(self):
        menu, rest, status = self.choose(b"")
        self.assertIn("*hello: ", menu)
        names = re.findall(r'\bentry\(\s*"([^"]+)"', pathlib.Path("image/entries.bzl").read_text())
        self.assertEqual(names.pop(0), "linux")  # which the small ISO has not
        self.assertGreater(len(names), 10)
        for name in names[:12]:  # that fit the screen
            self.assertIn(name + ": ", menu)
        self.assertIn("hello, world\n", rest)
        self.assertEqual(status, 0)

    def test_keys_choose(self):
        _, rest, status = self.choose(DOWN + ENTER)
        self.assertRegex(rest, r"\nok \d+ - another task is answered 1000 times\n")
        self.assertIn("\nroot: ping_pong has ended, code 0\n", rest)
        self.assertEqual(status, 0)

    def test_what_is_piped_is_the_guest_s(self):
        done = subprocess.run([*RUN, *ISO], input=DOWN + ENTER, stdout=subprocess.PIPE, check=False)
        self.assertNotIn(b"*hello: ", done.stdout)
        self.assertIn(b"hello, world\n", done.stdout)
        self.assertEqual(done.returncode, 0)


class Run(unittest.TestCase):
    def test_an_entry_boots_at_once_and_grub_keeps_off_the_console(self):
        done = run(*ISO, "--entry", "hello")
        self.assertRegex(done.stdout, r"\Adrops: 127 MiB of memory.*\n")
        self.assertIn("hello, world\n", done.stdout)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_counted_in_instructions_it_is_always_the_same_run(self):
        ran = [run(*ISO, "--entry", "ping-pong", "--icount") for _ in range(2)]
        self.assertEqual(ran[0].returncode, 0)
        self.assertRegex(ran[0].stdout, r"# \d{3,4} ticks at least, \d{3,4} on average")
        self.assertEqual(ran[0].stdout, ran[1].stdout)

    def test_memory_is_as_asked_for(self):
        self.assertIn("drops: 47 MiB of memory", run(*ISO, "--entry", "hello", "--memory", "48").stdout)

    def test_rows_refuse_a_machine_that_is_too_small(self):
        for memory in ["32", "87"]:
            done = run(*ISO, "--entry", "conformance", "--memory", memory)
            self.assertRegex(done.stdout, r"\A.*\nBail out! the rows need a machine with 88 MiB of memory at "
                             rf"least, and this one has {int(memory) - 1}\n\Z")
            self.assertEqual((done.returncode, done.stderr), (1, ""))

    def test_time_runs_out(self):
        done = run(*ISO, "--entry", "conformance", "--timeout", "1")
        self.assertEqual((done.returncode, done.stderr), (124, "drops: the time of --timeout is over\n"))


class Kdb(unittest.TestCase):
    def test_escape_gets_into_the_debugger(self):
        silent = ["--module", "l4env/roottask/roottask.elf", "--module", "l4env/examples/hello.elf"]
        done = subprocess.run([*RUN, *KERNEL[:3], *SIGMA0, *silent, "--timeout", "15", "--kdb"],
                              input=b"\x1bready\rgo\r", stdout=subprocess.PIPE, check=False)
        self.assertIn(b"kdb: escape on the serial line; `help` lists the commands\nkdb> ready\n", done.stdout)
        self.assertIn(b"kdb> go\n", done.stdout)


class Screenshot(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=os.environ["TEST_TMPDIR"])
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name, "shot.png")

    def test_it_shows_the_screen_when_the_guest_is_done(self):
        done = run(*ISO, "--entry", "hello", "--screenshot", str(self.file))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("all tasks have ended, 0 failed", done.stdout)
        rows = pixels(self.file)
        self.assertGreater(len(colours(rows)), 1)
        # A line of text has 16 rows of pixels: there are as many as the console had, and below them nothing.
        written = [len(colours(rows[16 * n:16 * n + 16])) > 1 for n in range(25)]
        lines = done.stdout.count("\n")
        self.assertEqual(written, [n < lines for n in range(25)])

    def test_it_keeps_the_verdict(self):
        done = run(*KERNEL, "--screenshot", str(self.file))
        self.assertEqual(done.returncode, 255)
        self.assertGreater(len(colours(pixels(self.file))), 1)

    def test_without_a_verdict_it_is_made_in_the_end(self):
        silent = ["--module", "l4env/roottask/roottask.elf", "--module", "l4env/examples/hello.elf"]
        done = run(*KERNEL, *SIGMA0, *silent, "--timeout", "15", "--screenshot", str(self.file))
        self.assertIn("all tasks have ended, 0 failed", done.stdout)
        self.assertEqual(done.returncode, 124)
        self.assertGreater(len(colours(pixels(self.file))), 1)


class KernelOnly(unittest.TestCase):
    def test_modules_run_with_their_words(self):
        done = run(*KERNEL, *SIGMA0, *ROOT, "--module", "l4env/examples/hello.elf:-- a,b c")
        self.assertIn("hello, world\n  argument 0: hello\n  argument 1: a,b\n  argument 2: c\n", done.stdout)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_others_sigma0_and_root_task_run(self):
        done = run(*KERNEL, "--append", "checks timer=pit", "--module", "hal-x86/test/sigma0.elf", "--module",
                   "hal-x86/test/hello.elf")
        self.assertIn("PIT timer", done.stdout)
        self.assertIn("sigma0: found the info page", done.stdout)
        self.assertIn("ok 1 - the root task is task 4\n", done.stdout)
        self.assertEqual(done.returncode, 0)

    def test_what_fails_is_the_status(self):
        done = run(*KERNEL, *SIGMA0, *ROOT, "--module", "image/entries.bzl")
        self.assertIn("all tasks have ended, 1 failed", done.stdout)
        self.assertEqual(done.returncode, 1)
        done = run(*KERNEL)
        self.assertIn("drops can not start: it needs two boot modules", done.stdout)
        self.assertEqual(done.returncode, 255)

    def test_a_file_that_is_no_kernel_is_refused(self):
        done = run("--kernel-only", "--kernel", "image/entries.bzl")
        self.assertRegex(done.stderr, r"\Adrops: --kernel: .*/entries\.bzl is no kernel, it has no Multiboot "
                         "header; .*\n\\Z")
        self.assertEqual((done.stdout, done.returncode), ("", 2))

    def test_qemu_says_what_it_can_not_load(self):
        with tempfile.NamedTemporaryFile() as f:
            f.write(struct.pack("<3I", 0x1badb002, 0, -0x1badb002 & 0xffffffff))
            f.flush()
            done = run("--kernel-only", "--kernel", f.name, "--timeout", "50")
        self.assertIn("QEMU could not start; its message is above", done.stderr)
        self.assertEqual(done.returncode, 2)


class Gdb(unittest.TestCase):
    def test_the_machine_waits_for_it(self):
        command = [*RUN, *KERNEL, *SIGMA0, *ROOT, "--module", "l4env/examples/hello.elf", "--gdb"]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as tool:
            self.assertIn("type in another terminal", tool.stderr.readline())
            script = pathlib.Path(re.search(r"gdb -x (\S+)", tool.stderr.readline()).group(1))
            text = script.read_text()
            self.assertRegex(text, r"file .*hal-x86/drops\.elf\n")
            self.assertRegex(text, r"define symbols-hello\n  add-symbol-file .*/hello\.elf\n")
            port = int(re.search(r"target remote 127.0.0.1:(\d+)", text).group(1))
            gdb = self.connect(port)
            self.assertFalse(select.select([tool.stdout], [], [], 0.5)[0])
            gdb.sendall(b"$D#44")  # detach: the machine goes on
            self.assertIn("hello, world\n", tool.stdout.read())
        self.assertEqual(tool.returncode, 0)
        self.assertFalse(script.exists())

    def connect(self, port):
        end = time.monotonic() + 60
        while True:
            try:
                gdb = socket.create_connection(("127.0.0.1", port))
                self.addCleanup(gdb.close)
                return gdb
            except ConnectionRefusedError:
                self.assertLess(time.monotonic(), end)
                time.sleep(0.1)


if __name__ == "__main__":
    unittest.main()
