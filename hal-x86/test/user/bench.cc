// SPDX-License-Identifier: BSD-2-Clause
// What kernel operations cost in guest instructions (-icount shift=0): the mean of some rounds, between two
// readings of the time stamp counter, the caller's int included; and what that unit hides, from the kernel's
// counters.  A line each: bench ID, the rounds, and of all of them instructions, kernel entries, loads of CR3
// and single translations forgotten.
#include <initializer_list>

#include "child.h"
#include "l4/abi/counters.h"
#include "l4/abi/exception.h"

/// What timed.S returns.
struct Timed {
    Word instructions, eax;
};

extern "C" {
[[noreturn]] void program();
[[noreturn]] void answer();
[[noreturn]] void answer_buffered();
[[noreturn]] void answer_maps();
void reflected();
void reflected_to_server();
void handle_exceptions(Word n, l4_utcb_t* own);
void handle_faults(Word n);
std::uint64_t timed_nothing(const Regs*);
std::uint64_t timed_ipc(const Regs*);
std::uint64_t timed_unmap(const Regs*);
std::uint64_t timed_switch(const Regs*);
std::uint64_t timed_ex_regs(const Regs*);
std::uint64_t timed_linux_call(const Regs*);
std::uint64_t timed_touch(const Regs*);
alignas(4096) extern Word receive_buffer[2048];
alignas(4096) Word receive_buffer[2048];
extern l4_threadid_t reflection_server;
l4_threadid_t reflection_server;
}

