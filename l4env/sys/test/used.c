/* SPDX-License-Identifier: BSD-2-Clause */
/* Every call, from C. */
#include "l4/sys/ipc.h"
#include "l4/sys/message.h"
#include "l4/sys/space.h"
#include "l4/sys/task.h"
#include "l4/sys/thread.h"
#include "l4/sys/timeout.h"

l4_word_t use_calls(l4_threadid_t partner);

l4_word_t use_calls(l4_threadid_t partner) {
    L4_MESSAGE(4, 1) message = L4_MESSAGE_INIT(4, 1, 2, 1);
    l4_word_t sum = 0;
    l4_string_to_send(&message.strings[0], "text", 4);
    sum += l4_ipc_error(l4_ipc_send(partner, l4_snd_buffer(&message, 0), 1, 2, l4_timeouts_us(5, 5)));
    sum += l4_ipc_call_words(partner, 1, 2).w0;
    sum += l4_ipc_reply_and_wait(partner, l4_snd_fpage(), 0, l4_fpage(0x1000, 12, 0), l4_rcv_anywhere()).w1;
    l4_ipc_sleep(l4_timeouts_us(L4_TIME_NEVER, 1000));
    sum += l4_irq_attach(4) + l4_irq_wait(4, L4_TIMEOUT_NEVER);
    l4_irq_detach();
    sum += l4_fpage_unmap(L4_FP_WHOLE_SPACE, L4_FP_FLUSH | L4_FP_ALL_SPACES);
    sum += l4_task_create(5, l4_task_new_create(255, 16), 1, 2, l4_myself()).code;
    sum += l4_task_kill(5, l4_myself()).code;
    l4_yield();
    sum += l4_thread_schedule(partner, L4_SCHED_QUERY).param;
    sum += l4_lthread_ex_regs(l4_ex_regs_target(5, 0), l4_ex_regs_keep()).eflags;
    return sum;
}
