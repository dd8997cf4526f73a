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
    parser.add_argument("--status", type=int, default=33)
    parser.add_argument("--memory", type=int, default=64)
    parser.add_argument("--seconds", type=int, default=50, help="then QEMU is ended")
    parser.add_argument("--press", action="append", default=[],
                        help="TEXT=COMMAND: after TEXT, COMMAND for QEMU's monitor")
    parser.add_argument("--type", action="append", default=[],
                        help="TEXT=KEYS: after TEXT, KEYS on the serial line; \\e: escape, \\r: return, "
                        "\\^C: control C")
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
    with subprocess.Popen(command, stdin=subprocess.PIPE) as qemu, typist(args, qemu) as line:
        return watch(args, serial, qemu, line)


SOCKET = "serial.socket"  # in the working directory: the path of a socket may have a hundred characters


def serial_line(args, serial):
    """QEMU's arguments: a file, or if something is to be typed a socket, whose text file() files."""
    if not args.type:
        return ["-serial", f"file:{serial}"]
    return ["-chardev", f"socket,id=line,path={SOCKET},server=on,wait=on", "-serial", "chardev:line"]


@contextlib.contextmanager
def typist(args, qemu):
    """The other end of the serial line, None: nothing is to be typed."""
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


def characters(keys):
    keys = keys.replace("\\e", "\033").replace("\\r", "\r")
    return re.sub(r"\\\^(.)", lambda control: chr(ord(control[1]) ^ 0x40), keys).encode()


class Answers:
    """What is said when a text has come, each behind the one before it."""

    def __init__(self, answers, say):
        self.answers, self.say, self.answered = list(answers), say, 0

    def go_on(self, serial):
        if not self.answers or not serial.exists():
            return
        awaited, _, answer = self.answers[0].partition("=")
        at = serial.read_bytes().find(awaited.encode(), self.answered)
        if at >= 0:
            self.answered = at + len(awaited)
            with contextlib.suppress(OSError):  # QEMU may have ended
                self.say(answer)
            self.answers.pop(0)


def file(line, serial):
    """Puts what has come over the line, if there is one, behind what is in the file."""
    if not line:
        return
    with contextlib.suppress(OSError), serial.open("ab") as text:
        while more := line.recv(65536):
            text.write(more)


def watch(args, serial, qemu, line):
    """Waits for the end, and meanwhile for what is to be answered; the status."""
    end = time.monotonic() + args.seconds

    def press(command):
        qemu.stdin.write(command.encode() + b"\n")
        qemu.stdin.flush()

    span = 0.01 if args.press or args.type else 0.1
    answers = [Answers(args.press, press), Answers(args.type, lambda keys: line.sendall(characters(keys)))]
    while time.monotonic() < end:
        try:
            return qemu.wait(span)
        except subprocess.TimeoutExpired:
            pass
        finally:
            file(line, serial)
            for a in answers:
                a.go_on(serial)
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
    return found + (tap_failures(text) if args.plan else [])


def main():
    args = arguments()
    logs = pathlib.Path(os.environ.get("TEST_UNDECLARED_OUTPUTS_DIR", "."))
    serial = logs / "serial.log"
    serial.unlink(missing_ok=True)
    status = boot(args, serial)
    text = serial.read_text(errors="replace").replace("\r", "") if serial.exists() else ""
    print(text)
    found = failures(args, text, status)
    for failure in found:
        print("FAILED:", failure)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