namespace {

using Operation = std::uint64_t (*)(const Regs*);

constexpr Word rounds = 64, warm_up = 4;
constexpr Word untouched = 0x40000000; ///< what timed_touch has not touched yet, in a child
constexpr Word done = 0xd00d;

const l4_threadid_t sigma0 = l4_threadid(L4_TASK_SIGMA0, 0), near = l4_threadid(L4_TASK_ROOT, 1);
alignas(16) char stack[4096];
alignas(4096) char pages[256][4096];
alignas(4096) Word send_buffer[2048];

/// Of all rounds.
struct Cost {
    Word rounds = 0, instructions = 0, entries = 0, cr3_loads = 0, invlpgs = 0;
};
alignas(4096) Cost result; ///< of a child, which has this page

void show(const char* id, const Cost& cost) {
    put("bench ");
    put(id);
    for (const Word n : {cost.rounds, cost.instructions, cost.entries, cost.cr3_loads, cost.invlpgs}) {
        put(" ");
        put_decimal(n);
    }
    put("\n");
}

/// The kernel's counters: going on after a window is no entry.
Cost counted() {
    const auto& now = *reinterpret_cast<const volatile l4_counters_t*>(L4_COUNTERS_PAGE);
    Cost c{.cr3_loads = now.cr3_loads, .invlpgs = now.invlpgs};
    for (Word i = 0; i < L4_COUNT_EVENTS; ++i) c.entries += i == L4_COUNT_RESUME ? 0 : now.events[i];
    return c;
}

/// From its construction on.
class Meter {
public:
    void add(Word instructions, Word of = 1) {
        cost_.instructions += instructions;
        cost_.rounds += of;
    }
    Cost end() const {
        const Cost now = counted();
        Cost c = cost_;
        c.entries = now.entries - before_.entries;
        c.cr3_loads = now.cr3_loads - before_.cr3_loads;
        c.invlpgs = now.invlpgs - before_.invlpgs;
        return c;
    }

private:
    Cost cost_, before_ = counted();
};

Word once(Operation operation, const Regs& regs) {
    static Word beside = 0;
    if (beside == 0) beside = static_cast<Word>(timed_nothing(&regs));
    return static_cast<Word>(operation(&regs)) - beside;
}

Cost measure(Operation operation, const Regs& regs) {
    for (Word i = 0; i < warm_up; ++i) once(operation, regs);
    Meter meter;
    for (Word i = 0; i < rounds; ++i) meter.add(once(operation, regs));
    return meter.end();
}

Word eax_of(Operation operation, const Regs& regs) { return static_cast<Word>(operation(&regs) >> 32); }

constexpr Regs to(l4_threadid_t id) { return {.esi = id.low, .edi = id.high}; }

void restart_near(void (*body)()) {
    ex_regs(1, reinterpret_cast<Word>(body), reinterpret_cast<Word>(stack + sizeof stack), main_thread);
}

/// A child, which has its program's pages as soon as it waits.
void restart_child(void (*body)()) {
    kill_child();
    start_child(body);
    serve(wait(patiently), patiently);
}

void short_messages(Tap& tap) {
    const Regs nobody = to(l4_threadid(77, 0));
    tap.equal(eax_of(timed_ipc, nobody), L4_IPC_ENOT_EXISTENT, "a call to nobody fails");
    show("null_call", measure(timed_ipc, nobody));
    show("thread_switch", measure(timed_switch, {}));
    restart_near(answer);
    tap.equal(l4_msgdope_error(eax_of(timed_ipc, to(near))), 0, "a call within the space");
    show("ipc_intra", measure(timed_ipc, to(near)));
    restart_child(answer);
    tap.equal(l4_msgdope_error(eax_of(timed_ipc, to(child))), 0, "a call to another space");
    show("ipc_inter", measure(timed_ipc, to(child)));
    show("ex_regs_inter", measure(timed_ex_regs, {.eax = child_task << L4_EX_REGS_TASK_SHIFT,
                                                  .ecx = ~0u,
                                                  .edx = ~0u,
                                                  .ebx = ~0u,
                                                  .ebp = ~0u,
                                                  .esi = ~0u,
                                                  .edi = ~0u}));
}

void makes_linux_calls() {
    result = measure(timed_linux_call, {});
    report(done, 0);
    for (;;) sleep(never);
}

void makes_linux_calls_near() {
    result = measure(timed_linux_call, {});
    ipc(0, 0, main_thread, done, 0, never);
    for (;;) sleep(never);
}

void exceptions(Tap& tap) {
    l4_utcb_t& own = utcb();
    own.status = L4_UTCB_EXCEPTIONS;
    own.rcv_size = L4_UTCB_STATE_WORDS;
    own.snd_size = 0;
    // Up to the first exception, whose state is answered as it is but for the instruction pointer.
    kill_child();
    result = {};
    start_child(makes_linux_calls);
    Message m = serve(wait());
    tap.check(is_exception(m) && own.state.trapno == L4_TRAP_PROTECTION, "a Linux call is an exception");
    own.snd_size = L4_UTCB_STATE_WORDS;
    own.state.eip += 2;
    ipc(0, L4_IPC_NO_RECV, child, 0, 0, never);
    handle_exceptions(warm_up + rounds - 1, &own);
    m = serve(ipc(0, L4_RCV_OPEN, child, 0, 0, never));
    tap.equal(m.w0, done, "and its answer lets it go on");
    show("exc_inter", result);
    stack[sizeof stack - 1] = 1; // nobody serves page faults of this one
    restart_near(makes_linux_calls_near);
    handle_exceptions(warm_up + rounds, &own);
    m = ipc(0, L4_RCV_OPEN, near, 0, 0, never);
    tap.equal(m.w0, done, "the same within the space");
    show("exc_intra", result);
    own.status = 0;
    own.snd_size = own.rcv_size = 0;
}

/// A page after the other.
void touches() {
    once(timed_nothing, {});
    result = Meter{}.end(); // all other pages are there from now on
    report(done, 0);
    const auto touch = [](Word i) { return once(timed_touch, {.esi = reinterpret_cast<Word>(pages[i])}); };
    for (Word i = 0; i < warm_up; ++i) touch(i);
    Meter meter;
    for (Word i = 0; i < rounds; ++i) meter.add(touch(warm_up + i));
    result = meter.end();
    report(done, 0);
    for (;;) sleep(never);
}

Cost page_fault(Tap& tap, Word status, const char* what) {
    for (auto& page : pages) page[0] = 1; // the pager must have it
    result = {};
    kill_child();
    start_child(touches);
    l4_utcb_t& own = utcb();
    own.status = status;
    own.rcv_size = own.snd_size = status != 0 ? L4_UTCB_STATE_WORDS : 0;
    const Message m = serve(wait());
    ipc(0, L4_IPC_NO_RECV, child, 0, 0, never);
    handle_faults(warm_up + rounds);
    own.status = own.rcv_size = own.snd_size = 0;
    tap.check(m.w0 == done && result.rounds == rounds, what);
    return result;
}

void page_faults(Tap& tap) {
    show("pf_map", page_fault(tap, 0, "page faults are answered with the page"));
    show("pf_map_with_state", page_fault(tap, L4_UTCB_PF_STATE, "and so with the state"));
}

void mappings(Tap& tap) {
    restart_child(answer_maps);
    const Word first = reinterpret_cast<Word>(pages);
    const auto map = [first](Word i) {
        return once(timed_ipc, {.eax = L4_SND_MAP,
                                .edx = untouched + i * 4096,
                                .ebx = (first + i * 4096) | page_4k | L4_FP_WRITE,
                                .esi = child.low,
                                .edi = child.high});
    };
    for (Word i = 0; i < warm_up; ++i) map(i);
    Meter mapping;
    for (Word i = 0; i < rounds; ++i) mapping.add(map(warm_up + i));
    show("ipc_map_4k", mapping.end());
    Meter unmapping;
    for (Word i = 0; i < rounds; ++i)
        unmapping.add(once(timed_unmap, {.eax = (first + i * 4096) | page_4k, .ecx = L4_FP_FLUSH}));
    show("unmap_4k", unmapping.end());
    constexpr Word size = 20, whole = size << L4_FP_SIZE_SHIFT;
    const Word aligned = first & ~((1u << size) - 1);
    Word answer_eax = 0;
    for (Word i = 0; i < 256; ++i) {
        const Word at = aligned + i * 4096;
        *reinterpret_cast<volatile char*>(at) = *reinterpret_cast<volatile char*>(at);
        answer_eax |=
            ipc(L4_SND_MAP, 0, child, untouched + i * 4096, at | page_4k | L4_FP_WRITE, never).result;
    }
    tap.equal(l4_msgdope_error(answer_eax), 0, "256 pages to another space");
    Meter meter;
    meter.add(once(timed_unmap, {.eax = aligned | whole, .ecx = L4_FP_FLUSH}), 256);
    show("unmap_256_per_page", meter.end());
}

/// Who sends can not be asked for pages meanwhile.
void receives_buffered() {
    auto* const words = reinterpret_cast<volatile Word*>(receive_buffer);
    for (Word i = 0; i < 2048; i += 1024) words[i] = words[i];
    volatile char& byte = pages[1][0];
    byte = byte;
    answer_buffered();
}

void long_messages(Tap& tap) {
    receive_buffer[0] = 0;
    receive_buffer[1] = l4_msgdope(1024, 1);
    receive_buffer[3 + 1024] = 0; // the string dope behind the words
    receive_buffer[3 + 1024 + 2] = 4096;
    receive_buffer[3 + 1024 + 3] = reinterpret_cast<Word>(pages[1]);
    send_buffer[1] = l4_msgdope(1024, 1);
    send_buffer[2] = l4_msgdope(1024, 0);
    send_buffer[3 + 1024] = 4096;
    send_buffer[3 + 1024 + 1] = reinterpret_cast<Word>(pages[0]);
    pages[0][0] = pages[1][0] = 1;
    restart_child(receives_buffered);
    Regs send = to(child);
    send.eax = reinterpret_cast<Word>(send_buffer);
    tap.equal(l4_msgdope_error(eax_of(timed_ipc, send)), 0, "4 KiB of words");
    show("ipc_long_4k", measure(timed_ipc, send));
    send_buffer[2] = l4_msgdope(2, 1);
    tap.equal(l4_msgdope_error(eax_of(timed_ipc, send)), 0, "a string of 4 KiB");
    show("ipc_string_4k", measure(timed_ipc, send));
}

/// An interrupt descriptor table of this thread's, with one gate.
void reflect_to(void (*handler)()) {
    constexpr Word user_code = 0x1b, gate = 0xee00;
    static Word table[2 * (L4_TRAP_PROTECTION + 1)];
    static struct [[gnu::packed]] {
        std::uint16_t limit;
        Word base;
    } pseudo;
    const Word at = reinterpret_cast<Word>(handler);
    table[2 * L4_TRAP_PROTECTION] = user_code << 16 | (at & 0xffff);
    table[2 * L4_TRAP_PROTECTION + 1] = (at & 0xffff0000) | gate;
    pseudo = {sizeof table - 1, reinterpret_cast<Word>(table)};
    asm volatile("lidt (%0)" : : "a"(&pseudo) : "memory");
}

void reflections(Tap& tap) {
    reflect_to(reflected);
    const Cost within = measure(timed_linux_call, {});
    tap.equal(within.entries, rounds, "an exception by reflection is one kernel entry");
    show("reflect_intra", within);
    restart_child(answer);
    reflection_server = child;
    reflect_to(reflected_to_server);
    const Cost cost = measure(timed_linux_call, {});
    tap.check(cost.cr3_loads >= 2 * rounds, "an exception by reflection, with a message to another space");
    show("reflect_inter", cost);
}

} // namespace

void program() {
    Tap tap;
    short_messages(tap);
    exceptions(tap);
    page_faults(tap);
    mappings(tap);
    long_messages(tap);
    reflections(tap);
    tap.done();
}
