# SPDX-License-Identifier: BSD-2-Clause
"""What `./drops run` can be asked for."""

import dataclasses
import os
import pathlib
import re
import shlex
import struct

import tree
from arguments import Bad, new_file, path as path_of

OPTIONS = """\
  --entry NAME          boot this entry of the menu at once
  --exec CMD            boot Linux, run CMD in its shell with our standard input (a file or a pipe), print
                        what it writes, end with its status
  --verbose             with --exec: everything else that the machine prints, on standard error
  --initrd FILE         Linux starts with this initramfs, compressed or not, in place of busybox's
  --disk FILE           Linux has this image of a disk as /dev/vda, and writes to it (docs/run.md)
  --append WORDS        for Linux's command line; with --kernel-only, for the kernel's (docs/pc.md)
  --kernel-only         no ISO: the kernel and the modules that are named
  --module FILE[:ARGS]  a boot module, again for more: first sigma0, then the root task, then its programs
  --display             show the screen in a window
  --screenshot FILE     write the screen as a PNG when the guest is done, or at the end of --timeout (60)
  --kdb                 the kernel's debugger: Escape gets into it, as do int3 and a panic (docs/debugger.md)
  --gdb                 wait for gdb, and say how to call it
  --icount              time is what the guest has executed, a nanosecond each: always the same run
  --memory MIB          of the machine (128)
  --timeout SECONDS     end the machine then, with status 124
  --iso FILE, --kernel FILE   these instead of the ones that would be built

Ctrl-A x ends the machine, Ctrl-A h shows what else is behind Ctrl-A; all other keys are the guest's. With
--exec Ctrl-C ends it. The exit status is the command's with --exec (125: the guest did not get to its end),
else the guest's verdict: 0 when it is content, 1 when something failed, 255 when the kernel stopped
(docs/run.md)."""

MULTIBOOT = 0x1badb002
LINUX = "linux"  # the entry that options for Linux are about
# Linux and the root task take 31 words; some are our own.
MOST_WORDS, MOST_TEXT = 24, 1800
LEAST_BESIDE = 32  # MiB, of what Linux has at its start
MOST_DATA = 240  # MiB, of input: there is no more room for it and busybox's initramfs beside a task


@dataclasses.dataclass
class Module:
    path: pathlib.Path
    words: str = ""


@dataclasses.dataclass
class Arguments:
    entry: str = None
    kernel_only: bool = False
    modules: list = dataclasses.field(default_factory=list)
    append: str = None
    exec: str = None
    input: bytes = b""  # of that, which is not an argument
    initrd: pathlib.Path = None
    disk: pathlib.Path = None
    verbose: bool = False
    display: bool = False
    screenshot: pathlib.Path = None
    kdb: bool = False
    gdb: bool = False
    icount: bool = False
    memory: int = 128
    timeout: int = None
    iso: pathlib.Path = None
    kernel: pathlib.Path = None

    def for_linux(self):
        """Options that want Linux with a command line, an initramfs or a machine of its own, by name."""
        values = {"--exec": self.exec, "--initrd": self.initrd, "--disk": self.disk, "--append": self.append}
        return [option for option, value in values.items() if value is not None]


def entries_file():
    return (tree.ROOT / "image/entries.bzl").read_text()


def entries():
    """Titles by name, in the menu's order."""
    return dict(re.findall(r'\bentry\(\s*"([^"]+)",\s*"([^"]+)"', entries_file()))


def exact_entries():
    """The names of those that are booted as if --icount were given."""
    return re.findall(r'\bentry\(\s*"([^"]+)",[^()]*?\bicount = True', entries_file())


def listing(known):
    width = max(map(len, known))
    lines = ["usage: ./drops run [OPTIONS]", "",
             "Boots the ISO in QEMU, its console in the terminal, to Linux unless another entry is chosen."]
    lines += ["", "Options:", OPTIONS, "", "Entries:"]
    lines += [f"  {name:{width}}  {title}" for name, title in known.items()]
    lines += ["", "Examples: ./drops run --exec 'uname -a; echo $((6*7))'",
              "          ./drops run --entry ping-pong --icount",
              "          ./drops run --kernel-only --module sigma0.elf --module root.elf:exit=0xf4"]
    return "\n".join(lines)


def number(least, most):
    def read(option, value):
        if not (value.isascii() and value.isdigit() and len(value) < 10 and least <= int(value) <= most):
            raise Bad(f"{option} wants a number from {least} to {most}, not `{value}`")
        return int(value)

    return read


def _file(option, value):
    path = path_of(option, value)
    if path.is_dir():
        raise Bad(f"{option} wants a file, but {path} is a folder")
    if not path.is_file():
        raise Bad(f"{option}: there is no file {path}")
    if not os.access(path, os.R_OK):
        raise Bad(f"{option}: {path} can not be read")
    return path


def _iso(option, value):
    path = _file(option, value)
    with path.open("rb") as f:
        f.seek(0x8001)  # behind 16 sectors and a byte
        if f.read(5) != b"CD001":
            raise Bad(f"{option}: {path} is no ISO 9660 image; without {option} this tree's is built and "
                      "booted")
    return path


def _kernel(option, value):
    path = _file(option, value)
    with path.open("rb") as f:
        head = f.read(8192)  # where QEMU and GRUB look for the header
    words = struct.unpack(f"<{len(head) // 4}I", head[:len(head) & ~3])
    headers = [words[i:i + 3] for i, word in enumerate(words) if word == MULTIBOOT]
    if not any(sum(header) & 0xffffffff == 0 for header in headers):
        raise Bad(f"{option}: {path} is no kernel, it has no Multiboot header; without {option} this tree's "
                  "is built and booted")
    return path


