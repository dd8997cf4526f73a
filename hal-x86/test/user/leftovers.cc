// SPDX-License-Identifier: BSD-2-Clause
// What the sender of a message has in the processor is not its receiver's: ports and segments, whichever way
// leads to it.
#include <initializer_list>

#include "child.h"

extern "C" [[noreturn]] void program();

namespace {

constexpr Word giver_task = 5, heir_task = 6, first_tls = 0x33, ready = 1, done = 0xd00d;
constexpr l4_threadid_t giver = l4_threadid(giver_task, 0), heir = l4_threadid(heir_task, 0);
alignas(16) char stacks[2][4096];

/// The heir tries the giver's port, or segment if there is none.
struct Trial {
    const char* what;
    Word givers, heirs; ///< ports, or 0
    bool segment;       ///< has the giver one?
};
volatile Trial trial;
volatile bool by_sysenter;

void in(Word port) {
    unsigned char value;
    asm volatile("inb %w1, %0" : "=a"(value) : "d"(port));
}

void set_segment() {
    l4_utcb_t& u = utcb();
    u.tls[0] = 0xffff;
    u.tls[1] = 0x00cff300;
    ex_regs(L4_EX_REGS_TLS | L4_EX_REGS_NO_CANCEL, ~0u, ~0u, l4_invalid_id());
}

void load_segment() { asm volatile("mov %0, %%fs" ::"r"(first_tls)); }

void call_heir() {
    const Regs r = {.ecx = never, .esi = heir.low, .edi = heir.high};
    if (by_sysenter)
        call_at(L4_SYSCALL_PAGE, r);
    else
        call<L4_VEC_IPC>(r);
}

/// It uses what it has, and the next that is executed in its place is the heir.
void give() {
    report(ready, 0);
    if (trial.segment) set_segment();
    for (;;) {
        if (trial.givers != 0) in(trial.givers);
        if (trial.segment) load_segment();
        call_heir();
    }
}

/// It tries what the giver has.
void inherit() {
    if (trial.heirs != 0) in(trial.heirs);
    report(ready, 0);
    wait();
    if (trial.givers != 0)
        in(trial.givers);
    else
        load_segment();
    report(done, 0);
    for (;;) sleep(never);
}

void start(l4_threadid_t task, Body body, char* stack) {
    task_new(task, reinterpret_cast<Word>(body), reinterpret_cast<Word>(stack + sizeof stacks[0] - 16),
             main_thread);
}

/// Gives each its pages, and its own port; until something else comes.
Message serve_both(Message m) {
    for (;;) {
        if (l4_msgdope_error(m.result) != 0 || is_exception(m)) return m;
        const Word own_port = l4_id_task(m.from) == giver_task ? trial.givers : trial.heirs;
        if (is_programs(m.w0)) {
            const Word at = m.w0 & L4_FP_PAGE_MASK;
            auto* const byte = reinterpret_cast<volatile char*>(at);
            *byte = *byte;
            m = ipc(L4_SND_MAP, L4_RCV_OPEN, m.from, at, at | page_4k | L4_FP_WRITE, patiently);
        } else if (own_port != 0 && m.w0 == l4_io_fpage(own_port, 0, 0)) {
            m = ipc(L4_SND_MAP, L4_RCV_OPEN, m.from, 0, m.w0, patiently);
        } else {
            return m;
        }
    }
}

/// The heir's try is a fault, or an exception.
void try_it(Tap& tap) {
    start(heir, inherit, stacks[1]);
    set_slice(heir, L4_PRIO_ROOT, 255, 2); // hours: assembly leaves one that ends first to C++
    const bool heir_waits = serve_both(wait(patiently)).w0 == ready;
    ipc(0, L4_IPC_NO_RECV, heir, 0, 0, patiently);
    start(giver, give, stacks[0]);
    const bool giver_is_there = serve_both(wait(patiently)).w0 == ready;
    const Message m = serve_both(ipc(0, L4_RCV_OPEN, giver, 0, 0, patiently));
    const bool refused = trial.givers != 0 ? m.w0 == l4_io_fpage(trial.givers, 0, 0)
                                           : is_exception(m) && utcb().state.trapno == L4_TRAP_PROTECTION;
    tap.check(heir_waits && giver_is_there && m.from.low == heir.low && refused,
              const_cast<const char*>(trial.what));
    task_new(giver, 0, 0, l4_nil_id(), main_thread.low);
    task_new(heir, 0, 0, l4_nil_id(), main_thread.low);
}

} // namespace

void program() {
    Tap tap;
    utcb().status = L4_UTCB_EXCEPTIONS;
    utcb().rcv_size = L4_UTCB_STATE_WORDS;
    constexpr Trial trials[] = {
        {"a port of the lower half, to who has none", 0x2c0, 0, false},
        {"to who has another one there", 0x2c0, 0x2c8, false},
        {"to who has one of the upper half", 0x2c0, 0x82c8, false},
        {"a port of the upper half, to who has none", 0x82c0, 0, false},
        {"to who has another one there", 0x82c0, 0x82c8, false},
        {"to who has one of the lower half", 0x82c0, 0x2c8, false},
        {"a port, by who has a segment, too", 0x2c0, 0, true},
        {"a segment, to who has none", 0, 0, true},
        {"to who has a port", 0, 0x2c8, true},
    };
    for (const Trial& t : trials) { // the root has what it gives
        if (t.givers != 0) in(t.givers);
        if (t.heirs != 0) in(t.heirs);
    }
    for (const bool sysenter : {false, true})
        for (const Trial& t : trials) {
            trial.what = t.what;
            trial.givers = t.givers;
            trial.heirs = t.heirs;
            trial.segment = t.segment;
            by_sysenter = sysenter;
            try_it(tap);
        }
    tap.done();
}
