// SPDX-License-Identifier: GPL-2.0-only
// Offsets for assembly files.
#include <linux/kbuild.h>
#include <linux/sched.h>

int main(void) {
    DEFINE(TASK_SP, offsetof(struct task_struct, thread.sp));
    DEFINE(PT_REGS_SIZE, sizeof(struct pt_regs));
    return 0;
}
