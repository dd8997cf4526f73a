# SPDX-License-Identifier: BSD-2-Clause
"""The longest window without interrupts, over the programs that ask most of the kernel (hal-x86/irqs_off)."""

import bisect
import collections
import dataclasses
import pathlib
import re
import subprocess

import suite

PLUGIN = "hal-x86/irqs_off/irqs_off.so"
TEST, ROWS, L4ENV = "hal-x86/test/", "conformance/", "l4env/"
# Root tasks. The rows of hours are left out, as they are hours of sleeping.
TESTS = ("bench", "chains", "counters", "crowd", "entries", "faults", "fpu", "grants", "holders",
         "hostile", "latency", "observables", "poor", "ports", "reflections", "rubbish", "scrolls",
         "served", "strings", "tasks", "texts", "threads", "transfers", "windows", "words")
FAR = ("chains", "hostile", "observables", "reflections", "rubbish", "served", "strings", "transfers",
       "windows", "words")
PROGRAMS_OF_ROWS = ("identity", "ipc", "kernel_memory", "memory", "pc", "tasks", "thesis", "threads")
WATCHED = ("chains", "faults", "holders", "hostile", "strings", "transfers", "windows")


@dataclasses.dataclass
class Workload:
    """Root tasks by one sigma0, with so many MiB of memory and these words for the kernel."""
    sigma0: str
    memory: int
    roots: list
    words: str = ""

    def title(self, root):
        words = f" with {self.words}" if self.words else ""
        return f"{root.removesuffix('.elf')} on {self.sigma0.removesuffix('.elf')}{words}"


# With 1,024 MiB pages are given that lie beyond what the kernel has mapped.
WORKLOADS = [Workload(TEST + "sigma0.elf", 128, [TEST + name + ".elf" for name in TESTS]),
             Workload(TEST + "sigma0_far.elf", 1024, [TEST + name + ".elf" for name in FAR]),
             Workload(TEST + "sigma0.elf", 128, [TEST + name + ".elf" for name in WATCHED], "trace checks"),
             Workload(TEST + "splits.elf", 128, [TEST + "hello.elf"]),
             Workload(ROWS + "sigma0.elf", 128, [ROWS + name + ".elf" for name in PROGRAMS_OF_ROWS]),
             Workload(L4ENV + "sigma0/sigma0.elf", 128,
                      [ROWS + "protocol.elf", TEST + "branches.elf", TEST + "exchange.elf",
                       TEST + "parts.elf"])]
OTHER = 255
WAYS = {3: "the debugger's output calls", 13: "general protection", 14: "a page fault",
        64: "the timer", 48: "ipc", 49: "id_nearest", 50: "fpage_unmap", 51: "thread_switch",
        52: "thread_schedule", 53: "lthread_ex_regs", 54: "task_new",
        OTHER: "going on after a window, sysenter, or the assembly's entries"}


@dataclasses.dataclass
class Window:
    instructions: int
    way: int
    where: str
    workload: str

    def text(self):
        way = WAYS.get(self.way, f"vector {self.way}")
        return f"{self.instructions:,} by {way}; {self.where}; {self.workload}"


class Symbols:
    """Of a kernel."""

    def __init__(self, kernel):
        done = subprocess.run(["nm", "-nC", kernel], stdout=subprocess.PIPE, text=True, check=True)
        found = re.findall(r"^([0-9a-f]{8}) [tTwW] (.+)$", done.stdout, re.M)
        self.places = [int(place, 16) for place, _ in found]
        self.names = [re.sub(r"\(.*", "", name) for _, name in found]

    def place(self, name):
        return self.places[self.names.index(name)]

    def end(self, name):
        return self.places[bisect.bisect_right(self.places, self.place(name))]

    def name(self, place):
        return self.names[bisect.bisect_right(self.places, place) - 1]

    def arguments(self):
        """What the plugin must know: the ways back into the kernel are no ends of a window."""
        kept = [f"keep={self.place(name):x}-{self.end(name):x}" for name in ("from_kernel", "nmi_entry")]
        return ",".join([f"stubs={self.place('trap_stubs'):x}", *kept])


def read(text, symbols, workload):
    """The longest windows of one run, one for each way in."""
    if not re.match(r"windows [1-9]\d*\n", text):
        raise suite.Failed(f"no windows without interrupts were seen in {workload}: {text[:200]!r}")
    found = []
    for way, instructions, places in re.findall(r"^window (\d+) (\d+) (.+)$", text, re.M):
        names = [symbols.name(int(place, 16)) for place in places.split()]
        most, times = collections.Counter(names).most_common(1)[0]
        where = f"{100 * times // len(names)} % of it in {most}, it ends in {names[-1]}"
        found.append(Window(int(instructions), int(way), where, workload))
    return found


class Windows:
    """The longest of each way in, over all runs."""

    def __init__(self):
        self.longest, self.runs = {}, 0

    def add(self, windows):
        self.runs += 1
        for w in windows:
            if w.way not in self.longest or w.instructions > self.longest[w.way].instructions:
                self.longest[w.way] = w

    @property
    def worst(self):
        return max(self.longest.values(), key=lambda w: w.instructions)

    def text(self):
        lines = [f"The longest windows without interrupts in {self.runs} programs, for each way in:"]
        lines += ["  " + w.text() for w in sorted(self.longest.values(), key=lambda w: -w.instructions)]
        return "\n".join(lines)


def measure(kernel, folder):
    symbols, windows = Symbols(kernel), Windows()
    for number, work in enumerate(WORKLOADS):
        for root in work.roots:
            out = folder / f"irqs_off_{number}_{root.removesuffix('.elf').replace('/', '_')}"
            place = out / "windows.txt"
            # Rows have time in them that is measured with instructions of 8 ns.
            suite.boot(out, kernel, [work.sigma0, root], append=f"exit=f4 {work.words}", memory=work.memory,
                       shift=3 if root.startswith(ROWS) else 0,
                       words=[f"--qemu=-plugin {PLUGIN},out={place},{symbols.arguments()}"])
            text = place.read_text(encoding="utf-8") if place.exists() else ""
            windows.add(read(text, symbols, work.title(root)))
    return windows
