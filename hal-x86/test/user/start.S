/* SPDX-License-Identifier: BSD-2-Clause */
        .section .text.start, "ax"
        .globl  _start
_start:
        mov     %esp, boot_stack_pointer
        mov     %ecx, boot_ecx
        mov     $stack_end, %esp
        xor     %ebp, %ebp
        call    program
1:      jmp     1b

        .bss
        .balign 16
        .skip   16384
stack_end:
        .globl  boot_stack_pointer, boot_ecx
boot_stack_pointer:
        .skip   4
boot_ecx:
        .skip   4

        .section .note.GNU-stack, "", @progbits
