// SPDX-License-Identifier: BSD-2-Clause
// The counters' page counts what programs cause, is seen in every space, and can not be written.
#include "l4/abi/counters.h"
#include "child.h"
#include "l4/abi/kip.h"

extern "C" [[noreturn]] void program();
extern "C" [[noreturn]] void answer();
extern "C" [[noreturn]] void reads_and_writes();

namespace {

alignas(16) char stack[4096];
const l4_threadid_t sigma0 = l4_threadid(L4_TASK_SIGMA0, 0);

l4_counters_t counters() {
    const auto& page = *reinterpret_cast<const volatile l4_counters_t*>(L4_COUNTERS_PAGE);
    l4_counters_t now{};
    const auto* const from = reinterpret_cast<const volatile Word*>(&page);
    for (Word i = 0; i < sizeof now / sizeof(Word); ++i) reinterpret_cast<Word*>(&now)[i] = from[i];
    return now;
}

/// Does one of the info page's strings say so?
bool is_announced(const char* what) {
    const auto& kip = *reinterpret_cast<const l4_kip_t*>(L4_KIP_ADDRESS);
    const auto* at = reinterpret_cast<const char*>(L4_KIP_ADDRESS + kip.version_strings * 16u);
    while (*at) {
        Word i = 0;
        while (at[i] && at[i] == what[i]) ++i;
        if (at[i] == 0 && what[i] == 0) return true;
        while (*at++) {
        }
    }
    return false;
}

void messages(Tap& tap) {
    constexpr Word calls = 100;
    ex_regs(1, reinterpret_cast<Word>(answer), reinterpret_cast<Word>(stack + sizeof stack), sigma0);
    call_ipc(l4_threadid(L4_TASK_ROOT, 1), 0, 0);
    const l4_counters_t before = counters();
    for (Word i = 0; i < calls; ++i) call_ipc(l4_threadid(L4_TASK_ROOT, 1), 0, 0);
    const l4_counters_t after = counters();
    tap.equal(after.messages[L4_COUNT_SHORT] - before.messages[L4_COUNT_SHORT], 2 * calls,
              "a call and its answer are two short messages");
    tap.check(after.events[L4_COUNT_SYSCALL] - before.events[L4_COUNT_SYSCALL] == 2 * calls &&
                  after.switches - before.switches >= 2 * calls,
              "two system calls, and two switches");
    tap.equal(after.cr3_loads - before.cr3_loads, 0, "which need no other page tables in one space");
}

void spaces(Tap& tap) {
    const l4_counters_t before = counters();
    start_child(reads_and_writes);
    Message m = serve(wait(), patiently);
    const l4_counters_t after = counters();
    tap.equal(m.w0, L4_COUNTERS_MAGIC, "another task reads the page");
    tap.check(m.w1 != 0 && m.w1 <= after.switches, "and the same counters");
    tap.check(after.messages[L4_COUNT_FAULT] > before.messages[L4_COUNT_FAULT] &&
                  after.pages_mapped > before.pages_mapped && after.cr3_loads > before.cr3_loads,
              "its page faults, its pages and the loads of its page tables were counted");
    m = ipc(0, L4_RCV_OPEN, child, 0, 0, patiently);
    tap.equal(m.w0 & L4_FP_PAGE_MASK, L4_COUNTERS_PAGE, "a write there is a page fault");
    kill_child();
    tap.check(counters().pages_unmapped > after.pages_unmapped, "killing it unmaps its pages");
}

} // namespace

void answer() {
    Message m = wait();
    for (;;) m = ipc(0, L4_RCV_OPEN, m.from, 0, 0, never);
}

void reads_and_writes() {
    const l4_counters_t now = counters();
    report(now.magic, now.switches);
    *reinterpret_cast<volatile Word*>(L4_COUNTERS_PAGE + offsetof(l4_counters_t, switches)) = 0;
    report(0, 0);
    for (;;) sleep(never);
}

void program() {
    Tap tap;
    tap.check(is_announced("event_counters"), "the info page says that there are counters");
    tap.equal(counters().magic, L4_COUNTERS_MAGIC, "and they are where they should be");
    tap.equal(counters().size, sizeof(l4_counters_t), "with the size that this kernel's header says");
    messages(tap);
    spaces(tap);
    tap.done();
}
