/* SPDX-License-Identifier: BSD-2-Clause */
/* The root task has put argc and argv on the stack (roottask/src/arguments.h). */
    .globl _start
_start:
    movl %esp, %eax
    xorl %ebp, %ebp
    andl $-16, %esp
    subl $12, %esp
    pushl %eax
    call l4_start

    .section .note.GNU-stack, "", @progbits
