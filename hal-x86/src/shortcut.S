/* SPDX-License-Identifier: BSD-2-Clause */
/* Short IPC by int 0x30: a message of two registers to a thread of the same priority that waits for it,
 * then the sender's own wait without a timeout. Does what Kernel::ipc_shortcut() does
 * (libkern/src/shortcut.cc), or goes to C++ before anything has changed but the frame, as it would be
 * without this file. Not done here: what has a time limit, TLS, ports, floating-point registers in the
 * processor, or an armed timeout, aliens and donations. A thread's frame is its beginning, so the stack
 * pointer is the running thread while registers are pushed. */

/* What is tested and fails goes to C++. */
        .macro  unless condition, to=entered_saved
        j\condition   \to
        .endm

/* Kernel::charge() of the thread EBP at the time EDX:EAX, and the info page's clock. */
        .macro  charge_ebp then
        mov     %eax, %esi
        mov     %edx, %edi
        sub     KERNEL_NOW, %esi
        sbb     KERNEL_NOW + 4, %edi
        mov     %eax, KERNEL_NOW
        mov     %edx, KERNEL_NOW + 4
        add     %esi, THREAD_CONSUMED(%ebp)
        adc     %edi, THREAD_CONSUMED + 4(%ebp)
        sub     %esi, THREAD_REMAINING(%ebp)
        sbb     %edi, THREAD_REMAINING + 4(%ebp)
        mov     RUNNING_KIP, %esi
        mov     %eax, KIP_CLOCK(%esi)
        mov     %edx, KIP_CLOCK + 4(%esi)
        jae     \then
        movl    $0, THREAD_REMAINING(%ebp)
        movl    $0, THREAD_REMAINING + 4(%ebp)
        jmp     \then
        .endm

/* EDX:EAX: Timer::now(). */
        .macro  read_clock
        rdtsc
        sub     MACHINE_TIMER_START, %eax
        sbb     MACHINE_TIMER_START + 4, %edx
        mov     %edx, %esi
        mull    MACHINE_TIMER_SCALE
        mov     %edx, %edi
        mov     %esi, %eax
        mull    MACHINE_TIMER_SCALE
        add     %edi, %eax
        adc     $0, %edx
        .endm

        .text
        .balign 64
        .globl  ipc_entry
ipc_entry:
        push    $0
        push    $VECTOR_IPC
        pusha
        push    %fs
        push    %gs
        test    %eax, %eax              /* registers only, and no flags */
        unless  nz, entered_saved
        mov     $USER_DS, %eax          /* a program may have loaded anything */
        mov     %eax, %ds
        mov     %eax, %es
        mov     %esp, %ebp              /* EBP: the thread that sends */
        cmpl    $0, THREAD_RARE(%ebp)
        unless  nz
        cmpl    $0, KERNEL_DONOR
        unless  nz

        mov     %esi, %eax              /* the partner */
        shr     $17, %eax
        and     $0x7ff, %eax
        mov     KERNEL_TASKS(, %eax, 8), %eax
        test    %eax, %eax
        unless  z, nobody
        mov     %esi, %ecx
        shr     $10, %ecx
        and     $0x7f, %ecx
        mov     TASK_THREADS(%eax, %ecx, 4), %ecx       /* ECX: the thread that receives */
        test    %ecx, %ecx
        unless  z, nobody
        cmp     $-1, %esi
        unless  e, nobody
        cmpb    $0, TASK_DYING(%eax)
        unless  nz

        cmpb    $WAIT_RECEIVE_ANY, THREAD_WAIT(%ecx)
        je      waits_for_us
        cmpb    $WAIT_RECEIVE, THREAD_WAIT(%ecx)
        unless  ne
        mov     THREAD_ID(%ebp), %edi
        cmp     %edi, THREAD_PEER(%ecx)
        unless  ne
waits_for_us:
        cmpb    $0, THREAD_FAULT(%ecx)
        unless  nz
        cmpl    $0, THREAD_DEFERRED(%ecx)
        unless  nz
        cmpw    $0, THREAD_EXTRAS(%ecx)
        unless  nz
        cmpb    $0, KERNEL_TLS_LOADED
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
        mov     THREAD_UTCB(%ebp), %edx
        cmpl    $0, UTCB_SND_SIZE(%edx)
        unless  nz
        cmpl    $0, TASK_PORTS(%eax)
        unless  nz
        cmpw    $-1, TSS_BITMAP
        unless  ne

        testb   $0xf, FRAME_ECX(%ebp)                   /* the timeout to receive */
        unless  nz
        cmpl    $-1, THREAD_REMAINING + 4(%ebp)         /* an endless slice */
        unless  e
        read_clock
        mov     THREAD_REMAINING(%ecx), %esi            /* the timer is armed for no later than its end */
        mov     THREAD_REMAINING + 4(%ecx), %edi
        add     %eax, %esi
        adc     %edx, %edi
        unless  c
        cmp     KERNEL_ARMED, %esi
        sbb     KERNEL_ARMED + 4, %edi
        unless  b

        mov     FRAME_EBP(%ebp), %esi                   /* how it waits; from here on all of it is done */
        test    $1, %esi
        jz      waits_closed
        cmp     $-1, %esi
        unless  e
        lea     THREAD_SENDERS(%ebp), %esi
        cmp     %esi, THREAD_SENDERS_NEXT(%ebp)
        unless  ne
        movb    $WAIT_RECEIVE_ANY, THREAD_WAIT(%ebp)
