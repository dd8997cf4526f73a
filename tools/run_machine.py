# SPDX-License-Identifier: BSD-2-Clause
"""A QEMU process: its serial line in the terminal, its monitor, and its end."""

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time

import run_keys

ENDED, TIMED_OUT = 130, 124
GRACE = 10  # seconds that a screenshot may take when the time is over
# When a file or a pipe is the guest's: what comes before the kernel has set up the serial line is lost, so it
# is held back until the guest has printed something and is silent. Seconds: of that silence; from the first
# output at most, as a guest may print without end; and in all where it prints nothing.
SILENCE, MOST_BEHIND_OUTPUT, MOST_WITHOUT_OUTPUT = 1, 10, 30
CONTENT, FAILED = 0x10, 0x11  # what guests write to isa-debug-exit


def status_of(verdict):
    """Our exit status when the guest has written this to isa-debug-exit; QEMU's otherwise."""
    return {CONTENT: 0, FAILED: 1}.get(verdict, (verdict << 1 | 1) & 0xff)


def say(text):
    print(f"drops: {text}", file=sys.stderr, flush=True)


class Machine:
    """Runs until the guest, the user or the time ends it."""

    def __init__(self, command, folder, timeout=None, screenshot=None, held=False, reader=None,
                 keys=None):
        self.screenshot, self.held, self.reader, self.keys = screenshot, held, reader, keys
        self.end_of_time = time.monotonic() + timeout if timeout else None
        self.status = None  # that is already clear, whatever QEMU's is
        self.reason = None  # for which QEMU says that it ends
        self.ready = False  # QEMU has loaded everything, and its monitor listens
        self.shooting = False
        self.received = b""  # from the monitor
        self.wake = ()  # what signals write to, and where that is read
        self.typed = b""  # that the guest has not taken yet
        self.input = bool(sys.stdin and not reader)  # its end has not come
        self.open = bool(keys)  # the guest may have input
        self.opens = self.opens_at_last = None  # when, if nothing else happens, and at the latest
        self.selector = selectors.SelectSelector()  # takes files, too, as standard input
        theirs = {}
        for name, use in {"console": self.on_console, "monitor": self.on_monitor,
                          "verdict": self.on_verdict if screenshot else None}.items():
            if use:
                ours, theirs[name] = socket.socketpair()
                setattr(self, name, ours)
                ours.setblocking(name != "console")
                self.selector.register(ours, selectors.EVENT_READ, use)
        for name, end in theirs.items():
            command = [*command, "-chardev", f"socket,id={name},fd={end.fileno()}"]
        command += ["-serial", "chardev:console", "-serial", "null", "-mon", "monitor,mode=control", "-S"]
        # A guest that may end QEMU takes its screen with it.
        command += ["-device", "isa-debugcon,iobase=0xf4,chardev=verdict" if screenshot else
                    "isa-debug-exit,iobase=0xf4,iosize=4"]
        fds = [end.fileno() for end in theirs.values()]
        self.qemu = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, pass_fds=fds)
        for end in theirs.values():
            end.close()

    def wake_at_signals(self):
        """Else one that comes right before select() would wait for it to end: Python handles it behind."""
        self.wake = woken, waker = socket.socketpair()
        for end in self.wake:
            end.setblocking(False)
        self.selector.register(woken, selectors.EVENT_READ, lambda _: woken.recv(100))
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)

    def on_console(self, mask):
        if mask & selectors.EVENT_WRITE:
            self.type(b"")
        if not mask & selectors.EVENT_READ:
            return
        data = self.receive(self.console)
        if not self.open:
            now = time.monotonic()
            self.opens_at_last = self.opens_at_last or now + MOST_BEHIND_OUTPUT
            self.opens = min(now + SILENCE, self.opens_at_last)
        if self.reader:
            self.reader.feed(data)
            return
        if not sys.stdout.isatty():
            data = data.replace(b"\r", b"")
        while data:
            data = data[os.write(sys.stdout.fileno(), data):]

    def listen(self):
        """A file or a pipe is read when the guest can have what was read; keys are always, as they may be
        ours."""
        wanted = self.input and (self.keys or self.open and not self.typed)
        if not self.input or bool(wanted) == (sys.stdin in self.selector.get_map()):
            return
        if wanted:
            self.selector.register(sys.stdin, selectors.EVENT_READ, self.on_keys)
        else:
            self.selector.unregister(sys.stdin)

    def on_keys(self, _):
        data = os.read(sys.stdin.fileno(), 256)
        if not data:
            self.selector.unregister(sys.stdin)
            self.input = False
        for part in self.keys.take(data) if self.keys else [data]:
            if isinstance(part, bytes):
                self.type(part)
            else:
                self.obey(part)

    def obey(self, command):
        print(file=sys.stderr)  # behind what the guest has printed
        if command == run_keys.HELP:
            say(run_keys.LINES)
        elif command == run_keys.STOP:
            os.kill(0, signal.SIGTSTP)  # QEMU, too, and who reads what we print
        else:
            self.status = ENDED
            say("ended by Ctrl-A x")
            self.qemu.kill()

    def type(self, data):
        """As much as the guest takes; the rest when it goes on."""
        self.typed += data
        with contextlib.suppress(OSError):  # it takes nothing now, or QEMU has just ended
            self.typed = self.typed[self.console.send(self.typed):]
        want = selectors.EVENT_READ | (selectors.EVENT_WRITE if self.typed else 0)
        if self.console in self.selector.get_map():
            self.selector.modify(self.console, want, self.on_console)
        self.listen()

    def on_verdict(self, _):
        data = self.receive(self.verdict)
        if data and self.status is None:
            self.status = status_of(data[0])
            self.shoot()

    def on_monitor(self, _):
        *lines, self.received = (self.received + self.receive(self.monitor)).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "QMP" in message:
                self.tell("qmp_capabilities")
            elif message.get("id") == "qmp_capabilities":
                self.ready = True
                if not self.held:
                    self.tell("cont")
            elif message.get("event") == "SHUTDOWN":
                self.reason = message["data"]["reason"]
            elif message.get("id") == "screendump":
                if "error" in message:
                    say(f"--screenshot: {message['error']['desc']}")
                    self.status = 1
                self.tell("quit")

    def receive(self, end):
        """b"": the other end is gone, and is not listened to any more."""
        try:
            data = end.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            self.selector.unregister(end)
        return data

    def tell(self, what, **arguments):
        with contextlib.suppress(OSError):  # it has just ended
            words = {"execute": what, "id": what, "arguments": arguments}
            self.monitor.sendall(json.dumps(words).encode() + b"\n")

    def shoot(self):
        """Once; QEMU ends when it has."""
        if not self.shooting:
            self.shooting = True
            self.tell("screendump", filename=str(self.screenshot), format="png")

    def on_timeout(self):
        if self.status is None:
            self.status = TIMED_OUT
        if self.screenshot and self.ready and not self.shooting:
            self.end_of_time += GRACE
            self.shoot()
            return
        if self.shooting:
            self.status = 1
            say("--screenshot: QEMU makes none")
        else:
            say("the time of --timeout is over")
        self.end_of_time = None
        self.qemu.kill()

    def run(self):
        """The exit status."""
        self.wake_at_signals()
        if not (self.open or self.held):
            self.opens = time.monotonic() + MOST_WITHOUT_OUTPUT
        self.listen()
        while self.console in self.selector.get_map():
            for key, mask in self.selector.select(self.wait()):
                # One that came before may have put it out.
                if key.fileobj in self.selector.get_map():
                    key.data(mask)
            if self.opens and time.monotonic() >= self.opens:
                self.open, self.opens = True, None
                self.listen()
            if self.end_of_time and time.monotonic() >= self.end_of_time:
                self.on_timeout()
        return self.verdict_of(self.qemu.wait())

    def wait(self):
        """Seconds until something is due; None: nothing is."""
        due = [moment for moment in (self.end_of_time, self.opens) if moment]
        return max(0, min(due) - time.monotonic()) if due else None

    def verdict_of(self, status):
        while self.monitor in self.selector.get_map():
            self.on_monitor(None)
        if self.status is not None:
            return self.status
        if status < 0:
            say(f"QEMU was ended by signal {-status}")
            return 128 - status
        if status != 0:
            if not self.ready:
                say("QEMU could not start; its message is above")
                return 2
            return status_of(status >> 1)
        if self.reason in ("guest-reset", "guest-panic"):
            say("the machine was reset: the guest asked for it, or had a triple fault")
            return 1
        say("the machine was switched off, without a verdict of the guest")
        return 0

    def end(self):
        signal.set_wakeup_fd(-1)
        for end in self.wake:
            end.close()
        if self.qemu.poll() is None:
            self.qemu.kill()
            self.qemu.wait()


def run(command, folder, **options):
    """Runs QEMU with `folder` as its own, in the terminal; the exit status.

    timeout: seconds; screenshot: a file; held: the monitor does not start the machine, gdb will; reader: its
    feed() takes what the console prints, and nothing is typed."""

    typed = not options.get("reader") and sys.stdin.isatty()
    terminal = run_keys.Terminal() if typed else None

    def ended(number, _):
        if terminal:
            terminal.leave()
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        sys.exit(128 + number)

    for end in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        if signal.getsignal(end) != signal.SIG_IGN:
            signal.signal(end, ended)
    if terminal:
        say(run_keys.HINT)
    with terminal or contextlib.nullcontext():
        machine = Machine(command, folder, keys=run_keys.Keys() if terminal else None, **options)
        try:
            return machine.run()
        finally:
            machine.end()
