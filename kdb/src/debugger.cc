// SPDX-License-Identifier: BSD-2-Clause
// Which command is which.
#include "kdb/debugger.h"

#include "commands.h"

namespace kdb {
namespace {

void ring(const View& view, Output& out, Words& words) {
    const std::uint32_t most = words.number_or(16);
    if (!words.empty()) return;
    if (view.ring)
        put_ring(*view.ring, out, most);
    else
        out << "no trace ring is kept\n";
}

struct Command {
    const char *name, *arguments, *what;
    void (*execute)(const View&, Output&, Words&);
};

constexpr Command commands[] = {
    {"threads", "[TASK]", "all threads: what they wait for, until when, where they are", threads},
    {"thread", "TASK.THREAD", "one thread control block", thread},
    {"ready", "", "the ready queues, highest priority first", ready},
    {"tasks", "", "the task tree, with what each may spend of the kernel's memory", tasks},
    {"task", "TASK", "one task", task},
    {"pages", "TASK [FROM [TO]]", "page tables", pages},
    {"frame", "ADDRESS", "who has mapped the frame at a physical address, and from whom", frame},
    {"memory", "TASK ADDRESS [WORDS]", "words of a task's memory", memory},
    {"timeouts", "", "who is woken up when, the nearest first", timeouts},
    {"irqs", "", "interrupt lines and their threads", irqs},
    {"ring", "[EVENTS]", "the last kernel entries as lines of a trace (docs/traces.md)", ring},
    {"counters", "", "what the kernel has done so far", counters},
    {"backtrace", "[TASK.THREAD]", "the kernel's callers; of a thread, by its frame pointers", backtrace},
};

void help(Output& out) {
    for (const Command& c : commands) {
        out << "  " << c.name << ' ' << c.arguments;
        out << Column{34} << c.what << '\n';
    }
    out << "  go" << Column{34} << "goes on\n";
    out << "Tasks, threads, times (in microseconds) and counts shown are decimal; all else is hexadecimal.\n";
}

} // namespace

bool execute(const View& view, Output& out, const char* line) {
    Words words(line);
    if (words.take("go")) return false;
    if (words.empty()) return true;
    if (words.take("help")) {
        help(out);
        return true;
    }
    for (const Command& c : commands) {
        if (!words.take(c.name)) continue;
        if (*c.arguments || words.empty()) c.execute(view, out, words);
        if (!words.empty())
            out << "`" << c.name << "` takes " << (*c.arguments ? c.arguments : "nothing") << '\n';
        return true;
    }
    out << "no such command; `help` lists them\n";
    return true;
}

void put_ring(const Ring& ring, Output& out, std::uint32_t most) {
    const std::uint32_t kept = ring.kept();
    for (std::uint32_t back = most < kept ? most : kept; back-- != 0;) {
        const Record& r = ring.last(back);
        out << '+' << Dec{r.time} << Column{12};
        if ((r.who & Record::idle) != 0)
            out << "idle";
        else
            out << Dec{r.who >> 8 & 0xffff} << '.' << Dec{r.who & 0xff};
        out << Column{19};
        put_step(out, r);
        put_result(out, r);
        out << '\n';
    }
}

} // namespace kdb
