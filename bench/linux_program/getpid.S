/* SPDX-License-Identifier: BSD-2-Clause */
/* Init of //bench:linux_legs: says that it is ready, and asks for its number until the machine is ended. */
#include <asm/unistd_32.h>

.section .rodata
text: .ascii "ready\n"
.set length, . - text

.text
.globl _start
_start:
    movl $__NR_write, %eax
    movl $1, %ebx
    movl $text, %ecx
    movl $length, %edx
    int $0x80
1:  movl $__NR_getpid, %eax
    int $0x80
    jmp 1b
