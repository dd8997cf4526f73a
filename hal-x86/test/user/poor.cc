// SPDX-License-Identifier: BSD-2-Clause
// Tasks that have hardly any kernel memory, or nothing: grants that find no frame for their last page, and
// new tasks when no frame is free but what others gave back.  What is measured is how long interrupts have to
// wait (bench/kernel_irqs_off.py).
#include "takers.h"

extern "C" [[noreturn]] void program();

namespace {

constexpr Word pager = 1, sleeper = 7, taker = 5, giver = 6, first_task = 5, end_task = 60;
constexpr Word pages = 0x10000000, others = 0x20000000, region_log2 = 22;
constexpr Word least_quota = 16, end_quota = 21, least_others = 116, end_others = 128;

alignas(4096) Word sent[1024], received[1024];
alignas(4096) char given[4096], stack_of_taker[4096];

/// Takes what is mapped into a buffer, and has FPU registers.
void receive() {
    *static_cast<volatile Word*>(received) = L4_FP_WHOLE_SPACE;
    for (;;) {
        asm volatile("fldz; fstp %st");
        call<L4_VEC_IPC>(
            {.eax = L4_IPC_NO_SEND, .ecx = never, .ebp = reinterpret_cast<Word>(received) | L4_RCV_OPEN});
    }
}

/// Two pages of two regions, to a task with so many frames, of which so many other pages took theirs.
Word grant(Word quota, Word count) {
    task_new(l4_threadid(taker, 0), reinterpret_cast<Word>(receive),
             reinterpret_cast<Word>(stack_of_taker + sizeof stack_of_taker - 16), thread(pager),
             255 | quota << L4_TASK_NEW_QUOTA_SHIFT);
    sleep(receive_within(400));
    takers::make(giver, pager);
    sleep(receive_within(400));
    bool good = true;
    for (Word at = others; good && at != others + count * 4096; at += 4096)
        good = takers::give(taker, at, at | page_4k);
    for (Word at = pages; at != pages + (2u << region_log2); at += 1u << region_log2) takers::read(at);
    good = good && takers::give(giver, pages, takers::fpage(pages, region_log2 + 1, L4_FP_WRITE));
    sent[1] = sent[2] = l4_msgdope(2, 0);
    asm volatile("fldz; fstp %st");
    const Word error =
        l4_msgdope_error(ipc(reinterpret_cast<Word>(sent) | L4_SND_MAP, L4_IPC_NO_RECV, l4_threadid(taker, 0),
                             pages, takers::fpage(pages, region_log2 + 1, L4_FP_WRITE | L4_FP_GRANT), never)
                             .result);
    takers::end(taker);
    takers::end(giver);
    return good ? error : L4_IPC_ENOT_EXISTENT;
}

/// All of the kernel's memory is tables of tasks that were given a page of each region; then none is.
bool use_all_memory() {
    bool full = false;
    for (Word task = first_task; !full && task != end_task; ++task) {
        if (!takers::make(task, pager)) return true;
        sleep(receive_within(2000));
        for (Word region = 1; !full && region != 700; ++region)
            full = !takers::give(task, region << region_log2, reinterpret_cast<Word>(given) | page_4k);
    }
    call<L4_VEC_FPAGE_UNMAP>({.eax = reinterpret_cast<Word>(given) | page_4k, .ecx = L4_FP_FLUSH});
    return full;
}

} // namespace

extern "C" void program() {
    Tap tap;
    touch_stacks();
    start(pager, takers::be_pager);
    set_prio(pager, 200);
    start(sleeper, takers::wake_often);
    set_prio(sleeper, 220);
    for (Word at = others; at != others + end_others * 4096; at += 4096) takers::read(at);
    given[0] = 1;

    Word came = 0, no_memory = 0, others_failed = 0;
    for (Word quota = least_quota; quota != end_quota; ++quota)
        for (Word count = least_others; count != end_others; ++count) {
            const Word error = grant(quota, count);
            came += error == 0;
            no_memory += error == L4_IPC_SEMAPFAILED;
            others_failed += error != 0 && error != L4_IPC_SEMAPFAILED;
        }
    tap.check(came != 0 && no_memory != 0, "a grant to a task without memory says so");
    tap.equal(others_failed, 0, "nothing else goes wrong");

    tap.check(use_all_memory(), "all of the kernel's memory is used");
    Word made = 0;
    for (Word task = 100; task != 180; ++task) {
        for (volatile Word n = task * 37 % 400; n != 0;) n = n - 1; // at another moment of the sleeper's each
        made += takers::make(task, pager, takers::take, 255 | 10u << L4_TASK_NEW_QUOTA_SHIFT);
    }
    tap.check(made != 0, "when it is free again, tasks are made");
    tap.done();
}