def _disk(option, value):
    path = path_of(option, value)
    make = f"`/sbin/mke2fs -t ext4 {shlex.quote(str(path))} 64M`"
    if not path.exists():
        raise Bad(f"{option}: there is no file {path}; {make} makes one with a file system")
    if path.is_dir():
        raise Bad(f"{option} wants the image of a disk, but {path} is a folder; "
                  f"`/sbin/mke2fs -t ext4 -d {shlex.quote(str(path))} IMAGE 64M` makes one of it")
    if not path.is_file():
        raise Bad(f"{option} wants an ordinary file, which {path} is not; copy what is in it into one")
    for mode, what, letter in [(os.R_OK, "read", "r"), (os.W_OK, "written", "w")]:
        if not os.access(path, mode):
            raise Bad(f"{option}: {path} can not be {what}; allow it (chmod u+{letter}), or name a copy")
    if path.stat().st_size == 0:
        raise Bad(f"{option}: {path} is empty; {make} makes a file system in it")
    return path


def _module(option, value):
    """A colon may be part of a name: the longest name that is a file holds."""
    if not value:
        raise Bad(f"{option} wants FILE or FILE:ARGS, not nothing")
    at = len(value)
    while at >= 0:
        if at > 0 and path_of(option, value[:at]).is_file():
            return Module(_file(option, value[:at]), value[at + 1:])
        at = value.rfind(":", 0, at)
    return Module(_file(option, value.split(":")[0] or value))


def _text(option, value):
    if not value.isprintable():
        raise Bad(f"{option} wants plain text, not `{value!r}`")
    return value


def _command(option, value):
    if not value.strip():
        raise Bad(f"{option} wants a command for the guest's shell, not nothing")
    return value


# What is made of their values.
WITH_VALUE = {
    "--entry": _text, "--exec": _command, "--initrd": _file, "--disk": _disk, "--append": _text,
    "--module": _module, "--screenshot": new_file, "--iso": _iso, "--kernel": _kernel,
    "--memory": number(8, 3584), "--timeout": number(1, 86400),
}
ALONE = ["--kernel-only", "--verbose", "--display", "--kdb", "--gdb", "--icount"]


def _check_linux(args):
    for option in args.for_linux():
        if args.entry not in (None, LINUX):
            raise Bad(f"{option} is for Linux, and --entry {args.entry} does not boot it; leave one out")
        if args.iso:
            raise Bad(f"{option} boots Linux without an ISO; leave out --iso")
    words = args.append or ""
    if len(words.split()) > MOST_WORDS or len(words.encode()) > MOST_TEXT:
        raise Bad(f"--append takes up to {MOST_WORDS} words and {MOST_TEXT} bytes for Linux")
    if args.exec is not None and "--" in words.split():
        raise Bad("--append has `--`, and the words behind that are for init, which is our own with --exec; "
                  "leave one of them out")
    size = args.initrd.stat().st_size >> 20 if args.initrd else 0
    if not args.initrd and args.memory < LEAST_BESIDE and args.for_linux():
        raise Bad(f"Linux wants --memory {LEAST_BESIDE} at least")
    if args.initrd and size + LEAST_BESIDE > args.memory:
        raise Bad(f"--initrd: {args.initrd} has {size} MiB and is unpacked as well; give more than --memory "
                  f"{args.memory}")


def _check_together(args, known):
    if args.entry is not None and args.entry not in known:
        raise Bad(f"the menu has no entry `{args.entry}`; it has {', '.join(known)}")
    if args.kernel_only:
        for option, value in [("--entry", args.entry), ("--iso", args.iso)]:
            if value:
                raise Bad(f"{option} is of the ISO, which --kernel-only does without; leave one of them out")
        for option in ["--exec", "--initrd"]:
            if option in args.for_linux():
                raise Bad(f"{option} boots Linux, and --kernel-only what you name; leave one of them out")
    else:
        for option, value in [("--module", args.modules), ("--kernel", args.kernel)]:
            if value:
                raise Bad(f"{option} wants --kernel-only as well: the ISO has modules and options of its own")
        _check_linux(args)
    if args.verbose and args.exec is None:
        raise Bad("--verbose is for --exec: without it everything is printed")
    if args.kdb and args.exec is not None:
        raise Bad("--kdb asks for commands, and with --exec nobody types; leave one of them out")
    if args.screenshot and args.display:
        raise Bad("--screenshot is of a machine without a window; leave out --display")
    if args.display and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise Bad("--display: there is nothing to open a window on (DISPLAY is not set); --screenshot FILE "
                  "does without")
    if args.screenshot and args.timeout is None:
        args.timeout = 60


def parse(words, known):
    """None: the help was asked for."""
    args, words = Arguments(), list(words)
    while words:
        word = words.pop(0)
        option, equals, value = word.partition("=")
        if word in ("help", "--help", "-h"):
            return None
        if option in WITH_VALUE:
            if not equals:
                if not words:
                    raise Bad(f"{option} wants a value; `./drops run --help` shows how it is called")
                value = words.pop(0)
            value = WITH_VALUE[option](option, value)
            if option == "--module":
                args.modules.append(value)
            else:
                setattr(args, option[2:], value)
        elif word in ALONE:
            setattr(args, word[2:].replace("-", "_"), True)
        elif option in ALONE:
            raise Bad(f"{option} takes no value, but got `{value}`")
        elif word.startswith("-"):
            raise Bad(f"`run` has no option `{word}`; there are {', '.join([*WITH_VALUE, *ALONE])}")
        elif word in known:
            raise Bad(f"`run` takes options only; did you mean --entry {word}?")
        else:
            raise Bad(f"`run` takes options only, but got `{word}`; `./drops run --help` lists them")
    _check_together(args, known)
    args.icount |= args.entry in exact_entries()
    return args
