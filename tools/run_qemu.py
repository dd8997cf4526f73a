# SPDX-License-Identifier: BSD-2-Clause
"""From what `./drops run` was asked for to QEMU's command line."""

import contextlib
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile

import programs
import run_arguments
import run_disk
import run_exec
import run_linux
import run_machine
import tree

GDB_PORT = 1234  # QEMU's own choice
# A test names the folder where everything has been built.
BUILT = pathlib.Path(os.environ.get("DROPS_BUILT", tree.ROOT / "bazel/bin")).absolute()
ISO, KERNEL = "image/drops_iso.iso", "hal-x86/drops.elf"
FIRST = "0"  # of the menu's entries, as GRUB has it
MENU, INIT = "image/drops_iso.cfg", "linux-glue/exec.elf"
# As in the tests: the same machine with any QEMU option of the user's, and none that the host decides.
MACHINE = ["qemu-system-i386", "-accel", "tcg", "-nodefaults", "-no-user-config", "-net", "none",
           "-no-reboot", "-vga", "std"]
ICOUNT = ["-icount", "shift=0,sleep=off", "-rtc", "base=2020-01-01,clock=vm"]


def build(args):
    """The ISO or the kernel, if they are to be built; False: that failed."""
    labels = []
    if args.kernel_only and not args.kernel:
        labels = ["//hal-x86:drops"]
    if not args.kernel_only and not args.iso:
        labels = ["//image:drops_iso", "//hal-x86:drops"]
    if args.exec is not None:
        labels.append("//linux-glue:exec")
    if not labels or "DROPS_BUILT" in os.environ:
        return True
    if "//image:drops_iso" in labels and not (BUILT / ISO).exists() and shutil.which("bazel"):
        run_machine.say("building what is to boot; with Linux that takes minutes, but only once")
    quiet = ["--ui_event_filters=-info"] if args.exec is not None and not args.verbose else []
    done = programs.run(["bazel", "build", "--noshow_progress", "--show_result=0", *quiet, *labels], "drops")
    if done.returncode != 0:
        run_machine.say("what is to boot could not be built; the message is above")
    return done.returncode == 0


def initrd(modules, folder):
    """The modules for -initrd, which splits at commas and ends a file's name at a space."""
    words = []
    for number, module in enumerate(modules):
        place = folder / str(number)
        place.mkdir()
        name = re.sub(r"\s", "_", module.path.name)
        (place / name).symlink_to(module.path)
        words.append(f"{number}/{name} {module.words}".rstrip().replace(",", ",,"))
    return ["-initrd", ",".join(words)] if words else []


def boots(args, folder):
    """What says from what the machine boots; `folder` is where QEMU will look for it."""
    words = ["kdb"] if args.kdb else []  # of the kernel's command line
    if args.kernel_only or args.for_linux():
        modules, append = args.modules, args.append
        if not args.kernel_only:
            modules = run_linux.asked_for(args, BUILT / MENU, BUILT, BUILT / INIT, folder)
            append = None
        (folder / "drops.elf").symlink_to(args.kernel or BUILT / KERNEL)
        append = " ".join(["exit=f4", *words, *filter(None, [append])])
        return ["-kernel", "drops.elf", "-append", append, *initrd(modules, folder)]
    (folder / "drops.iso").symlink_to(args.iso or BUILT / ISO)
    # image/grub.cfg reads entry and words there. A menu would take what a file or a pipe has for the guest.
    entry = args.entry or (None if sys.stdin and sys.stdin.isatty() else FIRST)
    asked = " ".join([entry or "", *words])
    chosen = ["-smbios", f"type=11,value=drops:{asked}"] if asked else []
    return ["-drive", "file=drops.iso,media=cdrom,format=raw,readonly=on", *chosen]


def command(args, folder, port):
    words = [*MACHINE, "-m", str(args.memory), *boots(args, folder)]
    words += [] if args.display else ["-display", "none"]
    if args.exec is not None and not (args.display or args.screenshot):
        words[words.index("-vga") + 1] = "none"  # a screen that nobody sees takes half of the time
    words += run_disk.device(args.disk, folder) if args.disk else []
    words += ICOUNT if args.icount else []
    words += ["-gdb", f"tcp:127.0.0.1:{port}"] if port else []
    return words


def free_port():
    for wanted in (GDB_PORT, 0):
        with contextlib.suppress(OSError), socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("127.0.0.1", wanted))
            return s.getsockname()[1]
    return GDB_PORT


def programs_of(args):
    """Files with the symbols of what runs on the kernel."""
    if args.kernel_only:
        return [module.path for module in args.modules]
    if args.iso:
        return []
    text = (BUILT / MENU).read_text()
    if args.entry or args.for_linux():
        text = text[text.index(f" --id '{args.entry or run_arguments.LINUX}' {{\n"):]
        text = text[:text.index("\n}")]
    found = re.findall(r"^  module /boot/(\S+)", text, re.MULTILINE)
    return [BUILT / path for path in dict.fromkeys(found)]


def gdb_script(kernel, files, port):
    """gdb's commands: the kernel's symbols, a connection, and a command for each program's symbols."""
    lines = ["# Made by ./drops run --gdb.", "set confirm off", f'directory "{tree.ROOT}"',
             f"file {kernel}", f"target remote 127.0.0.1:{port}"]
    names = []
    for path in files:
        with path.open("rb") as f:
            if f.read(4) != b"\x7fELF":
                continue
        name = "symbols-" + re.sub(r"[^A-Za-z0-9_-]", "_", path.stem)
        name += f"-{names.count(name) + 1}" if name in names else ""
        names.append(name)
        lines += [f"define {name}", f"  add-symbol-file {path}", "end"]
    lines += ["echo The machine stands before its first instruction. Try: break boot_main, continue\\n"]
    if names:
        lines += [f"echo Symbols of programs, most at one address, so add one's: {', '.join(names)}\\n"]
    return "\n".join(lines) + "\n"


def prepare_gdb(args, folder, port):
    """Writes the script and says how to go on."""
    script = folder / "drops.gdb"
    script.write_text(gdb_script(args.kernel or BUILT / KERNEL, programs_of(args), port))
    run_machine.say(f"the machine waits for gdb; type in another terminal:\n    gdb -x {script}")


def displays():
    """The windows that this QEMU can open."""
    done = programs.run(["qemu-system-i386", "-display", "help"], "drops", stdout=subprocess.PIPE, text=True)
    return {"gtk", "sdl"} & set(done.stdout.split())


def main(args):
    if args.display and not displays():
        run_machine.say("--display: QEMU has no window here; apt-get install qemu-system-gui brings it")
        return 2
    if args.exec is not None:
        room = (args.memory - run_arguments.LEAST_BESIDE) // 2
        most = min(room, run_arguments.MOST_DATA)
        args.input = run_exec.given(most << 20)
        if args.input is None:
            more = f"give more than --memory {args.memory}, or " if most == room else ""
            run_machine.say(f"standard input has more than {most} MiB, and Linux wants it twice beside "
                            f"{run_arguments.LEAST_BESIDE} MiB; {more}put it on a --disk")
            return 2
    if not build(args):
        return 2
    port = free_port() if args.gdb else None
    with tempfile.TemporaryDirectory(prefix="drops-run-") as name:
        folder = pathlib.Path(name)
        words = command(args, folder, port)
        if port:
            prepare_gdb(args, folder, port)
        reader = run_exec.Reader(args.verbose) if args.exec is not None else None
        status = run_machine.run(words, folder, timeout=args.timeout, screenshot=args.screenshot,
                                 held=args.gdb, reader=reader)
        return reader.verdict(status) if reader else status
