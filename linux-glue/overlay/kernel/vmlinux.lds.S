/* SPDX-License-Identifier: GPL-2.0-only */
/* A static program. Everything can be written: init text becomes free memory. */
#include <asm/cache.h>
#include <asm/page.h>
#include <asm/thread_info.h>
#include <asm-generic/vmlinux.lds.h>

OUTPUT_FORMAT("elf32-i386")
OUTPUT_ARCH(i386)
ENTRY(_start)
jiffies = jiffies_64;

PHDRS {
    image PT_LOAD FLAGS(7);
}

SECTIONS {
    . = L4_IMAGE_START;
    _text = .;
    _stext = .;
    .text : {
        HEAD_TEXT
        TEXT_TEXT
        SCHED_TEXT
        CPUIDLE_TEXT
        LOCK_TEXT
        KPROBES_TEXT
        IRQENTRY_TEXT
        ENTRY_TEXT
        SOFTIRQENTRY_TEXT
        *(.fixup)
    } :image
    _etext = .;
    EXCEPTION_TABLE(16)
    RO_DATA(PAGE_SIZE)
    _sdata = .;
    RW_DATA(L1_CACHE_BYTES, PAGE_SIZE, THREAD_SIZE)
    _edata = .;
    . = ALIGN(PAGE_SIZE);
    __init_begin = .;
    INIT_TEXT_SECTION(PAGE_SIZE)
    INIT_DATA_SECTION(16)
    .altinstructions : { *(.altinstructions) }
    .altinstr_replacement : { *(.altinstr_replacement) }
    .exit.text : { EXIT_TEXT }
    .exit.data : { EXIT_DATA }
    PERCPU_SECTION(L1_CACHE_BYTES)
    . = ALIGN(PAGE_SIZE);
    __init_end = .;
    BSS_SECTION(PAGE_SIZE, PAGE_SIZE, PAGE_SIZE)
    _end = .;
    STABS_DEBUG
    DWARF_DEBUG
    ELF_DETAILS
    DISCARDS
}
