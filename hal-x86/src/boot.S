/* SPDX-License-Identifier: BSD-2-Clause */
/* From the boot loader to C++ with paging on. */

#define MULTIBOOT_MAGIC 0x1badb002
#define MULTIBOOT_FLAGS 3 /* modules on page boundaries, memory map */
#define EARLY_CODE      0x08
#define EARLY_DATA      0x10

        .section .boot.header, "a"
        .align  4
        .long   MULTIBOOT_MAGIC, MULTIBOOT_FLAGS, -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

/* Segments that begin at 0x40000000: addresses of the direct range wrap around to physical ones, so code that
 * is linked there runs before there are page tables. */
        .align  8
early_gdt:
        .quad   0
        .quad   0x40cf9b000000ffff
        .quad   0x40cf93000000ffff
early_gdt_pointer:
        .word   . - early_gdt - 1
        .long   early_gdt

        .section .boot, "ax"
        .globl  boot_start
boot_start:
        cli
        cld
        lgdt    early_gdt_pointer
        ljmp    $EARLY_CODE, $early

        .text
early:
        mov     $EARLY_DATA, %ecx
        mov     %ecx, %ds
        mov     %ecx, %es
        mov     %ecx, %ss
        mov     $kernel_stack_end, %esp
        push    $0                      /* ends backtraces */
        mov     %esp, %ebp
        push    %ebx
        push    %eax
        call    boot_early              /* (magic, multiboot information); returns what CR4 gets */
        mov     $boot_directory, %ecx
        sub     $direct_base, %ecx
        mov     %ecx, %cr3
        mov     %eax, %cr4
        mov     %cr0, %eax
        or      $0x80000000, %eax
        mov     %eax, %cr0
        /* The directory still maps the kernel where it lies, which is where these segments lead. */
        lgdt    flat_gdt_pointer
        ljmp    $EARLY_CODE, $1f
1:      mov     $EARLY_DATA, %ecx
        mov     %ecx, %ds
        mov     %ecx, %es
        mov     %ecx, %ss
        call    boot_main               /* (magic, multiboot information) */
        ud2

        .section .rodata
        .align  8
flat_gdt:
        .quad   0
        .quad   0x00cf9b000000ffff
        .quad   0x00cf93000000ffff
flat_gdt_pointer:
        .word   . - flat_gdt - 1
        .long   flat_gdt

        .section .note.GNU-stack, "", @progbits
