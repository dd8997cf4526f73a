# SPDX-License-Identifier: BSD-2-Clause
"""The terminal of a machine: all keys are the guest's, but for those behind Ctrl-A."""

import contextlib
import errno
import os
import signal
import sys
import termios

ESCAPE = 1  # Ctrl-A
END, STOP, HELP = "end", "stop", "help"
COMMANDS = {ord("x"): END, ord("z"): STOP, ord("h"): HELP, ord("?"): HELP}
ESCAPED = (ESCAPE, ord("a"))
HINT = "Ctrl-A x ends the machine, Ctrl-A h helps"
LINES = """these keys are not the guest's:
  Ctrl-A x       end the machine
  Ctrl-A z       stop it, until `fg`
  Ctrl-A Ctrl-A  type one Ctrl-A, as does Ctrl-A a
  Ctrl-A h       this help"""


class Keys:
    """Tells what is typed for the guest from what is for us."""

    def __init__(self):
        self.escaped = False

    def take(self, data):
        """In order: bytes for the guest, and commands. A key behind Ctrl-A that is none goes to the guest
        behind the help, as it may be the first byte of several."""
        parts = [b""]
        for key in data:
            if not self.escaped:
                self.escaped = key == ESCAPE
                parts[-1] += b"" if self.escaped else bytes([key])
                continue
            self.escaped = False
            if key in ESCAPED:
                parts[-1] += bytes([ESCAPE])
            else:
                parts += [COMMANDS.get(key, HELP), b"" if key in COMMANDS else bytes([key])]
        return [part for part in parts if part]


class Terminal:
    """Keys come one by one and unseen, and none is a signal. While we are stopped, and afterwards, all is as
    before."""

    def __init__(self):
        self.file = sys.stdin.fileno()
        self.before = termios.tcgetattr(self.file)
        self.handlers = {}
        self.left = False

    def __enter__(self):
        for number, handler in [(signal.SIGCONT, self.take), (signal.SIGTSTP, self.stop)]:
            if signal.getsignal(number) != signal.SIG_IGN:
                self.handlers[number] = signal.signal(number, handler)
        self.take()
        return self

    def __exit__(self, *_):
        self.leave()
        for number, handler in self.handlers.items():
            signal.signal(number, handler)

    def take(self, *_):
        """In the background it stops us. After SIGCONT a shell has put its own mode back."""
        if self.left:
            return
        mode = termios.tcgetattr(self.file)
        mode[0] &= ~(termios.BRKINT | termios.ISTRIP | termios.INLCR | termios.IGNCR | termios.ICRNL |
                     termios.IXON)
        mode[3] &= ~(termios.ISIG | termios.ICANON | termios.ECHO | termios.IEXTEN)
        mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
        self.set(mode)

    def leave(self):
        """For good: no signal takes it again."""
        if not self.left:
            self.left = True
            self.give_back()

    def stop(self, *_):
        self.give_back()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)  # until SIGCONT, or not at all if no shell could send that
        signal.signal(signal.SIGTSTP, self.stop)
        self.take()

    def give_back(self):
        with contextlib.suppress(OSError):  # it is nobody's
            if os.tcgetpgrp(self.file) != os.getpgrp():
                return  # we are in the background
        with contextlib.suppress(OSError, termios.error):  # it is gone
            self.set(self.before)
            if sys.stdout.isatty():
                os.write(sys.stdout.fileno(), b"\x1b[0m\x1b[?25h")  # GRUB's colours, and its hidden cursor

    def set(self, mode):
        while True:
            try:
                return termios.tcsetattr(self.file, termios.TCSANOW, mode)
            except termios.error as error:
                if error.args[0] != errno.EINTR:  # stopped, and gone on since
                    raise
