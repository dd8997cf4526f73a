// SPDX-License-Identifier: BSD-2-Clause
// Grants over many regions, of pages that are alone in their tables, by a message whose receiver has its
// buffer read-only meanwhile.  What is measured is how long interrupts have to wait
// (bench/kernel_irqs_off.py).
#include "takers.h"

extern "C" [[noreturn]] void program();

namespace {

constexpr Word pager = 1, sleeper = 7, taker = 5, other = 6;
constexpr Word pages = 0x10000000, region = 0x400000, region_log2 = 22;
constexpr Word words = 200, whole_log2 = 28;

alignas(4096) Word sent[1024], received[1024];

/// A message with a grant, into a buffer that says where it may go.
void receive() {
    for (;;) {
        asm volatile("fldz; fstp %st");
        call<L4_VEC_IPC>(
            {.eax = L4_IPC_NO_SEND, .ecx = never, .ebp = reinterpret_cast<Word>(received) | L4_RCV_OPEN});
    }
}

void set_buffers() {
    received[0] = L4_FP_WHOLE_SPACE;
    received[1] = sent[1] = sent[2] = l4_msgdope(words, 0);
}

/// An hour for page faults.
Word grant(Word log2) {
    const l4_threadid_t to = l4_threadid(taker, 0);
    asm volatile("fldz; fstp %st");
    return call<L4_VEC_IPC>({.eax = reinterpret_cast<Word>(sent) | L4_SND_MAP,
                             .ecx = 3u << 12 | 3u << 8,
                             .edx = pages,
                             .ebx = takers::fpage(pages, log2, L4_FP_WRITE | L4_FP_GRANT),
                             .ebp = L4_IPC_NO_RECV,
                             .esi = to.low,
                             .edi = to.high})
        .eax;
}

/// The first pages, the last, and what is between, at 4 MiB each; to a receiver whose buffer is read-only
/// then.
bool grant_over_regions(Word first, Word last) {
    constexpr Word regions = 1u << (whole_log2 - region_log2);
    set_buffers();
    bool good = takers::make(taker, pager, receive);
    sleep(receive_within(2000));
    for (Word i = 0; i < first; ++i) takers::read(pages + i * region);
    for (Word i = regions - last; i < regions; ++i) takers::read(pages + i * region);
    call<L4_VEC_FPAGE_UNMAP>({.eax = reinterpret_cast<Word>(received) | page_4k});
    good &= takers::make(other, pager) &&
            takers::give(other, pages, takers::fpage(pages, whole_log2, L4_FP_WRITE));
    const Word result = grant(whole_log2);
    sleep(receive_within(1000));
    takers::end(taker);
    takers::end(other);
    return good && l4_msgdope_error(result) == 0;
}

} // namespace

extern "C" void program() {
    Tap tap;
    touch_stacks();
    set_buffers();
    start(pager, takers::be_pager);
    set_prio(pager, 200);
    start(sleeper, takers::wake_often);
    set_prio(sleeper, 100);
    bool good = true;
    for (Word n = 0; n < 12; ++n)
        for (Word first = 0; first < 4; ++first)
            for (Word last = 3; last < 6; ++last) good &= grant_over_regions(first, last);
    tap.check(good, "pages of many regions are granted at once");
    tap.done();
}
