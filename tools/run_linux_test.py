#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`./drops run` for Linux: arguments, modules, what comes from a command.  image/ has the tests with QEMU."""

import base64
import contextlib
import io
import os
import pathlib
import pty
import subprocess
import sys
import tempfile
import threading
import unittest
from unittest import mock

import in_folder
import newc
import run_arguments
import run_disk
import run_exec
import run_linux
import run_machine
import run_qemu

KNOWN = {"linux": "a shell", "hello": "a line"}
MENU = """\
menuentry 'linux: a shell' --id 'linux' {
  multiboot /boot/drops.elf exit=f4
  module /boot/a/sigma0.elf 'a/sigma0.elf'
  module /boot/a/root.elf 'a/root.elf' 'exit=0xf4'
  module /boot/b/linux.elf 'b/linux.elf' 'data=shell.cpio' '--' 'console=hvc0'
  module /boot/b/shell.cpio 'b/shell.cpio'
}
menuentry 'hello: a line' --id 'hello' {
  module /boot/b/hello.elf 'b/hello.elf'
}
"""


class InFolder(in_folder.InFolder):
    def parse(self, *words):
        return run_arguments.parse(words, KNOWN)


class Arguments(InFolder):
    def bad(self, words, message):
        with self.assertRaisesRegex(run_arguments.Bad, message):
            self.parse(*words)

    def test_bad_ones_are_named(self):
        self.bad(["--exec"], "--exec wants a value")
        for nothing in ["", " ", "\n\t"]:
            self.bad(["--exec", nothing], "--exec wants a command for the guest's shell, not nothing")
        self.bad(["--initrd", "no.img"], "--initrd: there is no file .*/no.img")
        self.bad(["--append", "a\nb"], "--append wants plain text")
        self.bad(["--append", "a " * 25], "--append takes up to 24 words and 1800 bytes for Linux")
        self.bad(["--append", "\u00fc" * 901], "--append takes up to 24 words and 1800 bytes for Linux")
        self.bad(["--verbose"], "--verbose is for --exec")
        self.bad(["--verbose=1", "--exec", "ls"], "--verbose takes no value")

    def test_what_does_not_go_together_is_named(self):
        (self.folder / "iso").write_bytes(bytes(0x8001) + b"CD001")
        (self.folder / "a").touch()
        (self.folder / "disk").write_bytes(b"d")
        for option in [["--exec", "ls"], ["--initrd", "a"], ["--append", "b"], ["--disk", "disk"]]:
            self.bad([*option, "--entry", "hello"],
                     option[0] + " is for Linux, and --entry hello does not boot it; leave one out")
            self.bad([*option, "--iso", "iso"], option[0] + " boots Linux without an ISO")
            self.assertEqual(self.parse(*option, "--entry", "linux").for_linux(), option[:1])
        for option in [["--exec", "ls"], ["--initrd", "a"]]:
            self.bad([*option, "--kernel-only"], option[0] + " boots Linux, and --kernel-only what you name")

    def test_an_initramfs_that_does_not_fit_is_named(self):
        with open(self.folder / "large", "wb") as f:
            f.truncate(105 << 20)
        self.bad(["--initrd", "large"], "large has 105 MiB and is unpacked as well; give more than --memory")
        self.assertEqual(self.parse("--initrd", "large", "--memory", "512").memory, 512)
        self.bad(["--exec", "ls", "--memory", "8"], "Linux wants --memory [0-9]+ at least")

    def test_words_for_another_init_do_not_go_with_a_command(self):
        self.bad(["--exec", "ls", "--append", "quiet -- a"], "--append has `--`, and the words behind that")
        self.assertEqual(self.parse("--append", "quiet -- a").append, "quiet -- a")

    def test_a_disk_that_is_none_is_named_and_how_to_make_one(self):
        self.bad(["--disk"], "--disk wants a value")
        self.bad(["--disk", ""], "--disk wants the name of a file, not nothing")
        self.bad(["--disk", "no, disk"],
                 "there is no file .*/no, disk; `/sbin/mke2fs -t ext4 '.*/no, disk' 64M` makes one with")
        self.bad(["--disk", "."],
                 r"but .* is a folder; `/sbin/mke2fs -t ext4 -d \S+ IMAGE 64M` makes one of it")
        self.bad(["--disk", "/dev/null"], "--disk wants an ordinary file, which /dev/null is not; copy")
        (self.folder / "a").touch()
        self.bad(["--disk", "a"], "/a is empty; `/sbin/mke2fs -t ext4 .*/a 64M` makes a file system in it")
        for mode, what in [(os.R_OK, r"read; allow it \(chmod u\+r\)"),
                           (os.W_OK, r"written; allow it \(chmod u\+w\)")]:
            with mock.patch.object(os, "access", lambda _, asked, mode=mode: asked != mode):
                self.bad(["--disk", "a"], f"--disk: .*/a can not be {what}, or name a copy")

    def test_a_command_is_taken_as_it_is(self):
        for command in ["echo 'a  b' \"$x\"\n\tls", "-x", "--help", "caf\u00e9", "\udcff"]:
            self.assertEqual(self.parse("--exec", command).exec, command)
            self.assertEqual(self.parse("--exec=" + command).exec, command)


