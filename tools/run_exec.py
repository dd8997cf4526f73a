# SPDX-License-Identifier: BSD-2-Clause
"""A command in the guest: what it is given, and what it writes and how it ends, from the console
(linux-glue/userland/exec.c)."""

import base64
import binascii
import collections
import os
import re
import select
import stat
import sys

import run_machine

NOT_RUN = 125
PATIENCE = 3  # seconds without input, before we say that we wait for it
_LINE = re.compile(rb"@drops:(?:([12]) ([A-Za-z0-9+/=]+)|end (\d+) (\d+))$")


def _write(fd, data):
    while data:
        data = data[os.write(fd, data):]


def given(most):
    """Our standard input to its end, if it is a file or a pipe; None: it has more than `most` bytes. Of what
    else it may be (a terminal, a device) the command gets nothing: that need have no end."""
    if sys.stdin is None:
        return b""
    mode = os.fstat(sys.stdin.fileno()).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
        return b""
    if not select.select([sys.stdin], [], [], PATIENCE)[0]:
        run_machine.say("the command gets our standard input, whose end is awaited; `</dev/null` is none")
    data = sys.stdin.buffer.read(most + 1)
    return data if len(data) <= most else None


class Reader:
    """Takes what the console prints; the command's own goes on, to our standard output and standard error
    unless `write`, of a file descriptor and bytes, does something else with it."""

    def __init__(self, verbose=False, write=_write):
        self.verbose, self.write = verbose, write
        self.status = None  # of the command
        self.written = self.got = 0  # bytes
        self.last = collections.deque(maxlen=20)  # lines of others
        self.rest = b""  # of a line

    def feed(self, data):
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            self.line(line.replace(b"\r", b""))

    def line(self, line):
        # The line of somebody else that has no end yet may stand before it.
        found = _LINE.search(line)
        if found and found.group(3):
            self.status, self.written = int(found.group(3)), int(found.group(4))
        elif found:
            try:
                data = base64.b64decode(found.group(2), validate=True)
            except binascii.Error:
                return  # the count will tell
            self.got += len(data)
            self.write(int(found.group(1)), data)
        else:
            self.last.append(line)
            if self.verbose:
                _write(sys.stderr.fileno(), line + b"\n")

    def verdict(self, status):
        """The exit status when the machine has ended with `status`."""
        if status == run_machine.TIMED_OUT or not self.last and self.status is None:
            return status
        if self.status is None:
            if self.verbose:
                run_machine.say("the guest ended before the command did")
            else:
                run_machine.say("the guest ended before the command did; its last lines:")
                _write(sys.stderr.fileno(), b"".join(line + b"\n" for line in self.last))
            return NOT_RUN
        if self.got != self.written:
            run_machine.say(f"the command wrote {self.written} bytes, of which {self.got} came")
            return NOT_RUN
        return self.status
