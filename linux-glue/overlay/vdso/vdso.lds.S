/* SPDX-License-Identifier: GPL-2.0-only */
/* One segment, position-independent; the data page is the page before it. */
#include <asm/page.h>

OUTPUT_FORMAT("elf32-i386")
OUTPUT_ARCH(i386)
ENTRY(__kernel_vsyscall)

PHDRS {
    text PT_LOAD FLAGS(5) FILEHDR PHDRS;
    dynamic PT_DYNAMIC FLAGS(4);
    note PT_NOTE FLAGS(4);
    eh_frame_hdr 0x6474e550;
}

SECTIONS {
    vvar__vdso_data = . - PAGE_SIZE;
    . = SIZEOF_HEADERS;
    .hash : { *(.hash) } :text
    .gnu.hash : { *(.gnu.hash) }
    .dynsym : { *(.dynsym) }
    .dynstr : { *(.dynstr) }
    .gnu.version : { *(.gnu.version) }
    .gnu.version_d : { *(.gnu.version_d) }
    .gnu.version_r : { *(.gnu.version_r) }
    .dynamic : { *(.dynamic) } :text :dynamic
    .rodata : { *(.rodata*) *(.data*) *(.got.plt) *(.got) *(.bss*) } :text
    .note : { *(.note.gnu.build-id) *(.note.Linux) } :text :note
    .eh_frame_hdr : { *(.eh_frame_hdr) } :text :eh_frame_hdr
    .eh_frame : { KEEP(*(.eh_frame)) } :text
    .text : { *(.text*) } :text =0x90909090
    /DISCARD/ : {
        *(.altinstructions) *(.altinstr_replacement) *(.discard*) *(__ex_table) *(__bug_table) *(.note*)
    }
}

VERSION {
    LINUX_2.6 {
        global:
            __vdso_clock_gettime;
            __vdso_gettimeofday;
            __vdso_time;
            __vdso_clock_getres;
            __vdso_clock_gettime64;
    };
    LINUX_2.5 {
        global:
            __kernel_vsyscall;
            __kernel_sigreturn;
            __kernel_rt_sigreturn;
        local: *;
    };
}
