// SPDX-License-Identifier: BSD-2-Clause
// Random programs that know nothing but V2, on the kernel that this is linked with: prints what they can see.
// v2_trace_test.sh compares the kernel with the one without any modification.
//   v2_trace SEEDS             a line for each seed
//   v2_trace SEED SEED         each event of one
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <string>

#include "arch/machine.h"
#include "kern/ensure.h"
#include "kern/kernel.h"
#include "l4/abi/exception.h"
#include "l4/abi/fpage.h"
#include "sim/calls.h"

namespace {

using Word = std::uint32_t;
using Event = kern::Event;

constexpr unsigned steps = 300;
constexpr Word tasks[] = {L4_TASK_SIGMA0, L4_TASK_ROOT, 5, 6, 7}, threads_each = 3;
constexpr Word pages[] = {0x2000, 0x3000, 0x4000, 0x400000, 0x10000000, 0x10001000, 0x10400000, 0x20000000};

/// What happened at all, over all seeds: a comparison of nothing would be no comparison.
struct Tally {
    const char* what;
    unsigned long least, n = 0;
};
enum Happening : std::uint8_t {
    message,
    long_message,
    timeout,
    mapped,
    fault,
    made,
    deleted,
    ex_regs,
    unmapped,
    interrupt,
    death,
    happenings
};
Tally tallies[happenings] = {{"messages", 3000},    {"long messages", 40}, {"timeouts", 5000},
                             {"mappings", 60},      {"page faults", 5000}, {"tasks made", 1000},
                             {"tasks deleted", 60}, {"ex_regs", 1000},     {"unmaps", 1000},
                             {"interrupts", 100},   {"exceptions", 100}};

class V2 {
public:
    V2(std::uint64_t seed, bool print) : dice_(seed * 0x9e3779b97f4a7c15 + 1), print_(print) {
        create_tasks();
        for (unsigned i = 0; i < steps && alive_; ++i) step();
        look_at_memory();
    }
    std::uint64_t hash() const { return hash_; }
    unsigned events() const { return events_; }

private:
    // --- dice: splitmix64, the same with every compiler
    std::uint64_t roll() {
        std::uint64_t z = dice_ += 0x9e3779b97f4a7c15;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        return z ^ z >> 31;
    }
    Word below(Word n) { return static_cast<Word>(roll() % n); }
    bool percent(Word n) { return below(100) < n; }
    template <std::size_t N>
    Word pick(const Word (&from)[N]) {
        return from[below(N)];
    }
    l4_threadid_t thread() {
        const Word task = pick(tasks), lthread = below(threads_each);
        return {l4_threadid(task, lthread).low, 0};
    }
    /// Rather one that waits for a message.
    l4_threadid_t partner() {
        l4_threadid_t id = thread();
        for (unsigned tries = below(12); tries != 0; --tries) {
            const kern::Thread* const t = kernel_.find(kern::ThreadId::of(id));
            if (t && t->wait().what == kern::Wait::For::receive_any) break;
            id = thread();
        }
        return id;
    }
    Word fpage() {
        constexpr Word sizes[] = {12, 12, 12, 13, 22, 32},
                       rights[] = {0, L4_FP_WRITE, L4_FP_WRITE, L4_FP_WRITE | L4_FP_GRANT};
        const Word page = pick(pages), size = pick(sizes), right = pick(rights);
        return size == 32 ? L4_FP_WHOLE_SPACE | right : l4_fpage(page, size, right);
    }
    Word timeouts() {
        constexpr Word some[] = {L4_TIMEOUT_NEVER, L4_TIMEOUT_NEVER, L4_TIMEOUT_ZERO, L4_TIMEOUT_RCV_ZERO};
        if (percent(30)) return pick(some);
        const Word sent = 1 + below(200), received = 1 + below(200);
        return l4_timeout(sent, 14, received, 14);
    }

