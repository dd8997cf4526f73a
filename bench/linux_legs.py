#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The guest instructions of one Linux system call on drops, by the legs of docs/linux.md: boots a program
that asks for its number again and again, traces it, prints the legs, and fails where the document has others.
"""

import collections
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(os.path.realpath(__file__)).parent))

import linux  # noqa: E402
import suite  # noqa: E402
from kernel_irqs_off import Symbols  # noqa: E402

DOCUMENT = "docs/linux.md"
GETPID = linux.Program("getpid", {"drops": 192}, linux=96, seconds=100)
TRACE_BYTES = 20_000_000  # some 500 calls
OFTEN = 0.1  # of all calls: fewer are with an interrupt in them, or the like

KERNEL, LINUX, PROGRAM = "kernel", "Linux", "program"
# Each leg, and what begins it: whose first instruction, in which function if that is not the first of all.
LEGS = [
    ("1. the program", PROGRAM, None),
    ("2. the kernel, to Linux", KERNEL, None),
    ("3. run(), behind the IPC", LINUX, None),
    ("4. entry code", LINUX, "l4_user_loop"),
    ("5. getpid", LINUX, "__ia32_sys_getpid"),
    ("6. exit code", LINUX, "syscall_exit_to_user_mode"),
    ("7. run(), to the IPC", LINUX, "run"),
    ("8. the kernel, to the program", KERNEL, None),
]
KERNEL_BASE, PROGRAM_BASE = 0xc0000000, 0x08000000  # x86/layout.h; the linker's, and Linux is below


def trace(folder):
    """The addresses of instructions, from when the program has been at it for a while."""
    serial, log = folder / "serial", folder / "trace"
    command = [
        "qemu-system-i386", "-kernel", "hal-x86/drops.elf", "-append", "exit=f4", "-initrd",
        ",".join(linux.modules(GETPID)), "-m", str(GETPID.memory["drops"]), "-nodefaults", "-net", "none",
        "-display", "none", "-vga", "std", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
        "-serial", f"file:{serial}", "-serial", "null", "-icount", "shift=0,sleep=off", "-rtc",
        "base=2020-01-01,clock=vm", "-monitor", "stdio", "-D", str(log)
    ]
    end = time.monotonic() + GETPID.seconds

    def wait(qemu, until):
        while not until():
            if time.monotonic() > end or qemu.poll() is not None:
                qemu.kill()
                raise suite.Failed(f"no trace of getpid:\n{serial.read_text() if serial.exists() else ''}")
            time.sleep(0.05)

    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as qemu:
        wait(qemu, lambda: serial.exists() and "ready" in serial.read_text(errors="replace"))
        print("stop\nsinglestep on\nlog exec,nochain\ncont", file=qemu.stdin, flush=True)
        wait(qemu, lambda: log.exists() and log.stat().st_size > TRACE_BYTES)
        print("quit", file=qemu.stdin, flush=True)
    return [int(place, 16) for place in re.findall(r"\[[0-9a-f]{8}/([0-9a-f]{8})/", log.read_text())]


def owner(place):
    if place >= KERNEL_BASE:
        return KERNEL
    return PROGRAM if place >= PROGRAM_BASE else LINUX


def calls(places):
    """The instructions of each whole call, which begins with the lowest of the program's."""
    first = min((place for place in places if owner(place) == PROGRAM), default=None)
    starts = [i for i, place in enumerate(places) if place == first]
    return [places[start:end] for start, end in zip(starts, starts[1:])]


def legs(call, begins):
    """How many instructions each has; `begins`: of LEGS, the owner and the range of addresses."""
    found, now = [0] * len(begins), 0
    for place in call:
        if now + 1 < len(begins):
            who, low, high = begins[now + 1]
            now += owner(place) == who and low <= place < high
        found[0 if owner(place) == PROGRAM else now] += 1
    return found


def beginnings(symbols):
    return [(who, symbols.place(name), symbols.end(name)) if name else (who, 0, 1 << 32)
            for _, who, name in LEGS]


def usual(found):
    """The shortest and the longest of the calls that are made often, as lists of legs."""
    sums = collections.Counter(map(sum, found))
    often = [number for number, times in sums.items() if times >= OFTEN * len(found)]
    if not often:
        raise suite.Failed(f"no two calls are alike: {sums}")
    return [next(of for of in found if sum(of) == number) for number in (min(often), max(often))]


def documented(text):
    """The legs, the two sums, and what is Linux's and the kernel's."""
    rows = re.findall(r"^\| \d\. .*? \| (\d+) \| ", text, re.M)
    sums = re.search(r": (\d+) while the clock .*?, (\d+) when", text, re.S)
    shares = re.search(r"Linux itself has (\d+) of them.*?; the kernel has (\d+)", text, re.S)
    if not sums or not shares:
        raise suite.Failed(f"{DOCUMENT} has no sums, or no shares")
    return [*map(int, rows)], [*map(int, sums.groups())], [*map(int, shares.groups())]


def shares(short):
    return [sum(n for n, (_, who, _) in zip(short, LEGS) if who == of) for of in (LINUX, KERNEL)]


def table(short, long, told):
    lines = [("leg", "instructions", "in the longer call", DOCUMENT)]
    lines += [(name, *map(str, numbers))
              for (name, *_), *numbers in zip(LEGS, short, long, [*told, *[""] * len(LEGS)])]
    lines.append(("sum", str(sum(short)), str(sum(long)), str(sum(told))))
    return suite.aligned(lines, left=(0,))


def wrong(short, long, document):
    """Where the document is not what was counted."""
    counted = short, [sum(short), sum(long)], shares(short)
    names = "the legs", "the shorter and the longer sum", "Linux's and the kernel's share"
    return [f"{DOCUMENT} has {told} for {name}, counted are {was}"
            for name, told, was in zip(names, document, counted) if told != was]


def main():
    files = pathlib.Path(os.path.abspath(sys.argv[0]) + ".runfiles", "drops")
    if files.is_dir():
        os.chdir(files)
    try:
        with tempfile.TemporaryDirectory(prefix="drops-legs-") as folder:
            places = trace(pathlib.Path(folder))
        begins = beginnings(Symbols("linux-glue/linux.elf"))
        short, long = usual([legs(call, begins) for call in calls(places)])
        document = documented(pathlib.Path(DOCUMENT).read_text(encoding="utf-8"))
    except suite.Failed as error:
        print(f"linux_legs: {error}", file=sys.stderr)
        return 1
    print(table(short, long, document[0]))
    print("Linux's share is {}, the kernel's {}.".format(*shares(short)))
    texts = wrong(short, long, document)
    for text in texts:
        print("FAILED:", text)
    return 1 if texts else 0


if __name__ == "__main__":
    sys.exit(main())
