// SPDX-License-Identifier: BSD-2-Clause
// Children have a 4 MiB page, and parts of it, in three ways; its owner takes parts of all sizes back, by
// flushing or to be read only, at random.  What is measured meanwhile is how long interrupts have to wait.
#include "l4/abi/fpage.h"
#include "l4/abi/sigma0.h"
#include "tap.h"

namespace {

constexpr Word children = 16, first_child = 5, rounds = 12000;
constexpr Word page_4k = 12 << L4_FP_SIZE_SHIFT, page_4m = 22 << L4_FP_SIZE_SHIFT, offset_in_4m = 0x3ff000;
constexpr Word base = 0x60000000, device = 0x20000000;
/// Where a child has parts that it was given one by one, all at once, and one by one beside that.
constexpr Word some = 0x40000000, all = 0x50000000, few = 0x54000000;
const l4_threadid_t sigma0 = l4_threadid(L4_TASK_SIGMA0, 0), self = l4_threadid(L4_TASK_ROOT, 0);

alignas(16) char stacks[children][4096];

Word random_word() {
    static Word seed = 1;
    return seed = seed * 1664525 + 1013904223;
}

void write(Word at) { *reinterpret_cast<volatile Word*>(at) = at; }

void child() {
    for (;;) {
        for (Word n = 0; n < 1024; n += 31) write(some + (1023 - n) * 4096);
        write(all);
        for (Word n = 0; n < 1024; n += 333) write(few + n * 4096);
    }
}

/// What a fault at an address is answered with.
Word flexpage_for(Word at) {
    if (at >> 22 == some >> 22 || at >> 22 == few >> 22)
        return (base + (at & offset_in_4m)) | page_4k | L4_FP_WRITE;
    if (at >> 22 == all >> 22) return base | page_4m | L4_FP_WRITE;
    auto* const own = reinterpret_cast<volatile char*>(at);
    *own = *own; // it is there
    return (at & L4_FP_PAGE_MASK) | page_4k | L4_FP_WRITE;
}

void take_some_back() {
    const Word r = random_word(), size = 12 + (r >> 16) % 11;
    const Word part = (r >> 8) % 1024 * 4096 & ~((Word{1} << size) - 1);
    call<L4_VEC_FPAGE_UNMAP>(
        {.eax = (base + part) | size << L4_FP_SIZE_SHIFT, .ecx = r & 0x40000 ? Word{L4_FP_FLUSH} : 0});
}

} // namespace

extern "C" void program() {
    Tap tap;
    for (auto& stack : stacks) stack[0] = 1; // children read from pages that are there
    ipc(0, base | page_4m | L4_RCV_MAP, sigma0, L4_SIGMA0_FPAGE_IOMEM, device | page_4m | L4_FP_WRITE, never);
    write(base);
    for (Word n = 0; n < children; ++n)
        task_new(l4_threadid(first_child + n, 0), reinterpret_cast<Word>(child),
                 reinterpret_cast<Word>(stacks[n] + sizeof stacks[n]), self, 10);
    Message fault = wait();
    Word answered = 0;
    for (Word n = 0; n < rounds; ++n) {
        const Word at = fault.w0 & ~Word{3};
        fault = ipc(L4_SND_MAP, L4_RCV_OPEN, fault.from, at & L4_FP_PAGE_MASK, flexpage_for(at),
                    receive_within(2000));
        if (l4_msgdope_error(fault.result) == 0) ++answered;
        while (l4_msgdope_error(fault.result) != 0) { // no memory for more
            call<L4_VEC_FPAGE_UNMAP>({.eax = base | page_4m, .ecx = L4_FP_FLUSH});
            fault = wait(receive_within(2000));
        }
        if (random_word() >> 24 < 32) take_some_back();
    }
    tap.check(answered > rounds / 2, "faults of children whose pages are taken back are answered");
    tap.done();
}
