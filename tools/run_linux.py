# SPDX-License-Identifier: BSD-2-Clause
"""Linux with a command line or an initramfs of its own: the ISO's modules for it, without the ISO."""

import os
import re
import shlex
import sys

import newc
import run_arguments
import run_disk

INIT = "/.drops/init"  # of --exec


def modules(menu, built):
    """Those of the menu's entry for Linux; the last is the initramfs, and the one before it Linux."""
    text = menu.read_text()
    text = text[text.index(f" --id '{run_arguments.LINUX}' {{\n"):]
    text = text[:text.index("\n}")]
    found = []
    for line in re.findall(r"^  module /boot/(.*)$", text, re.MULTILINE):
        path, _, *words = shlex.split(line)
        found.append(run_arguments.Module(built / path, " ".join(words)))
    return found


def for_exec(command, init, given):
    """What an initramfs has in addition: linux-glue/userland/exec.c."""
    return newc.archive([
        (".drops", newc.DIRECTORY, b""),
        (".drops/init", newc.PROGRAM, init),
        (".drops/command", newc.FILE, os.fsencode(command)),
        (".drops/input", newc.FILE, given),
    ])


def with_command(initramfs, command, init, given=b""):
    """An initramfs of which that program is to run this command, with this input. Archives begin at a word;
    in lz4's old format one ends with a word of zeros."""
    return initramfs + bytes(4 + -len(initramfs) % 4) + for_exec(command, init, given)


def one_output():
    """Standard output and standard error are the same file, so their order shows."""
    return os.path.samestat(os.fstat(sys.stdout.fileno()), os.fstat(sys.stderr.fileno()))


def boots_from_disk(args):
    """Its system is what runs then, unless the user says what else."""
    if args.disk is None or args.initrd is not None or re.search(r"\b(root|rdinit)=", args.append or ""):
        return False
    return run_disk.holds_system(args.disk)


def asked_for(args, menu, built, init, folder):
    """The modules for this boot. `init` is exec.c's program; `folder` takes the initramfs."""
    *others, linux, initramfs = modules(menu, built)
    words = [run_disk.options() if args.disk else "", linux.words, args.append or ""]
    from_disk = boots_from_disk(args)
    data = (args.initrd or initramfs.path).read_bytes()
    if args.exec is not None:
        data = with_command(data, args.exec, init.read_bytes(), args.input)
        arguments = ["together"] * one_output() + ["disk"] * from_disk
        words += [f"rdinit={INIT}", " ".join(["--", *arguments]) if arguments else ""]
    elif from_disk:
        words.append("rdinit=/none root=/dev/vda rw")
    place = folder / initramfs.path.name  # Linux's data= names it
    place.write_bytes(data)
    linux = run_arguments.Module(linux.path, " ".join(filter(None, words)))
    return [*others, linux, run_arguments.Module(place)]
