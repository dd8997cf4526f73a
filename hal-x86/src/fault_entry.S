/* SPDX-License-Identifier: BSD-2-Clause */
/* The most frequent faults of programs in assembly: page faults, and exceptions with an error code, of which
 * a pager that waits is told.  Each does what C++ does (libkern/src/shortcut.cc, fault.cc), or goes there
 * before anything has changed but the frame, as it would be without this file. */

#include "shortcut.inc"

/* ECX: the running thread's pager, EBX: its UTCB. */
        .macro  pager
        cmpw    $TASK_SIGMA0, THREAD_ID(%ebp)
        unless  e
        mov     THREAD_PAGER(%ebp), %esi
        receiver entered_saved
        cmpb    $0, THREAD_FAULT(%ecx)
        unless  nz
        plain_receiver
        mov     THREAD_UTCB(%ecx), %ebx
        .endm

/* It wants to know of exceptions. */
        .macro  takes_exceptions
        testl   $STATUS_EXCEPTIONS, UTCB_STATUS(%ebx)
        unless  z
        .endm

/* It has room for all of the state. */
        .macro  takes_all
        cmpl    $STATE_WORDS, UTCB_RCV_SIZE(%ebx)
        unless  b
        .endm

/* It gets the state; EBX is gone. */
        .macro  copy_state
        lea     UTCB_STATE(%ebx), %edi
        mov     %ecx, %ebx
        mov     %ebp, %esi
        mov     $STATE_WORDS, %ecx
        cld
        rep     movsl
        mov     %ebx, %ecx
        .endm

/* What the kernel remembers of the fault but for its two words. */
        .macro  remember head, window
        movl    $\head, THREAD_FAULT(%ebp)
        mov     FRAME_ERR(%ebp), %esi
        mov     FRAME_CR2(%ebp), %edi
        mov     %esi, THREAD_FAULT_ERR(%ebp)
        mov     %edi, THREAD_FAULT_PFA(%ebp)
        mov     THREAD_PAGER(%ebp), %esi
        mov     THREAD_PAGER + 4(%ebp), %edi
        mov     %esi, THREAD_FAULT_PAGER(%ebp)
        mov     %edi, THREAD_FAULT_PAGER + 4(%ebp)
        movl    $\window, THREAD_FAULT_WINDOW(%ebp)
        movl    $0, THREAD_FAULT_DRIVER(%ebp)
        movl    $-1, THREAD_FAULT_DEADLINE(%ebp)
        movl    $-1, THREAD_FAULT_DEADLINE + 4(%ebp)
        .endm

/* An exception is told. */
        .macro  tell_exception head, window, counter
        takes_exceptions
        takes_all
        clock
        wait_for_receiver
        copy_state
        remember \head, \window
        movl    $COOKIE_0, THREAD_FAULT_W0(%ebp)
        movl    $COOKIE_1, THREAD_FAULT_W1(%ebp)
        incl    \counter
        incl    COUNTER_EXCEPTION_IPC
        go_on
        deliver $COOKIE_0, $COOKIE_1
        .endm

/* A page fault is told: the pager has the state if it wants it. */
        .macro  tell_page_fault head
        remember \head, WHOLE_SPACE
        mov     FRAME_ERR(%ebp), %esi
        mov     FRAME_CR2(%ebp), %edi
        and     $FAULT_PRESENT_OR_WRITE, %esi
        and     $~3, %edi
        or      %esi, %edi
        mov     FRAME_EIP(%ebp), %esi
        mov     %edi, THREAD_FAULT_W0(%ebp)
        mov     %esi, THREAD_FAULT_W1(%ebp)
        incl    COUNTER_PAGE_FAULTS
        incl    COUNTER_FAULTS
        go_on
        deliver THREAD_FAULT_W0(%ebp), THREAD_FAULT_W1(%ebp)
        .endm

        .text
/* General protection.  With an error code it is none of the instructions that the kernel executes itself. */
        .balign 64
        .globl  protection_entry
protection_entry:
        push    $VECTOR_PROTECTION
        save_registers
        testb   $3, FRAME_CS(%esp)
        unless  z
        cmpl    $0, FRAME_ERR(%esp)
        unless  e
        load_segments
        sender  RARE_BUT_ALIEN
        cmpw    $0, THREAD_IDT_LIMIT(%ebp)      /* it reflects exceptions */
        unless  ne
        pager
        movl    $0, FRAME_CR2(%ebp)
        tell_exception HEAD_OF_PROTECTION, 0, COUNTER_EXCEPTIONS

/* A page that is not there, or not for this.  What the kernel has above a program's addresses C++ sees to. */
        .balign 16
        .globl  page_fault_entry
page_fault_entry:
        push    $VECTOR_PAGE_FAULT
        save_registers
        testb   $3, FRAME_CS(%esp)
        unless  z
        load_segments
        mov     %cr2, %eax
        cmp     $USER_TOP, %eax
        unless  ae
        sender  RARE_BUT_ALIEN
        mov     %eax, FRAME_CR2(%ebp)
        pager
        cmpb    $0, THREAD_ALIEN(%ebp)
        jne     alien_page_fault
        testl   $STATUS_PF_STATE, UTCB_STATUS(%ebx)
        jnz     page_fault_with_state
        clock
        wait_for_receiver
        tell_page_fault HEAD_OF_USER_FAULT

page_fault_with_state:
        takes_all
        clock
        wait_for_receiver
        copy_state
        tell_page_fault HEAD_OF_USER_FAULT_WITH_STATE

/* An alien's is an exception. */
alien_page_fault:
        tell_exception HEAD_OF_ALIEN_FAULT, WHOLE_SPACE, COUNTER_PAGE_FAULTS

        .section .note.GNU-stack, "", @progbits
