/* SPDX-License-Identifier: BSD-2-Clause */
/* The root task, the threads that it makes, and where a thread lands that gets a new EIP. */
    .globl _start
_start:
    movl $director_stack_end, %esp
    xorl %ebp, %ebp
    call conformance_main

/* The stack that a new thread gets holds what its function gets, then the function. */
    .globl thread_entry
thread_entry:
    xorl %ebp, %ebp
    popl %eax
    call *%eax
    ud2

/* Keeps all registers as they are here, needs no stack, and sleeps. */
    .globl landing
landing:
    movl %eax, landed
    movl %ecx, landed + 4
    movl %edx, landed + 8
    movl %ebx, landed + 12
    movl %ebp, landed + 16
    movl %esi, landed + 20
    movl %edi, landed + 24
    movl %esp, landed + 28
    incl landed + 32
1:  movl $-1, %eax
    xorl %ecx, %ecx
    xorl %ebp, %ebp
    xorl %esi, %esi
    xorl %edi, %edi
    int $0x30
    jmp 1b

    .globl trap_with_registers, trap_at
trap_with_registers:
    movl $0xa1, %eax
    movl $0xb1, %ebx
    movl $0xc1, %ecx
    movl $0xd1, %edx
    movl $0x51, %esi
    movl $0xd2, %edi
    movl $0xe1, %ebp
trap_at:
    ud2
    jmp landing

    .bss
    .balign 16
    .skip 16384
director_stack_end:

    .section .note.GNU-stack, "", @progbits
