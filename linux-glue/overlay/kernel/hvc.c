// SPDX-License-Identifier: GPL-2.0-only
// hvc0: output through the microkernel, which has the serial line and the screen anyway; input from the UART
// of the same line, by its interrupt, if the root task gives ports and line (README.md). The two share no
// register: the microkernel looks at the line status and writes what is to be sent.
#include <asm/l4.h>
#include <linux/console.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/irq.h>

#include "../../../drivers/tty/hvc/hvc_console.h"
#include "l4/sys/io.h"

enum { COM1 = 0x3f8, COM1_PORTS = 8, COM1_LINE = 4 };
enum { DATA = COM1, INTERRUPT_ENABLE = COM1 + 1, LINE_STATUS = COM1 + 5 };
enum { RECEIVED = 1, DATA_READY = 1 };

static bool has_input __ro_after_init;

static int put_chars(u32 vtermno, const char* text, int count) {
    l4_console_write(text, count);
    return count;
}

/* Until nothing is left, or the line would not interrupt again. */
static int get_chars(u32 vtermno, char* text, int count) {
    int n = 0;
    while (has_input && n < count && (l4_in8(LINE_STATUS) & DATA_READY)) text[n++] = l4_in8(DATA);
    return n;
}

/* Without an interrupt hvc would poll. If there is no input, there is nothing to poll for. */
static int start_input(struct hvc_struct* hp, int irq) {
    if (has_input) return notifier_add_irq(hp, irq);
    hp->irq_requested = 1;
    return 0;
}

static void end_input(struct hvc_struct* hp, int irq) {
    if (has_input) notifier_del_irq(hp, irq);
}

static const struct hv_ops ops = {.get_chars = get_chars,
                                  .put_chars = put_chars,
                                  .notifier_add = start_input,
                                  .notifier_del = end_input,
                                  .notifier_hangup = end_input};

static int __init console_init_l4(void) {
    hvc_instantiate(0, 0, &ops);
    add_preferred_console("hvc", 0, NULL);
    return 0;
}
console_initcall(console_init_l4);

static int __init device_init_l4(void) {
    has_input = l4_take_ports(COM1, COM1_PORTS) && l4_take_line(COM1_LINE) == 0;
    if (has_input)
        l4_out8(INTERRUPT_ENABLE, RECEIVED);
    else
        pr_info("hvc0: no input: the root task gives no ports or no interrupt line\n");
    return PTR_ERR_OR_ZERO(hvc_alloc(0, COM1_LINE, &ops, 256));
}
device_initcall(device_init_l4);