waits:
        cmp     %eax, KERNEL_NOW
        jne     charge
        cmp     %edx, KERNEL_NOW + 4
        jne     charge
charged:
        incl    COUNTER_SYSCALLS
        incl    COUNTER_SHORT
        incl    COUNTER_SWITCHES
        mov     THREAD_READY_NEXT(%ebp), %esi           /* the one takes the other's place among the ready */
        mov     THREAD_READY_PREV(%ebp), %edi
        lea     THREAD_READY(%ecx), %edx
        mov     %esi, THREAD_READY_NEXT(%ecx)
        mov     %edi, THREAD_READY_PREV(%ecx)
        mov     %edx, LINK_PREV(%esi)
        mov     %edx, LINK_NEXT(%edi)
        movl    $0, THREAD_READY_NEXT(%ebp)             /* its other end does not matter then */
        movb    $WAIT_NOTHING, THREAD_WAIT(%ecx)

        mov     THREAD_TASK(%ebp), %eax                 /* the machine is the other's */
        mov     THREAD_TASK(%ecx), %edx
        cmp     %eax, %edx
        je      same_space
        lea     TASK_SPACE(%edx), %esi
        mov     TASK_DIRECTORY(%edx), %edx
        mov     %esi, KERNEL_ACTIVE
        mov     %edx, %cr3
        incl    COUNTER_CR3_LOADS
same_space:
        mov     %ecx, KERNEL_CURRENT
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

        movzbl  THREAD_LTHREAD(%ebp), %esi              /* the message: EBX still has its second word */
        mov     TASK_REPORTED + 4(%eax), %edi
        shl     $10, %esi
        or      TASK_REPORTED(%eax), %esi
        mov     FRAME_EDX(%ebp), %edx
        mov     $IPC_DONE, %eax
        mov     %ecx, %esp
        pop     %gs
        pop     %fs
        mov     FRAME_EBP - 8(%esp), %ebp
        mov     FRAME_ECX - 8(%esp), %ecx
        add     $FRAME_EIP - 8, %esp
        iret

waits_closed:
        mov     THREAD_ID(%ecx), %esi
        movb    $WAIT_RECEIVE, THREAD_WAIT(%ebp)
        mov     %esi, THREAD_PEER(%ebp)
        jmp     waits

charge:
        charge_ebp charged

/* The running thread goes on with an error.  Its time is charged at the next entry. */
nobody:
        incl    COUNTER_SYSCALLS
        movl    $IPC_NOBODY, FRAME_EAX(%ebp)
        pop     %gs
        pop     %fs
        popa
        add     $8, %esp
        iret

/* thread_switch to nobody by the only thread of its priority: a new slice for it.  The timer is armed for the end
 * of the old one, which is no later. */
        .balign 16
        .globl  switch_entry
switch_entry:
        push    $0
        push    $VECTOR_SWITCH
        pusha
        push    %fs
        push    %gs
        or      %eax, %esi
        unless  nz
        mov     $USER_DS, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %esp, %ebp
        cmpl    $0, THREAD_RARE(%ebp)
        unless  nz
        cmpw    $0, THREAD_EXTRAS(%ebp)
        unless  nz
        testb   $0x30, FRAME_EFLAGS + 1(%ebp)           /* IOPL */
        unless  nz
        cmpl    $0, KERNEL_DONOR
        unless  nz
        cmpl    $-1, THREAD_REMAINING + 4(%ebp)         /* an endless slice */
        unless  e
        mov     THREAD_READY_NEXT(%ebp), %eax           /* alone: both are the queue's head */
        cmp     THREAD_READY_PREV(%ebp), %eax
        unless  ne
        read_clock
        charge_ebp switched
switched:
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
        pop     %gs
        pop     %fs
        popa
        add     $8, %esp
        iret

        .section .note.GNU-stack, "", @progbits
