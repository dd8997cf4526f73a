/* SPDX-License-Identifier: BSD-2-Clause */
/* Frequent system calls in assembly: short IPC by int 0x30, where short_ipc.S is too narrow; the answer to an
 * exception with the full state; thread_switch to nobody.  Each does what C++ does (libkern/src/shortcut.cc,
 * sys_thread.cc), or goes there before anything has changed but the frame, as it would be without this
 * file. */

#include "shortcut.inc"

/* A selector of an answer that Thread::repaired() leaves as it is: none, or the one that the thread's program
 * loaded itself, of which the processor has seen to it that it is one. */
        .macro  selector_is_good word, mine
        mov     \word(%ebx), %esi
        test    %esi, %esi
        jz      1f
        cmp     \mine(%ecx), %esi
        unless  ne
        cmp     $NULL_SELECTORS, %esi
        unless  b
1:
        .endm

        .text
        .balign 16
        .globl  rarer_ipc
rarer_ipc:                              /* the segments are loaded */
        cmpl    $0, FRAME_EAX(%esp)     /* registers only, and no flags */
        unless  nz
        sender
        mov     FRAME_ESI(%ebp), %esi
        receiver nobody
        testb   $0xf, FRAME_ECX(%ebp)   /* the timeout to receive */
        unless  nz
        cmpb    $0, THREAD_FAULT(%ecx)
        jne     answer
        plain_receiver
        mov     THREAD_UTCB(%ebp), %edx
        cmpl    $0, UTCB_SND_SIZE(%edx)
        unless  nz
        clock
        wait_as_it_says
        incl    COUNTER_SYSCALLS
        incl    COUNTER_SHORT
        go_on
        deliver FRAME_EDX(%ebp), FRAME_EBX(%ebp)

/* The running thread goes on with an error.  Its time is charged at the next entry. */
nobody:
        incl    COUNTER_SYSCALLS
        movl    $IPC_NOBODY, FRAME_EAX(%ebp)
        leave

/* The receiver waits for the answer to an exception, and gets its state with it: Thread::write_state(). */
answer:
        cmpb    $FAULT_EXCEPTION, THREAD_FAULT(%ecx)
        unless  ne
        cmpl    $DEALIEN, FRAME_EDX(%ebp)
        unless  e
        plain_receiver
        mov     THREAD_UTCB(%ebp), %ebx
        cmpl    $STATE_WORDS, UTCB_SND_SIZE(%ebx)
        unless  b
        testl   $STATUS_TIME_LIMIT, UTCB_STATUS(%ebx)
        unless  nz
        selector_is_good UTCB_STATE_GS, FRAME_GS
        selector_is_good UTCB_STATE_FS, FRAME_FS
        clock
        wait_as_it_says
        lea     UTCB_STATE(%ebx), %esi
        mov     %ecx, %ebx
        mov     %ecx, %edi
        mov     $STATE_WORDS, %ecx
        cld
        rep     movsl
        mov     %ebx, %ecx
        andl    $EFLAGS_OF_USER, FRAME_EFLAGS(%ecx)
        movl    $USER_CS, FRAME_CS(%ecx)
        orl     $USER_EFLAGS, FRAME_EFLAGS(%ecx)
        movl    $0, THREAD_FAULT(%ecx)                  /* with what stands beside it in that word */
        movl    $0, THREAD_FAULT_ERR(%ecx)
        movl    $0, THREAD_FAULT_PAGER(%ecx)
        movl    $0, THREAD_FAULT_PAGER + 4(%ecx)
        movl    $0, THREAD_FAULT_W0(%ecx)
        movl    $0, THREAD_FAULT_W1(%ecx)
        movl    $0, THREAD_FAULT_PFA(%ecx)
        movl    $0, THREAD_FAULT_WINDOW(%ecx)
        incl    COUNTER_SYSCALLS
        incl    COUNTER_SHORT
        go_on
        mov     %ecx, %esp
        leave

/* thread_switch to nobody by the only thread of its priority: a new slice for it.  The timer is armed for
 * the end of the old one, which is no later. */
        .balign 16
        .globl  switch_entry
switch_entry:
        push    $0
        push    $VECTOR_SWITCH
        save_registers
        or      %eax, %esi
        unless  nz
        load_segments
        sender
        cmpw    $0, THREAD_EXTRAS(%ebp)
        unless  nz
        testb   $0x30, FRAME_EFLAGS + 1(%ebp)           /* IOPL */
        unless  nz
        cmpl    $-1, THREAD_REMAINING + 4(%ebp)         /* an endless slice */
        unless  e
        mov     KERNEL_READY_NEXT, %eax                 /* alone: both are the queue's head */
        cmp     KERNEL_READY_PREV, %eax
        unless  ne
        sender_clock
        incl    COUNTER_SYSCALLS
        mov     THREAD_REMAINING(%ebp), %ecx
        mov     THREAD_REMAINING + 4(%ebp), %edx
        mov     THREAD_SLICE(%ebp), %eax
        mov     THREAD_SLICE + 4(%ebp), %esi
        mov     %eax, THREAD_REMAINING(%ebp)
        mov     %esi, THREAD_REMAINING + 4(%ebp)
        movl    $0, FRAME_EAX(%ebp)
        mov     %ecx, FRAME_ECX(%ebp)
        mov     %edx, FRAME_EDX(%ebp)
        leave

        .section .note.GNU-stack, "", @progbits
