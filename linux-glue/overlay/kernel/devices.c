// SPDX-License-Identifier: GPL-2.0-only
// What drivers have of the machine, if the root task gives it: ports, and interrupt lines, whose numbers are
// Linux's, too.
//
// A thread for each line brings its interrupts. It does not wait for the next one before Linux unmasks the
// line: the microkernel lets a line through while somebody waits for it, and as long as a handler has to wait
// for interrupts to be on, a device that is not served yet would interrupt again and again. When Linux
// unmasks it for a thread that has given up waiting, the thread begins anew.
#include <asm/l4.h>
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/irq.h>
#include <linux/kernel.h>

#include "l4/roottask/client.h"

static struct line {
    unsigned int number;
    unsigned int open;   /* Linux wants an interrupt */
    unsigned int asleep; /* the thread waits for `open` */
    unsigned long stack[2048];
} lines[L4_KEEPER - L4_LINE];
static unsigned int taken;

bool l4_take_ports(unsigned int first, unsigned int count) {
    while (count > 0) {
        const unsigned int log2 = min_t(unsigned int, first ? __ffs(first) : L4_FP_IO_SIZE_MAX, __fls(count));
        const l4_ipc_result_t r = l4_ipc_call(l4_root_pager(), 0, l4_io_fpage(first, log2, 0), 0,
                                              l4_rcv_anywhere(), L4_TIMEOUT_NEVER);
        if (l4_ipc_error(r) != L4_IPC_OK || !l4_ipc_got_fpage(r)) return false;
        first += 1u << log2;
        count -= 1u << log2;
    }
    return true;
}

static void __noreturn bring_interrupts(void) {
    struct line* l = lines + (l4_my_lthread() - L4_LINE);
    for (;;) {
        WRITE_ONCE(l->asleep, 1);
        barrier();
        while (!READ_ONCE(l->open)) l4_ipc_sleep(L4_TIMEOUT_NEVER);
        WRITE_ONCE(l->asleep, 0);
        if (l4_irq_wait(l->number, L4_TIMEOUT_NEVER) != L4_IPC_OK) continue;
        WRITE_ONCE(l->open, 0);
        barrier();
        l4_interrupt(l->number);
    }
}

static void line_thread(void) {
    const struct line* l = lines + (l4_my_lthread() - L4_LINE);
    const l4_word_t status = l4_root_irq_attach(l->number);
    l4_ipc_send(l4_server(L4_LINUX), 0, status, 0, L4_TIMEOUT_NEVER);
    if (status == L4_ROOT_OK) bring_interrupts();
    for (;;) l4_ipc_sleep(L4_TIMEOUT_NEVER);
}

/* The thread has closed it before Linux hears of the interrupt. */
static void mask(struct irq_data* d) {}

/* By whoever runs a handler: the Linux thread, or one that brings interrupts. */
static void unmask(struct irq_data* d) {
    struct line* l = irq_data_get_irq_chip_data(d);
    l4_ex_regs_t regs = l4_ex_regs_keep();
    WRITE_ONCE(l->open, 1);
    if (xchg(&l->asleep, 0) == 0) return;
    regs.eip = (l4_word_t)bring_interrupts;
    regs.esp = (l4_word_t)(l->stack + ARRAY_SIZE(l->stack)) - 16;
    l4_lthread_ex_regs(L4_LINE + (l - lines), regs);
}

static struct irq_chip line_chip = {.name = "line", .irq_mask = mask, .irq_unmask = unmask};

int l4_take_line(unsigned int number) {
    struct line* l;
    l4_ipc_result_t r;
    for (l = lines; l < lines + taken; l++)
        if (l->number == number) return 0;
    if (number == 0 || number >= NR_IRQS) return -EINVAL;
    if (taken == ARRAY_SIZE(lines)) return -ENOSPC;
    l->number = number;
    l4_start_thread(L4_LINE + taken, line_thread, l->stack + ARRAY_SIZE(l->stack), l4_server(L4_KEEPER));
    r = l4_ipc_receive(l4_server(L4_LINE + taken), 0, L4_TIMEOUT_NEVER);
    if (l4_ipc_error(r) != L4_IPC_OK || r.w0 != L4_ROOT_OK) return -EACCES;
    taken++;
    irq_set_chip_and_handler(number, &line_chip, handle_level_irq);
    irq_set_chip_data(number, l);
    return 0;
}
