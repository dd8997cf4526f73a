/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel has put the physical address of its info page on the stack that it gives, and into ECX. */
    .globl _start
_start:
    popl %eax
    movl $stack_end, %esp
    xorl %ebp, %ebp
    pushl %ecx
    pushl %eax
    call sigma0_main

    .bss
    .balign 16
    .skip 8192
stack_end:
    .section .note.GNU-stack, "", @progbits
