// SPDX-License-Identifier: BSD-2-Clause
// Floating-point and SSE registers stay a thread's own.
#include "child.h"

extern "C" [[noreturn]] void program();

namespace {

alignas(16) char stacks[2][4096];
volatile Word rounds[2], wrong[2];
const l4_threadid_t sigma0 = l4_threadid(L4_TASK_SIGMA0, 0);

struct alignas(16) Block {
    Word words[4];
};

/// Keeps its own numbers in ST0 and XMM5 across everything that the others do.
template <unsigned who>
[[noreturn]] void keep() {
    const double mine = 1.25 * (who + 1);
    const Block block = {{who, ~who, who * 77, 0x5a5a5a5a}};
    asm volatile("fninit; fldl %0; movups %1, %%xmm5" ::"m"(mine), "m"(block));
    for (;;) {
        double st0 = 0;
        Block xmm5 = {};
        asm volatile("fstl %0; movups %%xmm5, %1" : "=m"(st0), "=m"(xmm5));
        bool good = st0 == mine;
        for (int i = 0; i < 4; ++i) good &= xmm5.words[i] == block.words[i];
        if (!good) wrong[who] = wrong[who] + 1;
        rounds[who] = rounds[who] + 1;
        sleep(receive_within(160));
    }
}

Word control_words() {
    unsigned short control = 0;
    Word mxcsr = 0;
    asm volatile("fnstcw %0; stmxcsr %1" : "=m"(control), "=m"(mxcsr));
    return mxcsr << 16 | control;
}

[[noreturn]] void divides_by_zero() {
    const unsigned short unmasked = 0x37b;
    double one = 1, zero = 0, result = 0;
    asm volatile("fninit; fldcw %1; fldl %2; fdivl %3; fstpl %0; fwait"
                 : "=m"(result)
                 : "m"(unmasked), "m"(one), "m"(zero));
    report(0, 0);
    for (;;) sleep(never);
}

void floating_point_exception(Tap& tap) {
    l4_utcb_t& u = utcb();
    u.status = L4_UTCB_EXCEPTIONS;
    u.rcv_size = L4_UTCB_STATE_WORDS;
    start_child(divides_by_zero);
    const Message m = serve(wait());
    tap.check(is_exception(m) && u.state.trapno == L4_TRAP_FPU, "a division by zero is exception 16");
    kill_child();
    u.status = 0;
}

} // namespace

void program() {
    Tap tap;
    tap.equal(control_words(), 0x1f80037f, "a new thread finds all floating-point exceptions masked");
    const double mine = 42.5;
    const Block block = {{1, 2, 3, 4}};
    asm volatile("fldl %0; movups %1, %%xmm5" ::"m"(mine), "m"(block));
    ex_regs(1, reinterpret_cast<Word>(keep<0>), reinterpret_cast<Word>(stacks[1]) - 16, sigma0);
    ex_regs(2, reinterpret_cast<Word>(keep<1>), reinterpret_cast<Word>(stacks[2]) - 16, sigma0);
    for (int i = 0; i < 100; ++i) sleep(receive_within(320));
    double st0 = 0;
    Block xmm5 = {};
    asm volatile("fstpl %0; movups %%xmm5, %1" : "=m"(st0), "=m"(xmm5));
    tap.check(st0 == mine, "the main thread's ST0");
    tap.check(xmm5.words[0] == 1 && xmm5.words[3] == 4, "and XMM5");
    tap.check(rounds[0] > 20 && rounds[1] > 20, "two others computed in between");
    tap.equal(wrong[0] + wrong[1], 0, "and always found their own numbers");
    floating_point_exception(tap);
    tap.done();
}
