/* SPDX-License-Identifier: BSD-2-Clause */
/* "give" waits for somebody, grants its physical page at 0xb8000, and ends. Another uses the page until then;
 * afterwards it is gone, and a touch ends that task. */
#include "l4/abi/limits.h"
#include "l4/c/stdio.h"
#include "l4/c/string.h"
#include "l4/sys/fpage.h"
#include "l4/sys/ipc.h"

#define GIVEN  0xb8000u
#define WINDOW 0x50000000u

static volatile l4_word_t* word(l4_word_t address) { return (volatile l4_word_t*)(uintptr_t)address; }

static int give(void) {
    const l4_ipc_result_t m = l4_ipc_wait(0, L4_TIMEOUT_NEVER);
    *word(GIVEN) = 7;
    (void)l4_ipc_send(m.from, l4_snd_fpage(), 0, l4_fpage(GIVEN, L4_PAGE_SHIFT, L4_FP_WRITE | L4_FP_GRANT),
                      L4_TIMEOUT_NEVER);
    return 0;
}

static int take(void) {
    const l4_threadid_t giver = l4_threadid(L4_TASK_FIRST_USER, 0);
    const l4_word_t window = l4_rcv_fpage(l4_fpage(WINDOW, L4_PAGE_SHIFT, 0));
    const l4_ipc_result_t r = l4_ipc_call(giver, 0, 0, 0, window, L4_TIMEOUT_NEVER);
    printf("granted: %lu\n", l4_ipc_got_fpage(r) ? (unsigned long)*word(WINDOW) : 0);
    while (l4_ipc_error(l4_ipc_send(giver, 0, 0, 0, L4_TIMEOUT_NEVER)) != L4_IPC_ENOT_EXISTENT) {
    }
    printf("still there: %lu\n", (unsigned long)*word(WINDOW));
    return 0;
}

int main(int argc, char** argv) { return argc == 2 && !strcmp(argv[1], "give") ? give() : take(); }
