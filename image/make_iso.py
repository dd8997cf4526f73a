#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes a CD image that boots by GRUB:  make_iso.py OUT FILE-IN-THE-IMAGE=FILE...

The image depends on the files' contents and on GRUB, not on when, where and by whom it is made.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

DATE = "2020010100000000"  # of everything in it; from the volume's GRUB makes the UUID that it looks for
GRUB = "/usr/lib/grub/i386-pc"
MODULES = "multiboot iso9660 normal biosdisk serial terminal test regexp smbios"


def fail(message):
    sys.exit(f"make_iso: {message}; `./drops doctor` says what is missing, `./drops test` installs it")


def run(command, **options):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                              **options)
    except FileNotFoundError:
        fail(f"there is no {command[0]} here")
    if done.returncode != 0:
        sys.stdout.write(done.stdout.decode(errors="replace"))
        fail(f"{command[0]} failed with status {done.returncode}")


def fill(folder, files):
    """The files in their places, with access rights of their own; programs without what debuggers read."""
    for path, source in files:
        to = folder / path
        to.parent.mkdir(parents=True, exist_ok=True)
        if pathlib.Path(source).read_bytes()[:4] == b"\x7fELF":
            run(["strip", "--strip-debug", "-o", str(to), source])
        else:
            to.write_bytes(pathlib.Path(source).read_bytes())


def main():
    out, *words = sys.argv[1:]
    if not pathlib.Path(GRUB, "multiboot.mod").exists():
        fail(f"there is no GRUB for PCs in {GRUB}")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name, "root")
        fill(folder, [word.split("=", 1) for word in words])
        # Only the named platform: a host that has GRUB for EFI, too, makes the same.
        run(["grub-mkrescue", f"--directory={GRUB}", f"--install-modules={MODULES}", "--fonts=", "--locales=",
             "--themes=", f"--output={name}/iso", str(folder), f"--modification-date={DATE}",
             "--set_all_file_dates", DATE, "-volid", "DROPS"],
            env=dict(os.environ, TMPDIR=name, LC_ALL="C", TZ="UTC"))
        pathlib.Path(out).write_bytes(pathlib.Path(name, "iso").read_bytes())


if __name__ == "__main__":
    main()
