// SPDX-License-Identifier: BSD-2-Clause
// Tasks, their memory accounts, and the counters.
#include "commands.h"

namespace kdb {
namespace {

/// The next one of the tree in preorder; `depth` goes along.
const kern::Task* next_of(const kern::Task& t, unsigned& depth) {
    if (const kern::Task* const child = t.children.front()) {
        ++depth;
        return child;
    }
    for (const kern::Task* at = &t; at->chief(); at = at->chief(), --depth)
        if (const kern::Task* const next = at->chief()->children.next(const_cast<kern::Task&>(*at)))
            return next;
    return nullptr;
}

void put_account(Output& out, const kern::Task& t) {
    if (t.owns_account())
        out << Dec{t.account().used()} << " of " << Dec{t.account().limit()};
    else
        out << "its chief's";
}

void put_line(Output& out, const kern::Task& t, unsigned depth) {
    unsigned threads = 0;
    t.present().for_each([&](const kern::Thread&) { ++threads; });
    out << "  ";
    for (unsigned i = 0; i < depth; ++i) out << "  ";
    out << Dec{t.no().raw()} << (t.dying() ? ", dying" : "") << Column{30} << Dec{threads} << Column{40}
        << Hex{t.space().directory().raw(), 8} << Column{51};
    put_account(out, t);
    out << '\n';
}

} // namespace

const kern::Task* find_task(const View& view, Output& out, std::uint32_t number) {
    const kern::Task* const t =
        number < L4_TASKS ? view.kernel.tasks().task(kern::TaskNo{static_cast<std::uint16_t>(number)})
                          : nullptr;
    if (!t) out << "there is no such task\n";
    return t;
}

const kern::Task* active_task(const View& view, Output& out, Words& words) {
    const auto number = words.task();
    if (!number) out << "which task?\n";
    return number ? find_task(view, out, *number) : nullptr;
}

void tasks(const View& view, Output& out, Words&) {
    out << "  task" << Column{30} << "threads" << Column{40} << "directory" << Column{51}
        << "frames of kernel memory\n";
    for_tasks(view.kernel, [&](const kern::Task& top) {
        if (top.chief()) return;
        unsigned depth = 0;
        for (const kern::Task* t = &top; t; t = next_of(*t, depth)) put_line(out, *t, depth);
    });
    const kern::FramePool& pool = view.kernel.frames();
    out << "  " << Dec{pool.used()} << " of " << Dec{pool.size()}
        << " frames of all kernel memory are used\n";
}

void task(const View& view, Output& out, Words& words) {
    const kern::Task* const t = active_task(view, out, words);
    if (!t || !words.empty()) return;
    const kern::Space& space = t->space();
    out << "task " << Dec{t->no().raw()} << ", chief " << Dec{view.kernel.tasks().chief(t->no()).raw()}
        << ", nest " << Dec{t->nest()} << (t->dying() ? ", dying" : "") << ", owns "
        << Dec{view.kernel.tasks().owned(t->no())} << " task numbers\n  directory "
        << Hex{space.directory().raw(), 8} << ", shadow " << Hex{space.shadow().raw(), 8} << ", "
        << Dec{space.frames()} << " frames of tables, " << Dec{space.nodes()} << " mappings"
        << (view.kernel.map_db().active(space) ? ", active" : "") << "\n  kernel memory: ";
    put_account(out, *t);
    out << " frames; " << Dec{t->account().threads()} << " threads in " << Dec{t->account().thread_frames()}
        << " frames, " << Dec{t->account().nodes()} << " mappings in " << Dec{t->account().node_frames()}
        << "\n  ports: ";
    if (space.port_bitmap(0).raw() == 0)
        out << "none\n";
    else
        out << "bitmap in frames " << Hex{space.port_bitmap(0).raw(), 8} << ' '
            << Hex{space.port_bitmap(1).raw(), 8} << '\n';
    out << "  threads";
    t->present().for_each([&](const kern::Thread& thread) { out << ' ' << thread.id(); });
    out << '\n';
}

void counters(const View& view, Output& out, Words&) {
    constexpr const char* events[L4_COUNT_EVENTS] = {"system calls", "page faults",           "exceptions",
                                                     "I/O faults",   "emulated instructions", "interrupts",
                                                     "timer",        "resumed operations"};
    constexpr const char* messages[L4_COUNT_MESSAGES] = {"short messages",
                                                         "fault messages",
                                                         "exception messages",
                                                         "page faults in messages",
                                                         "long messages and flexpages",
                                                         "interrupt messages"};
    const l4_counters_t& c = view.machine.event_counters();
    const auto put = [&](const char* name, l4_word_t value) {
        out << "  " << name << Column{30} << Dec{value} << '\n';
    };
    for (unsigned i = 0; i < L4_COUNT_EVENTS; ++i) put(events[i], c.events[i]);
    put("switches", c.switches);
    for (unsigned i = 0; i < L4_COUNT_MESSAGES; ++i) put(messages[i], c.messages[i]);
    put("pages mapped", c.pages_mapped);
    put("pages unmapped", c.pages_unmapped);
    put("CR3 loads", c.cr3_loads);
    put("invlpg", c.invlpgs);
}

} // namespace kdb
