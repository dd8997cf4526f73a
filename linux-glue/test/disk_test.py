#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""`./drops run --disk`: an ext4 file system of the host's in Linux, and what the host finds afterwards."""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import unittest

RUN = ["tools/run", "--timeout", "200"]
BUILT = dict(os.environ, DROPS_BUILT=os.getcwd())
MOUNT = "mkdir /mnt && mount -t ext4 /dev/vda /mnt && "


class Disk(unittest.TestCase):
    def setUp(self):
        self.image = pathlib.Path(os.environ["TEST_TMPDIR"], "a disk, mine.img")
        shutil.copyfile("linux-glue/disk.img", self.image)
        self.image.chmod(0o644)

    def guest(self, command, *words):
        done = subprocess.run([*RUN, "--disk", self.image, "--exec", command, *words], env=BUILT,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              check=False)
        self.assertEqual((done.stderr, done.returncode), (b"", 0), done.stdout)
        return done.stdout.decode()

    def whole(self):
        """The file system has no faults, and nothing is left in its journal."""
        done = subprocess.run(["/sbin/e2fsck", "-fn", self.image], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotIn(b"journal", done.stdout)

    def file(self, name):
        done = subprocess.run(["/sbin/debugfs", "-R", f"cat {name}", self.image], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=True)
        return done.stdout

    def test_what_linux_writes_is_there_for_it_and_for_the_host(self):
        said = self.guest(MOUNT + """cat /mnt/folder/greeting && echo 'made by Linux' >/mnt/folder/answer &&
            sync && umount /mnt && mount -t ext4 /dev/vda /mnt && cat /mnt/folder/answer && umount /mnt""")
        self.assertEqual(said, "made by the host\nmade by Linux\n")
        self.whole()
        self.assertEqual(self.file("/folder/greeting"), b"made by the host\n")
        self.assertEqual(self.file("/folder/answer"), b"made by Linux\n")
        self.assertEqual(self.guest(MOUNT + "cat /mnt/folder/answer && umount /mnt"), "made by Linux\n")

    def test_programs_run_from_it(self):
        """Their pages come when they are touched, by themselves and by Linux."""
        said = self.guest(MOUNT + """cp /bin/busybox /mnt/sh && umount /mnt &&
            mount -t ext4 /dev/vda /mnt && /mnt/sh -c 'echo from the disk' && umount /mnt""")
        self.assertEqual(said, "from the disk\n")

    def test_megabytes_come_back_as_they_were(self):
        said = self.guest(MOUNT + """cd /mnt && dd if=/dev/urandom of=large bs=64k count=48 2>/dev/null &&
            for i in $(seq 1 300); do echo $i >small-$i || exit; done && rm small-*7 && md5sum <large &&
            cd / && umount /mnt && mount -t ext4 /dev/vda /mnt && md5sum </mnt/large && ls /mnt | wc -l &&
            cat /mnt/small-298 && umount /mnt""")
        first, second, files, small = said.splitlines()
        self.assertEqual((first, files, small), (second, str(2 + 1 + 300 - 30), "298"))
        self.whole()
        large = self.file("/large")
        self.assertEqual((len(large), hashlib.md5(large).hexdigest()), (48 << 16, first.split()[0]))

    def test_the_whole_disk_is_read_with_more_memory_than_one_block_of_it(self):
        """By the page cache, past it, and as the host has it."""
        said = self.guest("md5sum </dev/vda; dd if=/dev/vda bs=1M iflag=direct 2>/dev/null | md5sum; "
                          "cat /sys/block/vda/size; grep virtio /proc/interrupts", "--memory", "300")
        cached, direct, sectors, interrupts = said.splitlines()
        here = hashlib.md5(self.image.read_bytes()).hexdigest()
        self.assertEqual((cached.split()[0], direct.split()[0], int(sectors)), (here, here, 8 << 11))
        self.assertRegex(interrupts, r"^ *11: +\d+ +line +virtio")
        self.assertGreater(int(re.findall(r"\d+", interrupts)[1]), 10)


if __name__ == "__main__":
    unittest.main()
