/* SPDX-License-Identifier: BSD-2-Clause */
#include "l4/semaphore/semaphore.h"

#include "l4/sys/ipc.h"
#include "l4/sys/thread.h"
#include "l4/thread/thread.h"
#include "l4env/semaphore/src/queue.h"

static l4_word_t stack[256] __attribute__((aligned(16)));
static l4_threadid_t server;

/* Messages to the library's thread: w0 is the semaphore, w1 the waiter, or this. */
#define WAKE 0u

/** Each message is of our own task, whose threads could as well do what they want by themselves. */
static void serve(void* argument) {
    l4_ipc_result_t m = l4_ipc_wait(0, L4_TIMEOUT_SERVER);
    const l4_word_t task = l4_id_task(l4_myself());
    (void)argument;
    for (;;) {
        struct l4_semaphore_waiter* woken = 0;
        l4_semaphore_t* const s = (l4_semaphore_t*)(uintptr_t)m.w0;
        const int ours = l4_ipc_error(m) == L4_IPC_OK && l4_id_task(m.from) == task;
        if (ours && m.w1 == WAKE) {
            const l4_threadid_t waker = m.from;
            woken = l4_semaphore_wake(s);
            /* Both are answered: the waker goes on at once. */
            (void)l4_ipc_send(waker, 0, 0, 0, L4_TIMEOUT_SND_ZERO);
        } else if (ours) {
            woken = l4_semaphore_sleep(s, (struct l4_semaphore_waiter*)(uintptr_t)m.w1);
        }
        m = woken ? l4_ipc_reply_and_wait(woken->thread, 0, 0, 0, 0) : l4_ipc_wait(0, L4_TIMEOUT_SERVER);
        while (l4_ipc_error(m) != L4_IPC_OK) m = l4_ipc_wait(0, L4_TIMEOUT_SERVER);
    }
}

int l4_semaphore_start(void) {
    const l4_word_t lthread = l4_thread_start(serve, 0, stack, sizeof stack);
    server = l4_threadid(l4_id_task(l4_myself()), lthread);
    return lthread != L4_THREAD_NONE;
}

int l4_semaphore_try_down(l4_semaphore_t* semaphore) {
    int count = __atomic_load_n(&semaphore->count, __ATOMIC_RELAXED);
    while (count > 0)
        if (__atomic_compare_exchange_n(&semaphore->count, &count, count - 1, 0, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED))
            return 1;
    return 0;
}

void l4_semaphore_down(l4_semaphore_t* semaphore) {
    struct l4_semaphore_waiter waiter = {{0, 0}, 0};
    if (__atomic_fetch_sub(&semaphore->count, 1, __ATOMIC_ACQUIRE) > 0) return;
    waiter.thread = l4_myself();
    (void)l4_ipc_call_words(server, (l4_word_t)(uintptr_t)semaphore, (l4_word_t)(uintptr_t)&waiter);
}

void l4_semaphore_up(l4_semaphore_t* semaphore) {
    if (__atomic_fetch_add(&semaphore->count, 1, __ATOMIC_RELEASE) >= 0) return;
    (void)l4_ipc_call_words(server, (l4_word_t)(uintptr_t)semaphore, WAKE);
}
