/* SPDX-License-Identifier: BSD-2-Clause */
/* The most frequent entries in assembly: short IPC by int 0x30, exceptions with an error code that a pager
 * takes, its answers with the full state, thread_switch to nobody.  Each does what C++ does
 * (libkern/src/shortcut.cc, sys_thread.cc), or goes there before anything has changed but the frame, as it
 * would be without this file.
 *
 * Not done here: partners of another priority, threads that have a time limit, an armed timeout or
 * floating-point registers in the processor, system calls of aliens, ports other than those that the
 * processor looked at last, donations, and slices that end before the timer fires.
 *
 * EBP is the running thread, which sends; ECX the one that receives and goes on in its place.  A thread's
 * frame is its beginning, so the stack pointer is the running thread while registers are pushed. */

/* What fails a test goes to C++. */
        .macro  unless condition, to=entered_saved
        j\condition   \to
        .endm

        .macro  save_registers
        pusha
        push    %fs
        push    %gs
        .endm

        .macro  load_segments           /* a program may have loaded anything */
        mov     $USER_DS, %eax
        mov     %eax, %ds
        mov     %eax, %es
        .endm

        .macro  sender rare=-1
        mov     %esp, %ebp
        testl   $\rare, THREAD_RARE(%ebp)
        unless  nz
        cmpl    $0, KERNEL_DONOR
        unless  nz
        .endm

/* ECX: the thread that the id ESI names, EAX: its task.  It waits for a message from EBP. */
        .macro  receiver else
        mov     %esi, %eax
        shr     $17, %eax
        and     $0x7ff, %eax
        mov     KERNEL_TASKS(, %eax, 8), %eax
        test    %eax, %eax
        unless  z, \else
        mov     %esi, %ecx
        shr     $10, %ecx
        and     $0x7f, %ecx
        mov     TASK_THREADS(%eax, %ecx, 4), %ecx
        test    %ecx, %ecx
        unless  z, \else
        cmp     $-1, %esi
        unless  e, \else
        cmpb    $0, TASK_DYING(%eax)
        unless  nz
        cmpb    $WAIT_RECEIVE_ANY, THREAD_WAIT(%ecx)
        je      1f
        cmpb    $WAIT_RECEIVE, THREAD_WAIT(%ecx)
        unless  ne
        mov     THREAD_ID(%ebp), %edi
        cmp     %edi, THREAD_PEER(%ecx)
        unless  ne
1:
        .endm

/* It, of task EAX, can go on at once, and in the place of EBP. */
        .macro  plain_receiver
        cmpl    $0, THREAD_DEFERRED(%ecx)
        unless  nz
        cmpb    $0, THREAD_TIME_LIMIT(%ecx)
        unless  nz
        testb   $0x30, FRAME_EFLAGS + 1(%ecx)           /* IOPL */
        unless  nz
        cmpb    $0, MACHINE_FPU_LOADED
        unless  nz
        cmpl    $-1, THREAD_DEADLINE + 4(%ecx)
        unless  ne
        movb    THREAD_PRIO(%ebp), %dl
        cmpb    %dl, THREAD_PRIO(%ecx)
        unless  ne
        cmpl    $0, TASK_PORTS(%eax)
        jz      9f
        mov     MACHINE_FIXED, %esi                     /* the bitmap that the processor finds */
        mov     IO_BITMAP_ENTRY(%esi), %edx
        mov     IO_BITMAP_ENTRY + 4(%esi), %edi
        and     $FRAME_MASK, %edx
        and     $FRAME_MASK, %edi
        cmp     %edx, TASK_PORTS(%eax)
        unless  ne
        cmp     %edi, TASK_PORTS + 4(%eax)
        unless  ne
9:      cmpl    $-1, THREAD_REMAINING + 4(%ebp)         /* an endless slice */
        unless  e
        .endm

/* EDX:EAX: Timer::now(). */
        .macro  read_clock
        rdtsc
        mov     %edx, %esi
        mull    MACHINE_TIMER_SCALE
        mov     %edx, %edi
        mov     %esi, %eax
        mull    MACHINE_TIMER_SCALE
        add     %edi, %eax
        adc     $0, %edx
        sub     MACHINE_TIMER_START, %eax
        sbb     MACHINE_TIMER_START + 4, %edx
        .endm

/* The timer is armed for no later than the end of the receiver's slice. */
        .macro  timer_fires_before
        mov     THREAD_REMAINING(%ecx), %esi
        mov     THREAD_REMAINING + 4(%ecx), %edi
        add     %eax, %esi
        adc     %edx, %edi
        unless  c
        cmp     KERNEL_ARMED, %esi
        sbb     KERNEL_ARMED + 4, %edi
        unless  b
        .endm

