// SPDX-License-Identifier: GPL-2.0-only
// The end of the server. The root task hears whether it was meant.
#include <asm/l4.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/panic_notifier.h>
#include <linux/pm.h>
#include <linux/reboot.h>

/* Without one Linux makes a halt of it. */
void (*pm_power_off)(void) = machine_power_off;
EXPORT_SYMBOL(pm_power_off);

static bool panicked;

void machine_halt(void) { l4_exit(0); }
void machine_power_off(void) { l4_exit(0); }
/* panic() restarts, too: nobody starts the server again. */
void machine_restart(char* command) { l4_exit(panicked ? 1 : 0); }

static int on_panic(struct notifier_block* nb, unsigned long event, void* text) {
    panicked = true;
    return NOTIFY_DONE;
}

static struct notifier_block panic_block = {.notifier_call = on_panic};

static int __init reboot_init(void) {
    return atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
}
early_initcall(reboot_init);
