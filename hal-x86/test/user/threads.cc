// SPDX-License-Identifier: BSD-2-Clause
// Threads of one task: timeouts, sleeping, messages between two, preemption by the timer.
#include "l4/abi/kip.h"
#include "tap.h"

extern "C" [[noreturn]] void program();
extern "C" [[noreturn]] void echo();
extern "C" [[noreturn]] void count();

namespace {

alignas(16) char stacks[3][4096];
volatile Word counter = 0;
const l4_threadid_t main_thread = l4_threadid(L4_TASK_ROOT, 0), sigma0 = l4_threadid(L4_TASK_SIGMA0, 0);

Word stack_of(unsigned i) { return reinterpret_cast<Word>(stacks[i] + sizeof stacks[i]); }

const volatile l4_kip_t& kip() { return *reinterpret_cast<const volatile l4_kip_t*>(L4_KIP_ADDRESS); }

void timeouts(Tap& tap) {
    tap.equal(call_ipc(main_thread, 1, 2, at_once).result, L4_IPC_SETIMEOUT,
              "nobody receives what it sends to itself");
    tap.equal(call_ipc(l4_threadid(L4_TASK_ROOT, 77), 1, 2).result, L4_IPC_ENOT_EXISTENT,
              "a thread that does not exist");
    tap.equal(wait(at_once).result, L4_IPC_RETIMEOUT, "nothing to receive at once");
    const std::uint64_t before = kip().clock;
    tap.equal(sleep(receive_within(4000)).result, L4_IPC_RETIMEOUT, "a sleep of 4 ms ends");
    const std::uint64_t slept = kip().clock - before;
    tap.check(slept >= 4000, "not before its time");
    tap.check(slept < 400000, "nor long after it");
    bool all = true;
    for (int i = 0; i < 100; ++i) all &= sleep(receive_within(160)).result == L4_IPC_RETIMEOUT;
    tap.check(all, "a hundred short sleeps end");
}

void messages(Tap& tap) {
    const Regs r = ex_regs(1, reinterpret_cast<Word>(echo), stack_of(0), sigma0);
    tap.equal(r.eax, 0, "ex_regs makes a thread");
    bool all = true;
    for (Word i = 0; i < 1000; ++i) {
        const Message m = call_ipc(l4_threadid(L4_TASK_ROOT, 1), i, ~i);
        all &= l4_msgdope_error(m.result) == 0 && m.w0 == i + 1 && m.w1 == (~i ^ 5) &&
               l4_id_lthread(m.from) == 1;
    }
    tap.check(all, "a thousand calls are answered, with words and sender");
}

/// The main thread never waits: only the end of its slice lets the other run.
void preemption(Tap& tap) {
    ex_regs(2, reinterpret_cast<Word>(count), stack_of(1), sigma0);
    const std::uint64_t start = kip().clock;
    while (counter == 0 && kip().clock - start < 2000000) call<L4_VEC_ID_NEAREST>({});
    tap.check(counter != 0, "another thread runs when the slice ends");
    const Word seen = counter;
    sleep(receive_within(2000));
    tap.check(counter != seen, "and while the main thread sleeps");
    // Stop it: it would go on for ever.
    call<L4_VEC_LTHREAD_EX_REGS>(
        {.eax = 2 | L4_EX_REGS_STOP, .ecx = ~0u, .edx = ~0u, .ebx = ~0u, .ebp = ~0u, .esi = ~0u, .edi = ~0u});
    const Word stopped = counter;
    sleep(receive_within(2000));
    tap.equal(counter, stopped, "a stopped thread counts no more");
}

} // namespace

void echo() {
    Message m = wait();
    for (;;) m = ipc(0, L4_RCV_OPEN, m.from, m.w0 + 1, m.w1 ^ 5, never);
}

void count() {
    for (;;) counter = counter + 1;
}

void program() {
    Tap tap;
    timeouts(tap);
    messages(tap);
    preemption(tap);
    tap.done();
}
