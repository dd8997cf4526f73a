// SPDX-License-Identifier: GPL-2.0-only
// hvc0: output through the microkernel.
#include <asm/l4.h>
#include <linux/console.h>
#include <linux/err.h>
#include <linux/init.h>

#include "../../../drivers/tty/hvc/hvc_console.h"

static int put_chars(u32 vtermno, const char* text, int count) {
    l4_console_write(text, count);
    return count;
}

/* There is no input yet. */
static int get_chars(u32 vtermno, char* text, int count) { return 0; }

static const struct hv_ops ops = {.get_chars = get_chars, .put_chars = put_chars};

static int __init console_init_l4(void) {
    hvc_instantiate(0, 0, &ops);
    add_preferred_console("hvc", 0, NULL);
    return 0;
}
console_initcall(console_init_l4);

static int __init device_init_l4(void) { return PTR_ERR_OR_ZERO(hvc_alloc(0, 0, &ops, 256)); }
device_initcall(device_init_l4);
