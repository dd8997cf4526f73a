/* SPDX-License-Identifier: GPL-2.0-only */
/* The smallest init: says hello on what the kernel has opened for it, and switches the machine off. */
#include <asm/unistd_32.h>
#include <linux/reboot.h>

.section .rodata
text: .ascii "hello from a program\n"
.set length, . - text

.data
written: .long 0

.text
.globl _start
_start:
    movl $__NR_write, %eax
    movl $1, %ebx
    movl $text, %ecx
    movl $length, %edx
    int $0x80
    movl %eax, written
    cmpl $length, written
    jne 1f
    movl $__NR_reboot, %eax
    movl $LINUX_REBOOT_MAGIC1, %ebx
    movl $LINUX_REBOOT_MAGIC2, %ecx
    movl $LINUX_REBOOT_CMD_POWER_OFF, %edx
    int $0x80
1:  movl $__NR_exit, %eax
    movl $1, %ebx
    int $0x80