    // --- events
    kern::Thread& self() { return *current_; }
    void event(const char* name, const Event& e) {
        current_ = &kernel_.handle(e);
        // How many entries its work takes is the kernel's own affair.
        while (self().in_kernel()) current_ = &kernel_.handle({.kind = Event::Kind::resume});
        kernel_.check_invariants();
        if (made_task_.erase(current_) != 0) self().frame.ecx = 0; // the free frames: not V2
        ++events_;
        count_result();
        look(name);
    }
    template <class C>
    arch::Frame& call(const char* name, const C& what) {
        kern::Thread& caller = self();
        what.regs().load_into(caller.frame);
        caller.frame.eip += 2;
        if (C::vector == L4_VEC_TASK_NEW) made_task_.insert(&caller);
        event(name, {.kind = Event::Kind::syscall, .code = C::vector});
        return caller.frame;
    }
    /// Who runs, with what in its registers, until when, and what all the others wait for.
    void look(const char* name) {
        std::string text = name;
        const auto put = [&](const char* format, auto... args) {
            char part[160];
            std::snprintf(part, sizeof part, format, args...);
            text += part;
        };
        if (self().idle()) {
            text += " idle";
        } else {
            const arch::Frame& f = self().frame;
            put(" %u.%u eax=%x ebx=%x ecx=%x edx=%x esi=%x edi=%x ebp=%x esp=%x eip=%x eflags=%x",
                self().task_no().raw(), self().lthread(), f.eax, f.ebx, f.ecx, f.edx, f.esi, f.edi, f.ebp,
                f.esp, f.eip, f.eflags);
        }
        put(" timer=%llx", static_cast<unsigned long long>(machine_.timer().deadline().raw()));
        for (const Word task : tasks)
            for (Word i = 0; i < threads_each; ++i)
                if (const kern::Thread* const t = find(task, i)) {
                    put(" %u.%u:%u,%x,%x,%x", task, i, static_cast<unsigned>(t->wait().what), t->frame.eax,
                        t->frame.eip, t->frame.edx);
                }
        for (const Word task : tasks)
            if (const kern::Thread* const t = find(task, 0)) {
                put(" [%u]", task);
                for (const Word page : pages)
                    if (const auto there = kernel_.map_db().page(t->task().space(), kern::VAddr{page}))
                        put(" %x%s", there->frame.raw(), there->writable ? "w" : "r");
            }
        note(text);
    }
    void note(const std::string& text) {
        for (const char c : text) hash_ = (hash_ ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
        if (print_) std::printf("%u %s\n", events_, text.c_str());
    }
    void look_at_memory() {
        std::uint64_t sum = 0;
        for (Word frame = 0; frame < 64; ++frame)
            if (machine_.memory().touched(kern::PAddr{frame << 12}))
                for (const std::byte b : machine_.page(kern::PAddr{frame << 12}))
                    sum = sum * 0x100000001b3 + std::to_integer<std::uint64_t>(b);
        note("memory " + std::to_string(sum));
    }
    Word own_id() { return l4_threadid(self().task_no().raw(), self().lthread()).low; }
    kern::Thread* find(Word task, Word lthread) const {
        return kernel_.find(kern::ThreadId::of(l4_threadid(task, lthread)));
    }

    /// Root makes three tasks, each of which starts two threads; all share three pages of sigma0's, two of
    /// which begin with the head of a message.
    void create_tasks() {
        switch_to(L4_TASK_SIGMA0);
        for (const Word page : {0x2000u, 0x3000u, 0x4000u, 0x400000u}) access(page, true, L4_FP_WHOLE_SPACE);
        for (const Word at : {0x3004u, 0x3008u}) access(at, true, l4_msgdope(8, 0));
        for (const Word at : {0x4004u, 0x4008u}) access(at, true, l4_msgdope(300, 0));
        exchange("ipc", {.receive = L4_RCV_OPEN});
        for (Word task = 5; task <= 7; ++task) make({l4_threadid(task, 0).low, 0});
        for (Word task = 4; task <= 7; ++task) {
            const Word pager = task == L4_TASK_ROOT ? L4_TASK_SIGMA0 : L4_TASK_ROOT;
            switch_to(task);
            for (Word i = 1; i < threads_each; ++i)
                call("ex_regs", sim::ExRegs{.target = i, .esp = 0x200, .eip = 0x2000, .pager = id(pager)});
            for (const Word page : {0x2000u, 0x3000u, 0x4000u}) give(task, pager, page);
            if (task == L4_TASK_ROOT) exchange("ipc", {.receive = L4_RCV_OPEN});
        }
    }
    void give(Word task, Word pager, Word page) {
        switch_to(task);
        if (access(page, false, 0)) return;
        switch_to(pager);
        exchange("reply", {.partner = id(task),
                           .w0 = page,
                           .w1 = l4_fpage(page, 12, L4_FP_WRITE),
                           .send = L4_SND_MAP,
                           .receive = L4_RCV_OPEN});
    }
    static l4_threadid_t id(Word task) { return {l4_threadid(task, 0).low, 0}; }
    void switch_to(Word task) {
        for (unsigned tries = 100; !runs(task, 0); --tries) {
            kern::ensure(tries != 0 && !self().idle(), "a thread of the beginning does not come to run");
            call("thread_switch", sim::ThreadSwitch{.to = id(task)});
        }
    }
    bool runs(Word task, Word lthread) {
        return !self().idle() && self().task_no().raw() == task && self().lthread() == lthread;
    }

    // --- what programs do
    void step() {
        if (self().idle()) return wait();
        if (percent(10)) machine_.timer().advance(kern::Micros{below(20000)});
        if (machine_.timer().due()) return fire();
        if (percent(4)) return raise_line();
        if (self().lthread() == 0 && self().task_no().raw() <= L4_TASK_ROOT && percent(75)) return reply();
        switch (below(16)) {
            case 0: return switch_thread();
            case 1: return schedule();
            case 2: return set_registers();
            case 3: return new_task();
            case 4: return unmap();
            case 5: static_cast<void>(call("id_nearest", sim::IdNearest{.id = thread()})); return;
            case 6:
            case 7:
            case 8: return touch();
            case 9: return percent(10) ? except() : touch();
            case 10:
            case 11: return reply();
            default: return message_to(partner());
        }
    }
    /// Nobody runs: until the timer, or a device.
    void wait() {
        const kern::Micros due = machine_.timer().deadline();
        if (due == kern::never) {
            alive_ = percent(80);
            return raise_line();
        }
        if (due > machine_.now()) machine_.timer().advance(kern::Micros{due.raw() - machine_.now().raw()});
        fire();
    }
    void fire() {
        machine_.timer().fired();
        event("timer", {.kind = Event::Kind::timer});
    }
    void raise_line() {
        machine_.irqs().raise(kern::Line{static_cast<std::uint8_t>(3 + below(2))});
        while (const auto line = machine_.irqs().deliverable()) {
            machine_.irqs().take(*line);
            ++tallies[interrupt].n;
            event("interrupt", {.kind = Event::Kind::irq, .code = line->raw()});
        }
    }
    void switch_thread() {
        call("thread_switch", sim::ThreadSwitch{.to = percent(50) ? thread() : l4_threadid_t{}});
    }
    void schedule() {
        const l4_threadid_t who = thread();
        const Word prio = below(120), length = 1 + below(200);
        call("thread_schedule",
             sim::ThreadSchedule{.thread = who,
                                 .param = percent(40) ? L4_SCHED_QUERY : l4_sched_param(prio, length, 12)});
    }
    void set_registers() {
        const Word lthread = below(threads_each), esp = below(100), eip = 0x1000 + below(100);
        const l4_threadid_t pager = thread();
        const arch::Frame& f = call("ex_regs", sim::ExRegs{.target = lthread,
                                                           .esp = percent(50) ? esp : L4_EX_REGS_KEEP,
                                                           .eip = percent(60) ? eip : L4_EX_REGS_KEEP,
                                                           .pager = pager});
        tallies[ex_regs].n += f.eflags != L4_EX_REGS_ERROR;
    }
    void new_task() {
        const l4_threadid_t task{l4_threadid(5 + below(3), 0).low, 0};
        if (percent(75)) return make(task);
        end_task_new(deleted, call("task_new", sim::TaskNew{.task = task, .mcp_or_chief = own_id()}));
    }
    void make(l4_threadid_t task) {
        end_task_new(made, call("task_new", sim::TaskNew{.task = task,
                                                         .mcp_or_chief = 150,
                                                         .esp = 0x100,
                                                         .eip = 0x1000,
                                                         .pager = {own_id(), 0}}));
    }
    void end_task_new(Happening what, const arch::Frame& f) { tallies[what].n += f.esi != L4_NIL_LOW; }
    void unmap() {
        constexpr Word how[] = {0, L4_FP_FLUSH, L4_FP_FLUSH | L4_FP_ALL_SPACES, L4_FP_ALL_SPACES};
        const Word what = fpage(), mask = pick(how);
        call("unmap", sim::Unmap{.fpage = what & ~3u, .mask = mask});
        ++tallies[unmapped].n;
    }
    /// Rather a page that the running thread has.
    Word mine() {
        Word page = pick(pages);
        for (unsigned tries = 4; tries != 0 && !machine_.translate(kern::VAddr{page}, false).ok; --tries)
            page = pick(pages);
        return page;
    }
    void message_to(l4_threadid_t partner) {
        const Word kind = below(8), first = fpage();
        const bool sends = percent(70), receives = !sends || percent(70), closed = percent(20);
        const Word long_at = percent(60) ? 0x3000 + (below(2) << 12) : mine(), window = fpage();
        sim::Ipc ipc{.partner = partner, .w0 = below(1000), .w1 = first, .timeout = timeouts()};
        if (percent(70)) ipc.w1 = l4_fpage(mine(), 12, L4_FP_WRITE);
        if (sends)
            ipc.send = kind == 0 || kind > 5 ? long_at
                       : kind == 1           ? long_at | L4_SND_MAP
                       : kind < 5            ? L4_SND_MAP
                                             : 0;
        if (ipc.send == L4_SND_MAP) ipc.w0 = first & L4_FP_PAGE_MASK;
        if (receives)
            ipc.receive = (kind < 5   ? long_at
                           : kind < 6 ? (percent(50) ? L4_FP_WHOLE_SPACE : window & ~3u) | L4_RCV_MAP
                                      : 0) |
                          (closed ? 0 : L4_RCV_OPEN);
        if (percent(8)) return attach();
        exchange("ipc", ipc);
    }
    /// A device: lines 3 and 4.
    void attach() {
        const l4_threadid_t device{4 + below(2), 0};
        exchange("attach", {.partner = device, .receive = 0, .timeout = timeouts()});
    }
    void exchange(const char* name, const sim::Ipc& ipc) {
        calling_[&self()] = ipc.send;
        call(name, ipc);
    }
    /// The call of the running thread is over.
    void count_result() {
        const auto it = calling_.find(&self());
        if (it == calling_.end()) return;
        const Word result = self().frame.eax, error = result & L4_MSGDOPE_ERROR_MASK, send = it->second;
        tallies[message].n += error == 0 && send != L4_IPC_NO_SEND;
        tallies[long_message].n += error == 0 && result >> L4_MSGDOPE_DWORDS_SHIFT > 2;
        tallies[timeout].n += error == L4_IPC_RETIMEOUT || error == L4_IPC_SETIMEOUT;
        tallies[mapped].n += error == 0 && (result & L4_MSGDOPE_FPAGE_RECEIVED) != 0;
        calling_.erase(it);
    }
    /// As a pager does: maps something to whoever it got a message from, and waits for the next.
    void reply() {
        const arch::Frame& f = self().frame;
        const Word at = f.edx & L4_FP_PAGE_MASK, page = mine(), right = percent(70) ? L4_FP_WRITE : 0u;
        const sim::Ipc ipc{.partner = {f.esi, 0},
                           .w0 = at,
                           .w1 = l4_fpage(page, percent(80) ? 12 : 22, right),
                           .send = L4_SND_MAP,
                           .receive = L4_RCV_OPEN,
                           .timeout = L4_TIMEOUT_SND_ZERO};
        exchange("reply", ipc);
    }
    /// Somewhere a word, or the head of a message.
    void touch() {
        constexpr Word offsets[] = {0, 12, 16, 0x20, 0x800, 0xffc};
        const Word page = pick(pages), offset = pick(offsets), number = 2 + below(600), flexpage = fpage();
        if (percent(40)) return static_cast<void>(access(page + offset, percent(60), flexpage));
        const Word dope = l4_msgdope(percent(70) ? 2 + number % 8 : number, percent(10));
        static_cast<void>(access(page, true, L4_FP_WHOLE_SPACE) && access(page + 4, true, dope) &&
                          access(page + 8, true, dope));
    }
    bool access(Word at, bool write, Word value) {
        std::byte bytes[4];
        std::memcpy(bytes, &value, 4);
        const auto f = write ? machine_.store(kern::VAddr{at}, bytes) : machine_.load(kern::VAddr{at}, bytes);
        if (!f) return true;
        ++tallies[fault].n;
        event("fault", {.kind = Event::Kind::page_fault, .code = f->error, .addr = f->address});
        return false;
    }
    void except() {
        ++tallies[death].n;
        event("exception", {.kind = Event::Kind::exception, .code = L4_TRAP_INVALID_OP});
    }

    std::uint64_t dice_;
    const bool print_;
    arch::Machine machine_{{.user_pages = 2048, .kernel_pages = 512}};
    kern::Kernel kernel_{
        machine_,
        {.kernel_first = arch::Memory::kernel_base, .kernel_frames = 512, .sigma0_frames = 64},
        kern::unlimited};
    kern::Thread* current_ = &kernel_.start();
    std::uint64_t hash_ = 0xcbf29ce484222325;
    std::map<const kern::Thread*, Word> calling_; ///< with the send descriptor of its message
    std::set<const kern::Thread*> made_task_;     ///< and have not run since
    unsigned events_ = 0;
    bool alive_ = true;
};

} // namespace

int main(int argc, char** argv) {
    if (argc == 3) {
        const V2 one(std::strtoull(argv[1], nullptr, 10), true);
        return 0;
    }
    const unsigned long seeds = argc == 2 ? std::strtoul(argv[1], nullptr, 10) : 0;
    for (unsigned long seed = 0; seed < seeds; ++seed) {
        const V2 one(seed, false);
        std::printf("seed %lu: %u events, %016llx\n", seed, one.events(),
                    static_cast<unsigned long long>(one.hash()));
    }
    int status = seeds == 0 ? 2 : 0;
    for (const Tally& t : tallies) {
        std::printf("%s: %lu\n", t.what, t.n);
        if (t.n >= t.least) continue;
        std::printf("too few %s: at least %lu wanted\n", t.what, t.least);
        status = 1;
    }
    return status;
}