class Modules(InFolder):
    def setUp(self):
        super().setUp()
        (self.folder / "menu.cfg").write_text(MENU)
        (self.folder / "b").mkdir()
        (self.folder / "b/shell.cpio").write_bytes(b"shell")
        (self.folder / "init").write_bytes(b"\x7fELF init")
        (self.folder / "run").mkdir()

    def asked_for(self, *words, given=b""):
        args = self.parse(*words)
        args.input = given
        return run_linux.asked_for(args, self.folder / "menu.cfg", self.folder,
                                   self.folder / "init", self.folder / "run")

    def test_the_menu_says_which(self):
        found = run_linux.modules(self.folder / "menu.cfg", self.folder)
        self.assertEqual([(m.path.relative_to(self.folder).as_posix(), m.words) for m in found],
                         [("a/sigma0.elf", ""), ("a/root.elf", "exit=0xf4"),
                          ("b/linux.elf", "data=shell.cpio -- console=hvc0"), ("b/shell.cpio", "")])

    def test_words_come_last(self):
        *_, linux, initramfs = self.asked_for("--append", "x=1,2 y")
        self.assertEqual(linux.words, "data=shell.cpio -- console=hvc0 x=1,2 y")
        self.assertEqual((initramfs.path.name, initramfs.path.read_bytes()), ("shell.cpio", b"shell"))

    def test_an_initramfs_takes_the_place_and_the_name_of_the_menu_s(self):
        (self.folder / "my own, img").write_bytes(b"mine")
        *_, initramfs = self.asked_for("--initrd", "my own, img")
        self.assertEqual((initramfs.path.name, initramfs.path.read_bytes()), ("shell.cpio", b"mine"))

    def test_a_command_comes_behind_the_initramfs(self):
        *_, linux, initramfs = self.asked_for("--append", "a", "--exec", "ls 'x  y'\n\udcff")
        self.assertRegex(linux.words,
                         r"^data=shell.cpio -- console=hvc0 a rdinit=/\.drops/init( -- together)?$")
        data = initramfs.path.read_bytes()
        self.assertEqual(data[:18], b"shell" + bytes(7) + b"070701")
        self.assertIn(b"ls 'x  y'\n\xff", data)
        self.assertIn(b"\x7fELF init", data)

    def test_its_input_comes_with_it(self):
        *_, initramfs = self.asked_for("--exec", "ls", given=b"\0 bytes\xff")
        self.assertIn(b".drops/input\0", initramfs.path.read_bytes())
        self.assertIn(b"\0 bytes\xff", initramfs.path.read_bytes())

    def test_an_input_that_does_not_fit_is_named(self):
        told = io.StringIO()
        with subprocess.Popen("yes", stdout=subprocess.PIPE) as endless:
            self.addCleanup(endless.kill)
            stdin = io.TextIOWrapper(endless.stdout)
            with mock.patch.object(sys, "stdin", stdin), contextlib.redirect_stderr(told):
                self.assertEqual(run_qemu.main(self.parse("--exec", "ls")), 2)
            stdin.close()
        self.assertIn("standard input has more than 48 MiB, and Linux wants it twice beside 32 MiB; give "
                      "more than --memory 128, or put it on a --disk\n", told.getvalue())

    def test_more_memory_does_not_always_help_it(self):
        told, asked = io.StringIO(), []
        with mock.patch.object(run_exec, "given", asked.append), contextlib.redirect_stderr(told):
            self.assertEqual(run_qemu.main(self.parse("--exec", "ls", "--memory", "3584")), 2)
        self.assertEqual(asked, [240 << 20])
        self.assertIn("beside 32 MiB; put it on a --disk\n", told.getvalue())

    def test_without_an_iso_it_boots_them(self):
        with mock.patch.multiple(run_qemu, BUILT=self.folder, MENU="menu.cfg", INIT="init"):
            args = self.parse("--exec", "ls", "--append", "a,b")
            command = run_qemu.command(args, self.folder / "run", None)
        self.assertNotIn("-drive", command)
        self.assertEqual(command[command.index("-vga") + 1], "none")
        self.assertEqual(command[command.index("-append") + 1], "exit=f4")
        self.assertRegex(command[command.index("-initrd") + 1],
                         r"^0/sigma0\.elf,1/root\.elf exit=0xf4,2/linux\.elf data=shell\.cpio -- "
                         r"console=hvc0 a,,b rdinit=/\.drops/init.*,3/shell\.cpio$")


