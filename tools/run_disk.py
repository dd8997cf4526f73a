# SPDX-License-Identifier: BSD-2-Clause
"""A disk for Linux: the device of QEMU's PC, and what Linux must have of the machine to drive it.

The BIOS is SeaBIOS: it has line 10 or 11 for the pins of PCI devices, by turns from slot to slot, and puts
their ports behind 0xc000.  The device is the older kind of virtio, which is driven by ports alone.
"""

import subprocess

import programs

SLOT = 4
LINE_OF_PIN = [10, 10, 11, 11]
CONFIGURATION, DEVICES = "0xcf8-0xcff", "0xc000-0xcfff"


def options():
    """What the root task is told about Linux (l4env/README.md)."""
    line = LINE_OF_PIN[(SLOT - 1) % len(LINE_OF_PIN)]
    return f"irq={line} ports={CONFIGURATION} ports={DEVICES}"


def holds_system(path):
    """Whether its file system (ext2 to ext4, on the whole disk) has an init that Linux would start."""
    asked = programs.run(["/sbin/debugfs", "-R", "stat /sbin/init", str(path)], "drops",
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return b"Inode:" in asked.stdout


def device(path, folder):
    """QEMU's words; `folder` is where it will look for the file, whose own name may have anything in it."""
    (folder / "disk.img").symlink_to(path)
    return ["-drive", "file=disk.img,format=raw,if=none,id=disk",
            "-device", f"virtio-blk-pci,disable-modern=on,drive=disk,addr={SLOT}"]
