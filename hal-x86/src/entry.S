/* SPDX-License-Identifier: BSD-2-Clause */
/* Ways into the kernel and the way out.  The stack pointer that the processor takes from the TSS is the end
 * of the running thread's frame, so what it pushes is there already; the rest is pushed in the order of
 * ia32::TrapFrame.  Offsets and selectors come from src/offsets.cc. */

#define TRAP_VECTORS 0x50 /* x86::trap_vectors */
#define FIRST_CALL   0x30 /* L4_VEC_IPC */
#define LAST_CALL    0x36 /* L4_VEC_TASK_NEW */
#define VM           0x20000

        .text

/* One stub of 16 bytes for each vector. */
        .balign 16
        .globl  trap_stubs
trap_stubs:
        .set    vector, 0
        .rept   TRAP_VECTORS
        .balign 16
        .if     !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17)
        push    $0                      /* where the processor pushes no error code */
        .endif
        push    $vector
        .if     vector >= FIRST_CALL && vector <= LAST_CALL
        jmp     called
        .else
        jmp     entered
        .endif
        .set    vector, vector + 1
        .endr

        .macro  save_registers
        pusha
        push    %fs
        push    %gs
        .endm

        .macro  load_segments           /* a program may have loaded anything */
        mov     $USER_DS, %eax
        mov     %eax, %ds
        mov     %eax, %es
        cld
        .endm

        .balign 16
entered:
        save_registers
        .globl  entered_saved
entered_saved:
        load_segments
        testb   $3, FRAME_CS(%esp)
        jnz     from_user
        testb   $VM >> 16, FRAME_EFLAGS + 2(%esp)
        jnz     from_vm86

/* A device's interrupt while the kernel waits for one; all else is a bug. */
from_kernel:
        mov     %esp, %eax
        call    trap_from_kernel        /* (frame) */
        add     $8, %esp                /* FS and GS are still there, and may name what is gone */
        popa
        add     $8, %esp
        iret

/* Only programs make system calls. */
        .balign 16
called:
        save_registers
        load_segments
from_user:
        testb   $VM >> 16, FRAME_EFLAGS + 2(%esp)
        jnz     from_vm86
        mov     %eax, FRAME_SS(%esp)    /* what a program has there may be gone when it goes on */
        mov     %esp, %eax
        lea     THREAD_FPU(%eax), %edx  /* what the assembly leaves for later: go_on */
        mov     %eax, KERNEL_FPU_OWNER
        mov     %edx, MACHINE_FPU_WANTED
        mov     THREAD_TASK(%eax), %edx
        add     $TASK_SPACE, %edx
        mov     %edx, KERNEL_ACTIVE
        mov     $kernel_stack_end, %esp
        call    trap_from_user          /* (frame); returns the frame to go on with */
        .globl  leave_to_user
leave_to_user:
        mov     %eax, %esp
        pop     %gs
        pop     %fs
        popa
        add     $8, %esp
        iret

/* A program was in virtual-8086 mode.  Processors do not let it get there, but QEMU's translator does, by
 * iret.  Four segment registers were pushed first, so all lies that much lower; and what assembly takes for
 * the thread, of which it asks THREAD_RARE before it changes anything, has its id there (offsets.cc), and
 * comes here, too.  The program goes on as if there were no such mode. */
from_vm86:
        lea     FRAME_SIZE - 4(%esp), %esi
        lea     VM86_BYTES(%esi), %edi
        mov     $FRAME_WORDS, %ecx
        std
        rep     movsl
        cld
        add     $VM86_BYTES, %esp
        movl    $USER_CS, FRAME_CS(%esp)
        andl    $EFLAGS_OF_USER, FRAME_EFLAGS(%esp)
        orl     $USER_EFLAGS, FRAME_EFLAGS(%esp)
        movb    $0, THREAD_HAS_IOPL(%esp)
        jmp     from_user

/* IPC by sysenter: the processor sets neither stack nor flags for us, and saves nothing.  A program that is
 * single stepped traps here first, on the small stack that sysenter loads. */
        .globl  sysenter_entry
sysenter_entry:
        mov     %ss:TSS_ESP0, %esp
        push    $USER_DS
        push    %ecx
        pushf
        push    $2
        popf                            /* NT, which sysenter leaves, would make our iret a task switch */
        push    $USER_CS
        push    $0
        push    $0
        push    $SYSENTER_VECTOR
        jmp     entered

/* May come between any two instructions, also when the stack pointer is in a thread's frame or DS is a
 * program's. */
        .globl  nmi_entry
nmi_entry:
        mov     %esp, %ss:nmi_interrupted
        mov     $nmi_stack_end, %esp
        pusha
        push    %ds
        push    %es
        mov     $USER_DS, %eax
        mov     %eax, %ds
        mov     %eax, %es
        cld
        mov     nmi_interrupted, %eax
        call    trap_nmi                /* (what the processor pushed) */
        pop     %es
        pop     %ds
        popa
        mov     %ss:nmi_interrupted, %esp
        iret

        .bss
        .balign 16
kernel_stack:
        .skip   16384
        .globl  kernel_stack_end
kernel_stack_end:
        .skip   1024
        .globl  sysenter_stack_end
sysenter_stack_end:
        .skip   4096
nmi_stack_end:
nmi_interrupted:
        .skip   4

        .section .note.GNU-stack, "", @progbits
