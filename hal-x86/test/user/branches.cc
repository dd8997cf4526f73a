// SPDX-License-Identifier: BSD-2-Clause
// A part of a 4 MiB page that is mapped many times is taken back from all, from some and from nobody, before
// and after the page is split; and then the page with what is left.  What is measured meanwhile is how long
// interrupts have to wait (bench/kernel_irqs_off.py).
#include <initializer_list>

#include "l4/abi/sigma0.h"
#include "takers.h"

extern "C" [[noreturn]] void program();

namespace {

constexpr Word pager = 1, first_task = 5, tasks = 3, nobody = 9, most = 24;
constexpr Word page = 0x1000000, targets = 0x40000000, size_4m = 22 << L4_FP_SIZE_SHIFT;

bool get_page() {
    const Word result = call<L4_VEC_IPC>({.eax = 0,
                                          .ecx = never,
                                          .edx = L4_SIGMA0_FPAGE_RAM,
                                          .ebx = page | size_4m,
                                          .ebp = L4_FP_WHOLE_SPACE | L4_RCV_MAP,
                                          .esi = sigma0.low,
                                          .edi = sigma0.high})
                            .eax;
    return l4_msgdope_error(result) == 0 && (result & L4_MSGDOPE_FPAGE_RECEIVED) != 0;
}

void unmap(Word fpage, Word mask) { call<L4_VEC_FPAGE_UNMAP>({.eax = fpage, .ecx = mask}); }

/// Each to another region of one of the tasks.
bool give(Word fpage, Word times) {
    bool good = true;
    for (Word i = 0; i < times; ++i)
        good &= takers::give(first_task + i % tasks, targets + i * 0x400000, fpage | L4_FP_WRITE);
    return good;
}

bool take_back(Word part, Word times, Word mask, bool split) {
    const Word fpage = (page + part * 4096) | page_4k;
    bool good = give(fpage, times);
    if (split) unmap((page + 77 * 4096) | page_4k, L4_FP_FLUSH | L4_FP_ALL_SPACES);
    unmap(fpage, mask);
    unmap(page | size_4m, L4_FP_FLUSH | L4_FP_ALL_SPACES);
    return get_page() && good;
}

} // namespace

extern "C" void program() {
    constexpr Word filter = 1 << L4_UNMAP_TASK_SHIFT;
    Tap tap;
    touch_stacks();
    start(pager, takers::be_pager);
    bool good = get_page();
    for (Word i = 0; i < tasks; ++i) good &= takers::make(first_task + i, pager);
    tap.check(good, "tasks that take, and a 4 MiB page to be given");
    for (const Word part : {0u, 5u, 31u, 32u, 1023u})
        for (Word times = 1; times < most; ++times)
            for (const Word mask :
                 {Word{L4_FP_FLUSH}, L4_FP_FLUSH | first_task * filter, L4_FP_FLUSH | nobody * filter,
                  Word{0}, Word{L4_UNMAP_RESET}, nobody * filter})
                for (const bool split : {false, true}) good &= take_back(part, times, mask, split);
    tap.check(good, "parts are given, taken back, and the page is given anew");
    tap.done();
}
