/* SPDX-License-Identifier: BSD-2-Clause */
/* Message *ipc_by_call(Message *result, Word entry, Word w0, Word w1): calls thread 1 of the root task. */
        .text
        .globl  ipc_by_call
ipc_by_call:
        push    %ebp
        push    %ebx
        push    %esi
        push    %edi
        mov     28(%esp), %edx          /* w0 */
        mov     32(%esp), %ebx          /* w1 */
        mov     $0x00080400, %esi       /* task 4, lthread 1 */
        xor     %edi, %edi
        xor     %eax, %eax
        xor     %ecx, %ecx
        xor     %ebp, %ebp
        mov     %esp, stack_difference
        call    *24(%esp)
        sub     %esp, stack_difference
        mov     20(%esp), %ecx
        mov     %eax, 0(%ecx)
        mov     %edx, 4(%ecx)
        mov     %ebx, 8(%ecx)
        mov     %esi, 12(%ecx)
        mov     %edi, 16(%ecx)
        mov     %ecx, %eax
        pop     %edi
        pop     %esi
        pop     %ebx
        pop     %ebp
        ret     $4

        .bss
        .globl  stack_difference
        .balign 4
stack_difference:
        .skip   4

        .section .note.GNU-stack, "", @progbits