/* The sender waits from here on, in the way that FRAME_EBP says, and without a timeout. */
        .macro  wait_as_it_says
        mov     FRAME_EBP(%ebp), %esi
        test    $1, %esi
        jz      2f
        cmp     $-1, %esi
        unless  e
        lea     THREAD_SENDERS(%ebp), %esi
        cmp     %esi, THREAD_SENDERS_NEXT(%ebp)
        unless  ne
        movb    $WAIT_RECEIVE_ANY, THREAD_WAIT(%ebp)
        jmp     3f
2:      wait_for_receiver
3:
        .endm

        .macro  wait_for_receiver
        mov     THREAD_ID(%ecx), %esi
        movb    $WAIT_RECEIVE, THREAD_WAIT(%ebp)
        mov     %esi, THREAD_PEER(%ebp)
        .endm

/* Kernel::charge() of the sender at the time EDX:EAX, and the info page's clock. */
        .macro  charge_sender
        cmp     %eax, KERNEL_NOW
        jne     4f
        cmp     %edx, KERNEL_NOW + 4
        je      5f
4:      mov     %eax, %esi
        mov     %edx, %edi
        sub     KERNEL_NOW, %esi
        sbb     KERNEL_NOW + 4, %edi
        mov     %eax, KERNEL_NOW
        mov     %edx, KERNEL_NOW + 4
        add     %esi, THREAD_CONSUMED(%ebp)
        adc     %edi, THREAD_CONSUMED + 4(%ebp)
        mov     RUNNING_KIP, %ebx
        mov     %eax, KIP_CLOCK(%ebx)
        mov     %edx, KIP_CLOCK + 4(%ebx)
        sub     %esi, THREAD_REMAINING(%ebp)
        sbb     %edi, THREAD_REMAINING + 4(%ebp)
        jae     5f
        movl    $0, THREAD_REMAINING(%ebp)
        movl    $0, THREAD_REMAINING + 4(%ebp)
5:
        .endm

/* The receiver takes the sender's place among the ready, and the machine. */
        .macro  go_on
        incl    COUNTER_SWITCHES
        mov     THREAD_READY_NEXT(%ebp), %esi
        mov     THREAD_READY_PREV(%ebp), %edi
        lea     THREAD_READY(%ecx), %edx
        mov     %esi, THREAD_READY_NEXT(%ecx)
        mov     %edi, THREAD_READY_PREV(%ecx)
        mov     %edx, LINK_PREV(%esi)
        mov     %edx, LINK_NEXT(%edi)
        movl    $0, THREAD_READY_NEXT(%ebp)             /* its other end does not matter then */
        movb    $WAIT_NOTHING, THREAD_WAIT(%ecx)
        mov     THREAD_TASK(%ebp), %eax
        mov     THREAD_TASK(%ecx), %edx
        cmp     %eax, %edx
        je      6f
        lea     TASK_SPACE(%edx), %esi
        cmpl    $0, TASK_PORTS(%edx)
        movw    $TSS_NO_BITMAP, TSS_BITMAP
        jz      8f
        movw    $TSS_HAS_BITMAP, TSS_BITMAP
8:      mov     TASK_DIRECTORY(%edx), %edx
        mov     %esi, KERNEL_ACTIVE
        mov     %edx, %cr3
        incl    COUNTER_CR3_LOADS
6:      mov     %ecx, KERNEL_CURRENT
        lea     FRAME_SIZE(%ecx), %edx
        mov     %edx, TSS_ESP0
        movzbl  THREAD_LTHREAD(%ecx), %edx
        mov     MACHINE_UTCB_WORD, %esi
        shl     $7, %edx
        add     $UTCB_AREA, %edx
        mov     %edx, (%esi)
        lea     THREAD_FPU(%ecx), %edx
        mov     %ecx, KERNEL_FPU_OWNER
        mov     %edx, MACHINE_FPU_WANTED
        movzbl  THREAD_HAS_TLS(%ecx), %edx
        orb     %dl, KERNEL_TLS_LOADED                  /* those of the thread before are to go */
        jz      7f
        movb    %dl, KERNEL_TLS_LOADED
        .irp    at, 0, 4, 8, 12, 16, 20
        mov     THREAD_TLS + \at(%ecx), %edx
        mov     %edx, GDT_TLS + \at
        .endr
7:
        .endm

