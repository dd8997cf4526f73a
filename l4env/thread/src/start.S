/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread begins with its function and argument on the stack, the argument on top of 16 aligned bytes. */
    .globl l4_thread_entry
l4_thread_entry:
    xorl %ebp, %ebp
    popl %eax
    call *%eax
    call l4_thread_ended

    .section .note.GNU-stack, "", @progbits
