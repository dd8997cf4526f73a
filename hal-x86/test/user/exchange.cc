// SPDX-License-Identifier: BSD-2-Clause
// Tasks map, grant and take back pages of 4 KiB to 16 MiB and ports among each other at random, and are made
// anew meanwhile; no memory of the kernel is lost.  What is measured meanwhile is how long interrupts have to
// wait (bench/kernel_irqs_off.py).
#include "l4/abi/sigma0.h"
#include "random.h"
#include "takers.h"

extern "C" [[noreturn]] void program();

namespace {

constexpr Word pager = 1, first = 5, tasks = 6, operations = 20'000, quota = 40;
constexpr Word ground = 0x1000000, regions = 4, region_log2 = 22, region = 1u << region_log2,
               page_size = 4096;
/// Sizes: parts more often than all.
constexpr Word sizes[] = {12, 12, 12, 12, 12, 12, 12, 13, 14, 16, 18, 20, 21, 22, 22, 23, 24};
constexpr Word soon = 13u << 4 | 4u << 16; // to send

volatile Word done = 0, mapped = 0, poor = 0;
alignas(page_size) char stack_of[tasks][page_size];

/// Many in the same few places of each region.
Word place_of_page() {
    const Word n = below(3) == 0 ? page_size / 4 - 1 - below(16) : below(16);
    return below(2) != 0 ? below(regions) * region + n * page_size
                         : below(regions << (region_log2 - L4_PAGE_SHIFT)) * page_size;
}

struct Piece {
    Word at, fpage;
};

Piece piece() {
    if (below(6) == 0) {
        const Word log2 = below(17);
        return {0, l4_io_fpage(below(1u << 16) >> log2 << log2 & 0xffff, log2, 0)};
    }
    const Word log2 = sizes[below(sizeof sizes / sizeof sizes[0])];
    const Word at = ground + (place_of_page() >> log2 << log2);
    return {at, at | log2 << L4_FP_SIZE_SHIFT | (below(3) != 0 ? L4_FP_WRITE : 0)};
}

/// From all, or some, or nobody; more often read-only than not.
void take_back() {
    Word mask = 0;
    if (below(4) == 0) mask |= L4_FP_FLUSH;
    if (below(6) == 0) mask |= L4_FP_ALL_SPACES;
    if (below(2) != 0) mask |= l4_unmap_in_task(first + below(tasks + 1));
    if (below(4) == 0) mask |= L4_UNMAP_RESET;
    call<L4_VEC_FPAGE_UNMAP>({.eax = piece().fpage, .ecx = mask});
}

void give(Word grants_in) {
    const Piece what = piece();
    const Word base = below(4) == 0 && what.at != 0 ? ground + place_of_page() : what.at;
    const Word fpage = what.fpage | (below(grants_in) == 0 ? L4_FP_GRANT : 0);
    const l4_threadid_t to = l4_threadid(first + below(tasks), 0);
    const Word error = l4_msgdope_error(ipc(L4_SND_MAP, L4_IPC_NO_RECV, to, base, fpage, soon).result);
    mapped = mapped + (error == 0);
    poor = poor + (error == L4_IPC_SEMAPFAILED);
}

void do_one(Word grants_in) {
    done = done + 1;
    below(5) < 2 ? take_back() : give(grants_in);
}

void live() {
    for (;;) {
        if (below(3) != 0) asm volatile("fldz; fstp %st");
        call<L4_VEC_IPC>(
            {.eax = L4_IPC_NO_SEND, .ecx = receive_within(16 + below(4) * 16), .ebp = takers::anywhere});
        do_one(7);
    }
}

/// What the root has not: it may have given it away.
void get_ground() {
    for (Word n = 0; n < regions; ++n)
        call<L4_VEC_IPC>({.ecx = never,
                          .edx = L4_SIGMA0_FPAGE_RAM,
                          .ebx = (ground + n * region) | region_log2 << L4_FP_SIZE_SHIFT,
                          .ebp = L4_FP_WHOLE_SPACE | L4_RCV_MAP,
                          .esi = sigma0.low,
                          .edi = sigma0.high});
}

void make(Word n) {
    takers::end(first + n);
    task_new(l4_threadid(first + n, 0), reinterpret_cast<Word>(live),
             reinterpret_cast<Word>(stack_of[n] + page_size - 16), thread(pager),
             90 | quota << L4_TASK_NEW_QUOTA_SHIFT);
}

void get_all_ports() { asm volatile("cli; sti"); }

/// Of the root's memory, when it has no ground and no tasks, and all ports: it may have given these away.
Word free_frames() {
    for (Word n = 0; n < tasks; ++n) takers::end(first + n);
    call<L4_VEC_FPAGE_UNMAP>(
        {.eax = ground | (region_log2 + 2) << L4_FP_SIZE_SHIFT, .ecx = L4_FP_FLUSH | L4_FP_ALL_SPACES});
    get_all_ports();
    return task_new(l4_threadid(first, 0), 0, 0, l4_nil_id(), main_thread.low).ecx;
}

/// Returns the frames that are left behind it.
Word exchange_until(Word count) {
    for (Word n = 0; n < tasks; ++n) make(n);
    while (done < count) {
        if (below(4) == 0) get_ground();
        for (Word k = 0; k < 3; ++k) do_one(50);
        if (below(60) == 0) make(below(tasks));
        sleep(receive_within(16 + below(20) * 16));
    }
    return free_frames();
}

} // namespace

extern "C" void program() {
    Tap tap;
    touch_stacks();
    for (auto& stack : stack_of) stack[0] = 1;
    get_all_ports();
    set_prio(0, 120);
    start(pager, takers::be_pager);
    set_prio(pager, 200);
    const Word frames = exchange_until(operations / 2);
    tap.equal(exchange_until(operations), frames, "no frame is lost");
    tap.check(mapped > operations / 4, "much was given");
    tap.check(poor != 0, "and not, for lack of memory");
    tap.done();
}
