#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Linux's own tests on a native Linux and on drops, both in QEMU: what passes there passes here."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, "tools")

import run_exec  # noqa: E402
import run_linux  # noqa: E402

HERE = pathlib.Path("linux-glue/test/kselftest")
BUILT = dict(os.environ, DROPS_BUILT=os.getcwd())
MEMORY, SECONDS = 512, 3000
# A test at a time, each in a folder of its own; what fails shows where. Many wait 10 ms for what another
# thread does at once, which a busy host may not let it: they have three tries, and it shows.
RUN = r"""mkdir -p /mnt && mount -t ext4 -o ro /dev/vda /mnt && cd /mnt || exit
for test in $(find */ -type f | sort); do
    for try in 1 2 3; do
        mkdir /tmp/work && cd /tmp/work && rm -f /tmp/log
        timeout -s KILL 300 /mnt/$test >/tmp/log 2>&1 </dev/null
        status=$?
        cd /mnt && rm -rf /tmp/work
        [ $status = 0 ] && break
        echo "    try $try of $test ended with $status"
        grep -iE '^not ok|fail|error|expected' /tmp/log | head -5 | sed 's/^/    /'
    done
    echo "$test ended with $status"
done; true"""
NATIVE = ["qemu-system-i386", "-accel", "tcg", "-nodefaults", "-no-user-config", "-net", "none", "-no-reboot",
          "-display", "none", "-serial", "stdio", "-m", str(MEMORY),
          "-kernel", "linux-glue/baseline/native.bzimage",
          "-append", "console=ttyS0 quiet rdinit=/.drops/init -- together",
          "-device", "virtio-blk-pci,disable-modern=on,drive=disk"]


def exceptions():
    """What need not pass on drops, with the reason."""
    lines = (HERE / "exceptions").read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines if line and not line.startswith("#"))


def verdicts(text):
    return dict(re.findall(r"^(\S+/\S+) ended with (\d+)$", text, re.MULTILINE))


class Kselftest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(dir=os.environ["TEST_TMPDIR"])
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        linux, programs = cls.folder / "linux", cls.folder / "programs"
        linux.mkdir()
        programs.mkdir()
        subprocess.run(["linux-glue/unpack", linux], check=True)
        subprocess.run([HERE / "build", linux, programs], check=True)
        cls.image = cls.folder / "tests.img"
        subprocess.run(["/sbin/mke2fs", "-q", "-t", "ext4", "-d", programs, cls.image, "256M"], check=True)

    def on_drops(self):
        words = [f"--memory={MEMORY}", f"--timeout={SECONDS}", "--disk", self.image, "--exec", RUN]
        done = subprocess.run(["tools/run", *words], env=BUILT, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        text = done.stdout.decode(errors="replace")
        self.assertEqual(done.returncode, 0, text)
        return text

    def on_native(self):
        initrd = self.folder / "native.cpio"
        data = pathlib.Path("linux-glue/userland.cpio").read_bytes()
        init = pathlib.Path("linux-glue/exec.elf").read_bytes()
        initrd.write_bytes(run_linux.with_command(data, RUN, init))
        done = subprocess.run([*NATIVE, "-initrd", initrd, "-drive",
                               f"file={self.image},format=raw,if=none,id=disk"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, timeout=SECONDS, check=False)
        taken = []
        reader = run_exec.Reader(write=lambda _, data: taken.append(data))
        reader.feed(done.stdout)
        self.assertEqual(reader.verdict(0), 0, done.stdout[-2000:])
        return b"".join(taken).decode(errors="replace")

    def test_what_passes_natively_passes_here(self):
        tests = [line.split()[0] for line in (HERE / "tests").read_text().splitlines() if line[0] != "#"]
        native, drops = self.on_native(), self.on_drops()
        print(native, "---", drops, sep="\n")
        there, here, excused = verdicts(native), verdicts(drops), exceptions()
        self.assertEqual(sorted(there), sorted(tests))
        self.assertEqual(sorted(here), sorted(tests))
        self.assertEqual([test for test in tests if there[test] != "0"], [], "these fail natively")
        self.assertEqual([test for test in tests if here[test] != "0" and test not in excused], [])
        self.assertEqual([test for test in excused if here.get(test) == "0"], [], "these pass by now")
        print(f"{len(tests)} tests pass natively, {len(tests) - len(excused)} of them here")


if __name__ == "__main__":
    unittest.main()
