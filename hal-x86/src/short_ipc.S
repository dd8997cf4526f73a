/* SPDX-License-Identifier: BSD-2-Clause */
/* Short IPC by int 0x30 in its most frequent form: two registers and no more between threads of one priority,
 * neither of which uses what costs something to switch.  What must be 0 for that is or-ed together and asked
 * for once.  All else goes to rarer_ipc, before anything has changed but the frame.
 *
 * ESP is the running thread, which sends; ECX the one that receives, ESI its task. */

#include "shortcut.inc"

        .text
        .balign 64
        .globl  ipc_entry
ipc_entry:
        sub     $8, %esp                /* error code and vector, for whom they matter */
        save_registers
        mov     $USER_DS, %edi
        mov     %edi, %ds
        mov     %edi, %es
        mov     %edi, FRAME_SS(%esp)
        and     $0xf, %ecx              /* the timeout to receive */
        or      %ecx, %eax              /* registers only, and no flags */
        or      THREAD_RARE(%esp), %eax
        or      KERNEL_TLS_LOADED, %eax
        or      MACHINE_FPU_LOADED, %eax
        mov     %esi, %edx
        shr     $17, %esi
        and     $0x7ff, %esi
        mov     KERNEL_TASKS(, %esi, 8), %esi
        shr     $10, %edx
        and     $0x7f, %edx
        mov     TASK_THREADS(%esi, %edx, 4), %ecx
        or      TASK_DYING(%esi), %eax
        or      TASK_PORTS(%esi), %eax
        or      THREAD_DEFERRED(%ecx), %eax
        or      THREAD_EXTRAS(%ecx), %eax
        or      THREAD_FAULT(%ecx), %eax
        or      THREAD_TIMEOUT(%ecx), %eax
        jnz     rarer
        mov     THREAD_UTCB(%esp), %edi
        movzbl  THREAD_PRIO(%esp), %edx
        xor     THREAD_PRIO(%ecx), %dl
        or      UTCB_SND_SIZE(%edi), %edx
        jnz     rarer
        cmpb    $WAIT_RECEIVE_ANY, THREAD_WAIT(%ecx)
        jne     closed
accepted:
        same_microsecond time_has_passed
        mov     THREAD_REMAINING(%ecx), %edx    /* what does not fit is more, or endless */
        cmp     MACHINE_TIMER_LEFT, %edx
        jb      time_has_passed
in_time:
        test    $1, %ebp
        jnz     waits_for_any
        mov     THREAD_ID(%ecx), %edx
        movb    $WAIT_RECEIVE, THREAD_WAIT(%esp)
        mov     %edx, THREAD_PEER(%esp)
waits:
        incl    COUNTER_SYSCALLS
        incl    COUNTER_SHORT
        incl    COUNTER_SWITCHES
        movb    $WAIT_NOTHING, THREAD_WAIT(%ecx)
        cmp     THREAD_TASK(%esp), %esi
        je      1f
        movw    $TSS_NO_BITMAP, TSS_BITMAP
        mov     TASK_DIRECTORY(%esi), %edx
        mov     %edx, %cr3
        incl    COUNTER_CR3_LOADS
1:      mov     %ecx, KERNEL_CURRENT
        lea     FRAME_SIZE(%ecx), %edx
        mov     THREAD_SEES_UTCB(%ecx), %esi
        mov     %edx, TSS_ESP0
        mov     %esi, utcb_word
        mov     THREAD_REPORTED(%esp), %esi
        mov     THREAD_REPORTED + 4(%esp), %edi
        mov     FRAME_EDX(%esp), %edx
        mov     $IPC_DONE, %eax
        mov     %ecx, %esp
        pop     %gs
        pop     %fs
        mov     FRAME_EBP - 8(%esp), %ebp
        mov     FRAME_ECX - 8(%esp), %ecx
        add     $FRAME_EIP - 8, %esp
        iret

closed: cmpb    $WAIT_RECEIVE, THREAD_WAIT(%ecx)
        jne     rarer
        mov     THREAD_ID(%esp), %edx
        cmp     %edx, THREAD_PEER(%ecx)
        je      accepted

rarer:  movl    $0, FRAME_ERR(%esp)
        movl    $VECTOR_IPC, FRAME_TRAPNO(%esp)
        jmp     rarer_ipc

waits_for_any:
        cmp     $-1, %ebp
        je      rarer
        lea     THREAD_SENDERS(%esp), %edx
        cmp     %edx, THREAD_SENDERS_NEXT(%esp)
        jne     rarer
        movb    $WAIT_RECEIVE_ANY, THREAD_WAIT(%esp)
        jmp     waits

time_has_passed:
        movl    $0, FRAME_ERR(%esp)
        movl    $VECTOR_IPC, FRAME_TRAPNO(%esp)
        mov     %esp, %ebp
        charge_sender
        timer_fires_before
        mov     FRAME_EBP(%ebp), %ebp
        mov     THREAD_TASK(%ecx), %esi
        jmp     in_time

        .section .note.GNU-stack, "", @progbits