/* To the receiver's program with a message of two words from the sender, whose task is EAX. */
        .macro  deliver w0, w1
        movzbl  THREAD_LTHREAD(%ebp), %esi
        mov     TASK_REPORTED + 4(%eax), %edi
        shl     $10, %esi
        or      TASK_REPORTED(%eax), %esi
        mov     \w0, %edx
        mov     \w1, %ebx
        mov     $IPC_DONE, %eax
        mov     %ecx, %esp
        pop     %gs
        pop     %fs
        mov     FRAME_EBP - 8(%esp), %ebp
        mov     FRAME_ECX - 8(%esp), %ecx
        add     $FRAME_EIP - 8, %esp
        iret
        .endm

        .macro  leave
        pop     %gs
        pop     %fs
        popa
        add     $8, %esp
        iret
        .endm

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
        .balign 64
        .globl  ipc_entry
ipc_entry:
        push    $0
        push    $VECTOR_IPC
        save_registers
        test    %eax, %eax              /* registers only, and no flags */
        unless  nz
        load_segments
        sender
        receiver nobody
        testb   $0xf, FRAME_ECX(%ebp)   /* the timeout to receive */
        unless  nz
        cmpb    $0, THREAD_FAULT(%ecx)
        jne     answer
        plain_receiver
        mov     THREAD_UTCB(%ebp), %edx
        cmpl    $0, UTCB_SND_SIZE(%edx)
        unless  nz
        read_clock
        timer_fires_before
        wait_as_it_says
        charge_sender
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
        cmp     $DEALIEN, %edx
        unless  e
        plain_receiver
        mov     THREAD_UTCB(%ebp), %ebx
        cmpl    $STATE_WORDS, UTCB_SND_SIZE(%ebx)
        unless  b
        testl   $STATUS_TIME_LIMIT, UTCB_STATUS(%ebx)
        unless  nz
        selector_is_good UTCB_STATE_GS, FRAME_GS
        selector_is_good UTCB_STATE_FS, FRAME_FS
        read_clock
        timer_fires_before
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
        charge_sender
        incl    COUNTER_SYSCALLS
        incl    COUNTER_SHORT
        go_on
        mov     %ecx, %esp
        leave

/* General protection.  With an error code it is none of the instructions that the kernel executes itself. */
        .balign 16
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
        cmpw    $TASK_SIGMA0, THREAD_ID(%ebp)
        unless  e
        mov     THREAD_PAGER(%ebp), %esi
        receiver entered_saved
        cmpb    $0, THREAD_FAULT(%ecx)
        unless  nz
        plain_receiver
        mov     THREAD_UTCB(%ecx), %ebx
        testl   $STATUS_EXCEPTIONS, UTCB_STATUS(%ebx)
        unless  z
        cmpl    $STATE_WORDS, UTCB_RCV_SIZE(%ebx)
        unless  b
        read_clock
        timer_fires_before
        wait_for_receiver
        lea     UTCB_STATE(%ebx), %edi
        mov     %ecx, %ebx
        mov     %ebp, %esi
        mov     $STATE_WORDS, %ecx
        cld
        rep     movsl
        mov     %ebx, %ecx
        mov     THREAD_UTCB(%ecx), %esi
        movl    $0, UTCB_STATE_PFA(%esi)
        mov     FRAME_ERR(%ebp), %esi
        movl    $FAULT_OF_PROTECTION, THREAD_FAULT(%ebp)
        mov     %esi, THREAD_FAULT_ERR(%ebp)
        mov     THREAD_PAGER(%ebp), %esi
        mov     THREAD_PAGER + 4(%ebp), %edi
        mov     %esi, THREAD_FAULT_PAGER(%ebp)
        mov     %edi, THREAD_FAULT_PAGER + 4(%ebp)
        movl    $COOKIE_0, THREAD_FAULT_W0(%ebp)
        movl    $COOKIE_1, THREAD_FAULT_W1(%ebp)
        movl    $0, THREAD_FAULT_PFA(%ebp)
        movl    $0, THREAD_FAULT_WINDOW(%ebp)
        movl    $0, THREAD_FAULT_DRIVER(%ebp)
        movl    $-1, THREAD_FAULT_DEADLINE(%ebp)
        movl    $-1, THREAD_FAULT_DEADLINE + 4(%ebp)
        charge_sender
        incl    COUNTER_EXCEPTIONS
        incl    COUNTER_EXCEPTION_IPC
        go_on
        deliver $COOKIE_0, $COOKIE_1

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
        mov     THREAD_READY_NEXT(%ebp), %eax           /* alone: both are the queue's head */
        cmp     THREAD_READY_PREV(%ebp), %eax
        unless  ne
        read_clock
        charge_sender
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
