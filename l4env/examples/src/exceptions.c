/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread's exceptions come to its pager with all its registers, and go back with new ones. */
#include "l4/abi/exception.h"
#include "l4/c/string.h"
#include "l4/sys/ipc.h"
#include "l4/sys/thread.h"
#include "l4/sys/utcb.h"
#include "l4/thread/thread.h"
#include "l4env/examples/src/tap.h"

static l4_word_t stack[1024] __attribute__((aligned(16)));
static volatile l4_word_t came_back[4];

/** Each instruction traps; its handler puts something into a register and goes on behind it. */
static void trap(void* argument) {
    l4_word_t eax, ebx;
    (void)argument;
    __asm__ volatile("ud2" : "=a"(eax), "=b"(ebx) : "a"(1), "b"(2) : "memory");
    came_back[0] = eax;
    came_back[1] = ebx;
    __asm__ volatile("int $0x80" : "=a"(eax) : "a"(4) : "memory");
    came_back[2] = eax;
    __asm__ volatile("xorl %%ecx, %%ecx\n\tdivl %%ecx" : "=a"(eax) : "a"(7), "d"(0) : "ecx", "memory");
    came_back[3] = eax;
    for (;;) l4_ipc_sleep(L4_TIMEOUT_NEVER);
}

/** Waits for the exception of the thread; its state is in our UTCB then. */
static l4_ipc_result_t next(l4_threadid_t thread, l4_word_t to_send) {
    l4_my_utcb()->snd_size = to_send;
    return to_send != 0 ? l4_ipc_call(thread, 0, 0, 0, 0, L4_TIMEOUT_NEVER)
                        : l4_ipc_receive(thread, 0, L4_TIMEOUT_NEVER);
}

int main(void) {
    tap_t tap = {0, 0};
    l4_utcb_state_t* const state = &l4_my_utcb()->state;
    l4_threadid_t thread = l4_myself();
    l4_ipc_result_t m;
    l4_utcb_take_exceptions(0);
    thread.low += l4_thread_start_paged(trap, 0, stack, sizeof stack, l4_myself()) << L4_ID_LTHREAD_SHIFT;

    m = next(thread, 0);
    tap_check(&tap, m.w0 == L4_EXC_COOKIE_0 && m.w1 == L4_EXC_COOKIE_1, "an exception message comes");
    tap_equal(&tap, state->trapno, L4_TRAP_INVALID_OP, "trap 6");
    tap_check(&tap, memcmp((const void*)(uintptr_t)state->eip, "\x0f\x0b", 2) == 0,
              "EIP is at the instruction");
    tap_check(&tap, state->eax == 1 && state->ebx == 2, "registers are the thread's");
    state->eip += 2;
    state->eax = 0x11111111;
    state->ebx = 0x22222222;

    (void)next(thread, L4_UTCB_STATE_WORDS);
    tap_check(&tap, came_back[0] == 0x11111111 && came_back[1] == 0x22222222, "registers come back changed");
    tap_check(&tap, state->trapno == L4_TRAP_PROTECTION && state->err == L4_EXC_ERR_INT80,
              "int 0x80 is trap 13");
    state->eip += 2;
    state->eax = 0x33333333;

    (void)next(thread, L4_UTCB_STATE_WORDS);
    tap_equal(&tap, came_back[2], 0x33333333, "and goes on behind it");
    tap_equal(&tap, state->trapno, L4_TRAP_DIVIDE, "division by zero is trap 0");
    state->eip += 2;
    state->eax = 0x44444444;
    l4_my_utcb()->snd_size = L4_UTCB_STATE_WORDS;
    (void)l4_ipc_send(thread, 0, 0, 0, L4_TIMEOUT_NEVER);
    l4_ipc_sleep(l4_timeout(0, 0, 10, 10)); /* 10 ms */
    tap_equal(&tap, came_back[3], 0x44444444, "an answer without waiting for the next does it, too");
    l4_my_utcb()->snd_size = 0;
    return tap_done(&tap);
}