class Disk(InFolder):
    def setUp(self):
        super().setUp()
        (self.folder / "menu.cfg").write_text(MENU)
        (self.folder / "b").mkdir()
        (self.folder / "b/shell.cpio").write_bytes(b"shell")
        (self.folder / "init").write_bytes(b"init")
        (self.folder / "my, disk").write_bytes(b"disk")

    def command(self, *words):
        place = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        with mock.patch.multiple(run_qemu, BUILT=self.folder, MENU="menu.cfg", INIT="init"):
            return run_qemu.command(self.parse(*words), place, None), place

    def test_the_machine_has_it_and_linux_its_ports_and_line(self):
        for words in [[], ["--exec", "ls"], ["--initrd", "init", "--append", "a"], ["--entry", "linux"]]:
            command, place = self.command("--disk", "my, disk", *words)
            self.assertEqual(command[command.index("-drive") + 1],
                             "file=disk.img,format=raw,if=none,id=disk")
            self.assertEqual(command.count("-drive"), 1)
            self.assertEqual(command[command.index("-device") + 1],
                             "virtio-blk-pci,disable-modern=on,drive=disk,addr=4")
            self.assertEqual((place / "disk.img").read_bytes(), b"disk")
            self.assertIn("linux.elf irq=11 ports=0xcf8-0xcff ports=0xc000-0xcfff data=shell.cpio -- ",
                          command[command.index("-initrd") + 1])

    def test_the_line_is_that_of_the_slot(self):
        for slot, line in [(1, 10), (2, 10), (3, 11), (4, 11), (5, 10), (31, 11)]:
            with mock.patch.object(run_disk, "SLOT", slot):
                self.assertTrue(run_disk.options().startswith(f"irq={line} "))

    def test_without_one_neither_has_anything(self):
        command, _ = self.command("--exec", "ls")
        self.assertNotIn("-device", command)
        self.assertIn("linux.elf data=shell.cpio -- ", command[command.index("-initrd") + 1])

    def test_a_system_on_it_is_what_runs(self):
        def linux(*words):
            command, _ = self.command("--disk", "my, disk", *words)
            return command[command.index("-initrd") + 1]

        with mock.patch.object(run_disk, "holds_system", lambda path: path == self.folder / "my, disk"):
            self.assertIn("console=hvc0 a rdinit=/none root=/dev/vda rw,", linux("--append", "a"))
            self.assertRegex(linux("--exec", "ls"), r" rdinit=/\.drops/init -- (together )?disk,")
            for others in [["--initrd", "init"], ["--append", "root=/dev/vda1"], ["--append", "rdinit=/a"]]:
                self.assertNotIn("root=/dev/vda ", linux(*others))
        self.assertNotIn("root=", linux())

    def test_a_system_is_what_has_an_init(self):
        image = self.folder / "an image"
        (self.folder / "root/sbin").mkdir(parents=True)
        for expected in [False, True]:
            subprocess.run(["/sbin/mke2fs", "-q", "-t", "ext4", "-d", self.folder / "root", image, "2M"],
                           check=True)
            self.assertEqual(run_disk.holds_system(image), expected)
            (self.folder / "root/sbin/init").touch()
            image.unlink()
        self.assertFalse(run_disk.holds_system(self.folder / "my, disk"))

    def test_other_modules_get_the_device_alone(self):
        command, _ = self.command("--kernel-only", "--disk", "my, disk", "--module", "init:a")
        self.assertIn("-device", command)
        self.assertEqual(command[command.index("-initrd") + 1], "0/init a")


class Archive(InFolder):
    def test_cpio_reads_it(self):
        entries = [("d", newc.DIRECTORY, b""), ("d/program", newc.PROGRAM, b"123"),
                   ("d/empty", newc.FILE, b""), ("d/link", newc.LINK, b"program")]
        data = newc.archive(entries)
        self.assertEqual(data, newc.archive(entries))
        subprocess.run(["cpio", "-id", "--quiet", "--no-preserve-owner"], input=data, cwd=self.folder,
                       check=True)
        self.assertEqual(sorted(p.name for p in (self.folder / "d").iterdir()), ["empty", "link", "program"])
        self.assertEqual((self.folder / "d/link").read_bytes(), b"123")
        self.assertEqual(os.readlink(self.folder / "d/link"), "program")
        self.assertTrue(os.access(self.folder / "d/program", os.X_OK))
        self.assertFalse((self.folder / "d/empty").stat().st_mode & 0o111)


# Feeds a Reader with what it is given, and ends with its verdict on the status.
FEED = """
import sys
sys.path.insert(0, {tools!r})
import run_exec
reader = run_exec.Reader(verbose={verbose})
for part in {parts!r}:
    reader.feed(part)
sys.exit(reader.verdict({status}))
"""


