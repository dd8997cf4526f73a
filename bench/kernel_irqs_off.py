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
TESTS = ("bench", "chains", "counters", "crowd", "entries", "faults", "fpu", "grants", "guards", "holders",
         "hostile", "latency", "leftovers", "observables", "poor", "ports", "reflections",
         "rubbish", "scrolls", "senders", "served", "shortcut", "strings", "tasks", "texts", "threads",
         "transfers", "turns", "windows", "words")
FAR = ("chains", "hostile", "observables", "reflections", "rubbish", "served", "strings", "transfers",
       "windows", "words")
PROGRAMS_OF_ROWS = ("identity", "ipc", "kernel_memory", "memory", "pc", "tasks", "thesis", "threads")
WATCHED = ("chains", "faults", "holders", "hostile", "senders", "strings", "transfers", "windows")
ROOT_TASK = L4ENV + "roottask/roottask.elf exit=0xf4"
EXAMPLES = ("ex_regs", "exceptions", "pager", "ping_pong", "regions", "semaphores", "servers", "threads",
            "time_faults", "two_tasks")
SERVERS = {"servers": [L4ENV + "names/names.elf service mcp=255 --",
                       L4ENV + "con/con.elf service ports=0x2f8-0x2ff irq=3 -- 0x2f8 3 loop"]}


# A machine that logs all that it does is slow enough for its serial line to bring more than is read, if the
# host has a processor for each of the two.
FLOOD = ("--qemu=-D /dev/null", "--press=type now=log cpu,exec,nochain", "--type=type now=" + 8192 * "x")


def elf(folder, names):
    return [(f"{folder}{name}.elf",) for name in names]


@dataclasses.dataclass
class Workload:
    """Runs with one sigma0, each the boot modules behind that; MiB of memory, words for the kernel, and more
    for build/qemu_run.py."""
    sigma0: str
    memory: int
    runs: list
    words: str = ""
    more: tuple = ()

    def title(self, run):
        words = f" with {self.words}" if self.words else ""
        return f"{run[-1].partition('.elf')[0]} on {self.sigma0.removesuffix('.elf')}{words}"


# By sigma0_far pages are given that lie beyond what the kernel has mapped; on a crowd in 1,024 MiB there are
# five times as many threads.
WORKLOADS = [Workload(TEST + "sigma0.elf", 128, elf(TEST, TESTS)),
             Workload(TEST + "sigma0_far.elf", 1024, elf(TEST, FAR)),
             Workload(TEST + "sigma0.elf", 1024, elf(TEST, ["crowd"])),
             Workload(TEST + "sigma0.elf", 3072, elf(TEST, ["memory"])),
             Workload(TEST + "sigma0.elf", 128, elf(TEST, WATCHED), "trace checks"),
             Workload(TEST + "sigma0.elf", 128, elf(TEST, ["flood"]), "kdb", FLOOD),
             Workload(TEST + "splits.elf", 128, elf(TEST, ["hello"])),
             Workload(ROWS + "sigma0.elf", 128, elf(ROWS, PROGRAMS_OF_ROWS)),
             Workload(L4ENV + "sigma0/sigma0.elf", 128,
                      elf(ROWS, ["protocol"]) + elf(TEST, ["branches", "exchange", "parts"])),
             Workload(L4ENV + "sigma0/sigma0.elf", 64,
                      [(ROOT_TASK, *SERVERS.get(name, []), f"{L4ENV}examples/{name}.elf tasks=1 --")
                       for name in EXAMPLES])]
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
        for run in work.runs:
            title = work.title(run)
            out = folder / f"irqs_off_{number}_{title.split()[0].replace('/', '_')}"
            place = out / "windows.txt"
            words = [f"--qemu=-plugin {PLUGIN},out={place},{symbols.arguments()}"]
            # All but the tests' programs measure time as if instructions took 8 ns.
            suite.boot(out, kernel, [work.sigma0, *run], append=f"exit=f4 {work.words}", memory=work.memory,
                       shift=0 if run[-1].startswith(TEST) else 3,
                       words=[*words, *work.more])
            text = place.read_text(encoding="utf-8") if place.exists() else ""
            windows.add(read(text, symbols, title))
    return windows
