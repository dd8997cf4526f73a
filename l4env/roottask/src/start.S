/* SPDX-License-Identifier: BSD-2-Clause */
/* The root task brings its own stack. */
    .globl _start
_start:
    movl $stack_end, %esp
    xorl %ebp, %ebp
    call root_main

    .bss
    .balign 16
    .skip 16384
stack_end:
    .section .note.GNU-stack, "", @progbits