def line(stream, data):
    return b"@drops:%d %s\r\n" % (stream, base64.b64encode(data))


class Input(unittest.TestCase):
    """Of whoever calls us: a file's and a pipe's is taken, of what may have no end none."""

    def given(self, file, most=100):
        with mock.patch.object(sys, "stdin", file), mock.patch.object(run_exec, "PATIENCE", 0.1):
            return run_exec.given(most)

    def test_a_file(self):
        for most, taken in [(3, b"\xff\0\n"), (2, None)]:
            with tempfile.TemporaryFile() as file:
                file.write(b"\xff\0\n")
                file.seek(0)
                with io.TextIOWrapper(file) as text:
                    self.assertEqual(self.given(text, most), taken)

    def test_a_pipe_and_whose_end_is_awaited(self):
        ours, theirs = os.pipe()
        writer = threading.Timer(0.5, lambda: os.close(theirs))
        writer.start()
        with open(ours, encoding="utf-8") as end, contextlib.redirect_stderr(io.StringIO()) as told:
            self.assertEqual(self.given(end), b"")
        self.assertIn("the command gets our standard input, whose end is awaited", told.getvalue())

    def test_nobody_and_devices_have_none(self):
        self.assertEqual(self.given(None), b"")
        with open("/dev/null", encoding="utf-8") as nothing:
            self.assertEqual(self.given(nothing), b"")
        ours, theirs = pty.openpty()
        with open(theirs, encoding="utf-8") as terminal:
            self.assertEqual(self.given(terminal), b"")
        os.close(ours)


class Reader(unittest.TestCase):
    def feed(self, *parts, verbose=False, status=0):
        code = FEED.format(tools=str(pathlib.Path(run_exec.__file__).parent), parts=parts, verbose=verbose,
                           status=status)
        done = subprocess.run([sys.executable, "-B", "-c", code], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        return done.stdout, done.stderr, done.returncode

    def test_a_command_s_bytes_and_status_come(self):
        data = bytes(range(256))
        whole = b"boot\r\n" + line(1, data) + line(2, b"no\n") + line(1, b"end")
        whole += b"@drops:end 7 262\r\nroot: x\r\n"
        expected = (data + b"end", b"no\n", 7)
        self.assertEqual(self.feed(whole), expected)
        self.assertEqual(self.feed(*(whole[i:i + 1] for i in range(len(whole)))), expected)

    def test_text_of_others_may_stand_before_a_line(self):
        self.assertEqual(self.feed(b"[ 1.0] boo" + line(1, b"a") + b"@drops:end 0 1\n"), (b"a", b"", 0))

    def test_verbose_shows_others(self):
        self.assertEqual(self.feed(b"boot\r\n" + line(1, b"a") + b"@drops:end 0 1\nroot\n", verbose=True),
                         (b"a", b"boot\nroot\n", 0))

    def test_what_did_not_come_whole_is_a_failure(self):
        for broken in [b"", line(1, b"abcdefgh")[:-6] + b"\n", line(1, b"abc"), b"@drops:1 A\n"]:
            _, err, status = self.feed(broken + b"@drops:end 0 8\n")
            self.assertIn(b"drops: the command wrote 8 bytes, of which ", err)
            self.assertEqual(status, run_exec.NOT_RUN)

    def test_a_guest_that_ends_early_is_a_failure_and_its_last_lines_are_shown(self):
        lines = [b"line %d\n" % n for n in range(30)]
        out, err, status = self.feed(line(1, b"a") + b"".join(lines), status=255)
        self.assertEqual((out, status), (b"a", run_exec.NOT_RUN))
        self.assertEqual(err, b"drops: the guest ended before the command did; its last lines:\n" +
                         b"".join(lines[10:]))

    def test_time_and_a_qemu_that_does_not_start_keep_their_status(self):
        timed_out = run_machine.TIMED_OUT
        self.assertEqual(self.feed(b"boot\n", status=timed_out), (b"", b"", timed_out))
        self.assertEqual(self.feed(status=2), (b"", b"", 2))

    def test_the_machine_feeds_it(self):
        body = ("import os, re, sys\n"
                "fds = dict(re.findall(r'id=(\\w+),fd=(\\d+)', ' '.join(sys.argv)))\n"
                "os.write(int(fds['console']), b'@drops:end 5 0\\r\\n'); os.close(int(fds['console']))\n"
                "sys.exit(33)")
        reader = run_exec.Reader()
        with contextlib.redirect_stderr(io.StringIO()):
            status = run_machine.run([sys.executable, "-c", body], ".", reader=reader)
        self.assertEqual(reader.verdict(status), 5)


if __name__ == "__main__":
    unittest.main()
