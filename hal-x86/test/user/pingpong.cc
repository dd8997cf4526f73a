// SPDX-License-Identifier: BSD-2-Clause
// Instructions of a call and its answer, counted by the time stamp counter: to be run with -icount shift=0.
#include "child.h"

extern "C" [[noreturn]] void program();
extern "C" [[noreturn]] void answer();

namespace {

alignas(16) char stack[4096];
const l4_threadid_t sigma0 = l4_threadid(L4_TASK_SIGMA0, 0);

std::uint64_t tsc() {
    Word low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    return std::uint64_t{high} << 32 | low;
}

/// Thirty-two calls in a row, so that what is counted beside them can be told apart: none.
Word round_trip(l4_threadid_t to) {
    Word best = ~0u;
    for (int i = 0; i < 16; ++i) {
        Word before, after, eax = 0, ecx = 0, edx = 0, ebx = 0, esi = to.low, edi = to.high;
        asm volatile(
            "push %%ebp\n\t"
            "push %%edx\n\t"
            "rdtsc\n\t"
            "mov %%eax, before_call\n\t"
            "pop %%edx\n\t"
            "xor %%eax, %%eax\n\t"
            "xor %%ebp, %%ebp\n\t"
            "int $0x30\n\t"
            "rdtsc\n\t"
            "mov %%eax, after_call\n\t"
            "pop %%ebp"
            : "+a"(eax), "+c"(ecx), "+d"(edx), "+b"(ebx), "+S"(esi), "+D"(edi)
            :
            : "memory", "cc");
        extern Word before_call asm("before_call"), after_call asm("after_call");
        before = before_call;
        after = after_call;
        // What stands between the two counts besides the call.
        constexpr Word beside = 5;
        const Word taken = after - before - beside;
        if (taken < best) best = taken;
    }
    return best;
}

void show(const char* what, Word instructions) {
    put("# ");
    put(what);
    put(": ");
    put_decimal(instructions);
    put(" instructions\n");
}

} // namespace

Word before_call asm("before_call"), after_call asm("after_call");

void answer() {
    asm volatile(
        "mov $-1, %%eax\n\t"
        "1:\n\t"
        "xor %%ecx, %%ecx\n\t"
        "mov $1, %%ebp\n\t"
        "int $0x30\n\t"
        "xor %%eax, %%eax\n\t"
        "jmp 1b" ::
            : "memory");
    for (;;) {
    }
}

void program() {
    Tap tap;
    const l4_threadid_t near = l4_threadid(L4_TASK_ROOT, 1);
    ex_regs(1, reinterpret_cast<Word>(answer), reinterpret_cast<Word>(stack + sizeof stack), sigma0);
    const Word inside = round_trip(near);
    show("short IPC, call and reply, one space, C++ path", inside);
    start_child(answer);
    serve(wait(), patiently);
    const Word across = round_trip(child);
    show("short IPC, call and reply, two spaces, C++ path", across);
    const std::uint64_t before = tsc();
    call<L4_VEC_THREAD_SWITCH>({});
    show("thread_switch, nobody to switch to, with the test's own", static_cast<Word>(tsc() - before));
    tap.check(inside > 20 && inside < 2400, "a call inside one space");
    tap.check(across > 20 && across < 2400, "a call to another space");
    tap.done();
}
