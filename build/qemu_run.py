#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Boots a kernel in QEMU and judges what comes over the serial line."""
import argparse
import contextlib
import os
import pathlib
import re
import socket
import subprocess
import sys
import time

FORBIDDEN = ["panic", "not ok"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--module", action="append", default=[], help="file, space, command line")
    parser.add_argument("--append", default="")
    parser.add_argument("--expect", action="append", default=[])
    parser.add_argument("--allow", action="append", default=[], help="a forbidden word that is expected")
    parser.add_argument("--forbid", action="append", default=[], help="a further one")
    parser.add_argument("--plan", action="store_true")
    parser.add_argument("--budgets", type=pathlib.Path,
                        help="lines `NAME BOUND GOAL`: for each a line `bench NAME VALUE`, not above BOUND")
    parser.add_argument("--status", type=int, default=33)
    parser.add_argument("--memory", type=int, default=64)
    parser.add_argument("--seconds", type=int, default=50, help="then QEMU is ended")
    parser.add_argument("--press", help="TEXT=COMMAND: when TEXT has come, COMMAND for QEMU's monitor")
    parser.add_argument("--type", action="append", default=[],
                        help="TEXT=KEYS: when TEXT has come, KEYS on the serial line; \\e is escape, \\r return")
    parser.add_argument("--qemu", action="append", default=[], help="further arguments")
    return parser.parse_args()


def boot(args, serial):
    # QEMU splits modules at commas; a comma in a name is written twice.
    modules = ",".join(m.replace(",", ",,") for m in args.module)
    command = [
        "qemu-system-i386", "-kernel", args.kernel, "-append", args.append, "-m", str(args.memory),
        *serial_line(args, serial), "-display", "none", "-net", "none", "-no-reboot", "-nodefaults",
        "-vga", "std", "-device", "isa-debug-exit,iobase=0xf4,iosize=4"
    ]
    if modules:
        command += ["-initrd", modules]
    for words in args.qemu:
        command += words.split()
    if args.press:
        command += ["-monitor", "stdio"]
    print(" ".join(command))
    with subprocess.Popen(command, stdin=subprocess.PIPE) as qemu, typist(args, qemu) as keyboard:
        return watch(args, serial, qemu, keyboard)


SOCKET = "serial.socket"  # in the working directory: the path of a socket may have a hundred characters


def serial_line(args, serial):
    """QEMU's arguments: a file, and if something is to be typed a socket besides."""
    if not args.type:
        return ["-serial", f"file:{serial}"]
    return ["-chardev", f"socket,id=line,path={SOCKET},server=on,wait=on,logfile={serial}", "-serial", "chardev:line"]


@contextlib.contextmanager
def typist(args, qemu):
    """What types on the serial line; reads what comes, or QEMU would stop."""
    if not args.type:
        yield None
        return
    with socket.socket(socket.AF_UNIX) as line:
        while qemu.poll() is None:
            try:
                line.connect(SOCKET)
                break
            except OSError:
                time.sleep(0.05)
        line.setblocking(False)
        yield line


def typed(args, line, text):
    """Types what is due now that `text` has come."""
    with contextlib.suppress(OSError):
        while line.recv(65536):
            pass
    if not args.type:
        return
    awaited, _, keys = args.type[0].partition("=")
    at = text.find(awaited.encode(), typed.seen)
    if at >= 0:
        typed.seen = at + len(awaited)
        line.sendall(keys.replace("\\e", "\033").replace("\\r", "\r").encode())
        args.type.pop(0)


typed.seen = 0


def watch(args, serial, qemu, keyboard):
    """Waits for the end, and meanwhile for what is to be answered; the status."""
    end = time.monotonic() + args.seconds
    text, _, answer = (args.press or "").partition("=")
    while time.monotonic() < end:
        try:
            return qemu.wait(0.1)
        except subprocess.TimeoutExpired:
            if keyboard:
                typed(args, keyboard, serial.read_bytes() if serial.exists() else b"")
            if answer and serial.exists() and text.encode() in serial.read_bytes():
                qemu.stdin.write(answer.encode() + b"\n")
                qemu.stdin.flush()
                answer = None
    qemu.kill()
    return "none: it took too long"


def tap_failures(text):
    results = re.findall(r"^(ok|not ok) (\d+)", text, re.M)
    plan = re.search(r"^1\.\.(\d+)$", text, re.M)
    if not plan:
        return ["there is no plan"]
    numbers = [int(number) for _, number in results]
    if numbers != list(range(1, int(plan.group(1)) + 1)) or not numbers:
        return [f"results {numbers} do not match the plan {plan.group(0)}"]
    return []


def over_budget(budgets, text):
    """Prints the table; what is above its bound, missing, or without a bound."""
    values = {name: int(value) for name, value in re.findall(r"^bench (\w+) (\d+)$", text, re.M)}
    lines = [line.split() for line in budgets.read_text().splitlines() if line and not line.startswith("#")]
    bounds = {name: (int(bound), goal) for name, bound, goal in lines}
    found = [f"no value of {name}" for name in bounds if name not in values]
    found += [f"{name} has no budget" for name in values if name not in bounds]
    print(f"{'operation':22}{'instructions':>14}{'bound':>8}{'goal':>8}")
    for name, value in values.items():
        bound, goal = bounds.get(name, (value, "-"))
        print(f"{name:22}{value:14}{bound:8}{goal:>8}")
        if value > bound:
            found.append(f"{name} takes {value} instructions, its bound is {bound}")
    return found


def failures(args, text, status):
    found = []
    if status != args.status:
        found.append(f"QEMU's status is {status}, not {args.status}")
    for word in FORBIDDEN + args.forbid:
        if word in text and word not in args.allow:
            found.append(f"forbidden: {word}")
    at = 0
    for expected in args.expect:
        place = text.find(expected, at)
        if place < 0:
            found.append(f"missing, or not in this order: {expected}")
        else:
            at = place + len(expected)
    if args.budgets:
        found += over_budget(args.budgets, text)
    return found + (tap_failures(text) if args.plan else [])


def main():
    args = arguments()
    logs = pathlib.Path(os.environ.get("TEST_UNDECLARED_OUTPUTS_DIR", "."))
    serial = logs / "serial.log"
    status = boot(args, serial)
    text = serial.read_text(errors="replace").replace("\r", "") if serial.exists() else ""
    print(text)
    found = failures(args, text, status)
    for failure in found:
        print("FAILED:", failure)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
