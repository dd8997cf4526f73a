/* SPDX-License-Identifier: BSD-2-Clause */
/* Timed timed_NAME(const Regs *): one operation with these registers, in units of the time stamp counter,
 * and EAX behind it. timed_nothing tells what is counted beside it. */
        .macro  timed name, code:vararg
        .globl  timed_\name
timed_\name:
        push    %ebp
        push    %ebx
        push    %esi
        push    %edi
        mov     20(%esp), %ebp
        mov     4(%ebp), %ecx
        mov     12(%ebp), %ebx
        mov     20(%ebp), %esi
        mov     24(%ebp), %edi
        rdtsc
        push    %eax
        mov     0(%ebp), %eax
        mov     8(%ebp), %edx
        mov     16(%ebp), %ebp
        \code
        mov     %eax, %ecx
        rdtsc
        sub     (%esp), %eax
        mov     %ecx, %edx
        add     $4, %esp
        pop     %edi
        pop     %esi
        pop     %ebx
        pop     %ebp
        ret
        .endm

        .text
        timed   nothing
        timed   ipc, int $0x30
        timed   unmap, int $0x32
        timed   switch, int $0x33
        timed   ex_regs, int $0x35
        timed   linux_call, int $0x80
        timed   touch, mov %eax, (%esi)

/* void answer(): answers each message with two zeros and no more. */
        .globl  answer
answer:
        mov     $-1, %eax
1:      xor     %ecx, %ecx
        mov     $1, %ebp
        int     $0x30
        xor     %eax, %eax
        jmp     1b

/* void answer_buffered(): the same, received into the buffer `receive_buffer`, in which may be mapped. */
        .globl  answer_buffered
answer_buffered:
        mov     $-1, %eax
1:      xor     %ecx, %ecx
        mov     $receive_buffer + 1, %ebp
        int     $0x30
        xor     %eax, %eax
        jmp     1b

/* void answer_maps(): the same, with the whole space as window. */
        .globl  answer_maps
answer_maps:
        mov     $-1, %eax
1:      xor     %ecx, %ecx
        mov     $0x83, %ebp
        int     $0x30
        xor     %eax, %eax
        jmp     1b

/* void handle_exceptions(Word n, l4_utcb_t* own): receives n exceptions; the thread of each goes on two bytes
 * further, behind its int, once it is answered: all but the last are. */
        .globl  handle_exceptions
handle_exceptions:
        push    %ebp
        push    %ebx
        push    %esi
        push    %edi
        mov     $-1, %eax
1:      xor     %ecx, %ecx
        mov     $1, %ebp
        int     $0x30
        decl    20(%esp)
        jz      2f
        mov     24(%esp), %eax
        addl    $2, 0x34(%eax)          /* eip */
        xor     %eax, %eax
        jmp     1b
2:      mov     24(%esp), %eax
        addl    $2, 0x34(%eax)
        pop     %edi
        pop     %esi
        pop     %ebx
        pop     %ebp
        ret

/* void handle_faults(Word n): answers n page faults with the page itself, writable, and returns at the next
 * message. */
        .globl  handle_faults
handle_faults:
        push    %ebp
        push    %ebx
        push    %esi
        push    %edi
        mov     $-1, %eax
1:      xor     %ecx, %ecx
        mov     $1, %ebp
        int     $0x30
        decl    20(%esp)
        js      2f
        and     $0xfffff000, %edx
        lea     0x32(%edx), %ebx        /* 4 KiB, writable */
        mov     $2, %eax
        jmp     1b
2:      pop     %edi
        pop     %esi
        pop     %ebx
        pop     %ebp
        ret

/* void reflected(): where an exception of an int is reflected to; it goes on behind the int. */
        .globl  reflected
reflected:
        add     $4, %esp                /* the error code */
        addl    $2, (%esp)
        iret

/* void reflected_to_server(): the same with a call to reflection_server before. */
        .globl  reflected_to_server
reflected_to_server:
        pusha
        xor     %eax, %eax
        xor     %ecx, %ecx
        xor     %ebp, %ebp
        mov     reflection_server, %esi
        mov     reflection_server + 4, %edi
        int     $0x30
        popa
        add     $4, %esp
        addl    $2, (%esp)
        iret

        .section .note.GNU-stack, "", @progbits
