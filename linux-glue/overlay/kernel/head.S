/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the root task starts Linux: on a stack with argc, argv as a Unix program has them. */
#include <linux/init.h>
#include <linux/linkage.h>
#include <asm/asm-offsets.h>
#include <asm/thread_info.h>

__HEAD
SYM_CODE_START(_start)
    movl %esp, %eax
    movl $(init_thread_union + THREAD_SIZE - PT_REGS_SIZE), %esp
    xorl %ebp, %ebp
    call l4_start
    ud2
SYM_CODE_END(_start)
