/* SPDX-License-Identifier: BSD-2-Clause */
#include "l4/thread/thread.h"

#include "l4/abi/limits.h"
#include "l4/sys/thread.h"

void l4_thread_entry(void);
_Noreturn void l4_thread_ended(void);

/** lthreads in use: bits that are taken and given back with atomic operations. Thread 0 is main. */
static l4_word_t used[L4_THREADS_PER_TASK / 32] = {1};

static int take(l4_word_t lthread) {
    const l4_word_t bit = 1u << lthread % 32;
    return !(__atomic_fetch_or(&used[lthread / 32], bit, __ATOMIC_ACQUIRE) & bit);
}

static void give(l4_word_t lthread) {
    __atomic_fetch_and(&used[lthread / 32], ~(1u << lthread % 32), __ATOMIC_RELEASE);
}

int l4_thread_runs(l4_word_t lthread) {
    return (__atomic_load_n(&used[lthread / 32], __ATOMIC_ACQUIRE) >> lthread % 32 & 1) != 0;
}

/** Of the calling thread. Asking for nothing new cancels nothing. */
static l4_threadid_t my_pager(void) {
    return l4_lthread_ex_regs(l4_id_lthread(l4_myself()), l4_ex_regs_keep()).pager;
}

l4_word_t l4_thread_start(l4_thread_function_t* f, void* argument, void* stack, l4_word_t stack_size) {
    return l4_thread_start_paged(f, argument, stack, stack_size, my_pager());
}

l4_word_t l4_thread_start_paged(l4_thread_function_t* f, void* argument, void* stack, l4_word_t stack_size,
                                l4_threadid_t pager) {
    l4_word_t* top = (l4_word_t*)(((uintptr_t)stack + stack_size) & ~(uintptr_t)15);
    l4_ex_regs_t regs = l4_ex_regs_keep();
    l4_word_t lthread = 1;
    if (!f || stack_size < L4_THREAD_STACK_MIN) return L4_THREAD_NONE;
    while (lthread < L4_THREADS_PER_TASK && !take(lthread)) lthread++;
    if (lthread == L4_THREADS_PER_TASK) return L4_THREAD_NONE;
    top -= 4;
    top[0] = (l4_word_t)(uintptr_t)argument;
    top[-1] = (l4_word_t)(uintptr_t)f;
    regs.eip = (l4_word_t)(uintptr_t)l4_thread_entry;
    regs.esp = (l4_word_t)(uintptr_t)(top - 1);
    regs.pager = pager;
    if (l4_lthread_ex_regs(lthread, regs).eflags != L4_EX_REGS_ERROR) return lthread;
    give(lthread);
    return L4_THREAD_NONE;
}

/** From here on the stack may be somebody else's. */
static _Noreturn void sleep_without_stack(void) {
    __asm__ volatile(
        "1:\tmovl $-1, %%eax\n\txorl %%ebp, %%ebp\n\txorl %%ecx, %%ecx\n\txorl %%esi, %%esi\n\txorl %%edi, "
        "%%edi\n\t"
        "int $0x30\n\tjmp 1b"
        :
        :
        : "memory");
    __builtin_unreachable();
}

void l4_thread_ended(void) {
    const l4_word_t lthread = l4_id_lthread(l4_myself());
    l4_word_t* const word = &used[lthread / 32];
    const l4_word_t mask = ~(1u << lthread % 32);
    __asm__ volatile(
        "lock; andl %[mask], %[word]\n"
        "1:\tmovl $-1, %%eax\n\txorl %%ebp, %%ebp\n\txorl %%ecx, %%ecx\n\txorl %%esi, %%esi\n\txorl %%edi, "
        "%%edi\n\t"
        "int $0x30\n\tjmp 1b"
        : [word] "+m"(*word)
        : [mask] "r"(mask)
        : "memory");
    __builtin_unreachable();
}

void l4_thread_stop(l4_word_t lthread) {
    l4_ex_regs_t regs = l4_ex_regs_keep();
    regs.eip = (l4_word_t)(uintptr_t)sleep_without_stack;
    l4_lthread_ex_regs(lthread, regs);
    give(lthread);
}
