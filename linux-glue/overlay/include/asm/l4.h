/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_L4_L4_H
#define _ASM_L4_L4_H
/* drops's own headers, which want <stdint.h>: include/l4std has that. */
#include <linux/limits.h>
#include <linux/types.h>

#include "l4/abi/exception.h"
#include "l4/abi/fpage.h"
#include "l4/abi/limits.h"
#include "l4/sys/fpage.h"
#include "l4/sys/ipc.h"
#include "l4/sys/kdebug.h"
#include "l4/sys/kip.h"
#include "l4/sys/message.h"
#include "l4/sys/space.h"
#include "l4/sys/task.h"
#include "l4/sys/thread.h"
#include "l4/sys/timeout.h"
#include "l4/sys/utcb.h"

/* Threads of the server. Each has a higher priority than those before it. */
enum l4_server_thread {
    L4_LINUX,                /* all of Linux but interrupts */
    L4_TIMER,                /* brings L4_IRQ_TIMER */
    L4_LINE,                 /* and those behind it: each brings the interrupts of a line */
    L4_KEEPER = L4_LINE + 3, /* pager of the others: vmalloc, fix-ups, oops */
};

extern l4_threadid_t l4_server_task; /* thread 0 */

static inline l4_threadid_t l4_server(enum l4_server_thread n) {
    return l4_threadid(l4_id_task(l4_server_task), n);
}

/* Which of them runs. */
static inline enum l4_server_thread l4_my_lthread(void) {
    return (enum l4_server_thread)((l4_enter_utcb() - L4_UTCB_AREA) / L4_UTCB_SIZE);
}

/* Starts a thread of the server on the stack that ends at `stack_end`. */
void l4_start_thread(enum l4_server_thread n, void (*entry)(void), void* stack_end, l4_threadid_t pager);

void l4_console_write(const char* text, unsigned int length);

/* The server ends; 0 is success. */
void __noreturn l4_exit(unsigned int code);

void l4_start_keeper(void);

/* Ports of the machine are Linux's from now on. False: the root task does not give them. */
bool l4_take_ports(unsigned int first, unsigned int count);
/* A line of the machine brings Linux's interrupt of the same number. 0, or an error: the root task does not
 * give it. */
int l4_take_line(unsigned int line);

/* Memory at `address` lies at `machine` in the machine's. False: there are too many pieces. */
bool l4_add_memory(unsigned long address, unsigned long machine);
/* No piece of Linux's free memory is two of the machine's. */
void l4_reserve_seams(void);

/* An interrupt has come; only interrupt threads say so. */
void l4_interrupt(unsigned int irq);
/* The Linux thread is asleep in arch_cpu_idle, or about to be. */
extern unsigned int l4_idle;
#endif
