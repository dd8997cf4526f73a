/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel info page (V2, with memory descriptors).  Read-only for users; found at L4_KIP_ADDRESS
 * in tasks where boot code has mapped it, by "lock; nop", or by asking sigma0.
 *
 * Source: L4 Reference Manual V2, kernel info page; memory descriptors as in Fiasco of 2007. */
#pragma once

#include "l4/abi/types.h"

/** A pair of physical addresses: [low, high). */
typedef struct l4_kip_range {
    l4_word_t low, high;
} l4_kip_range_t;
L4_ABI_ASSERT(sizeof(l4_kip_range_t) == 8);

/** How a first server is entered. */
typedef struct l4_kip_server {
    l4_word_t esp, eip;
    l4_kip_range_t memory;
} l4_kip_server_t;
L4_ABI_ASSERT(sizeof(l4_kip_server_t) == 16);

typedef struct l4_kip {
    l4_word_t magic;
    l4_word_t version;
    uint8_t version_strings; /**< offset of the version and feature strings, in units of 16 bytes */
    uint8_t reserved_09[3];
    uint8_t sys_calls; /**< not 0: "lock; nop" and the call stubs exist */
    uint8_t reserved_0d[3];
    l4_word_t kdebug_init;
    l4_word_t kdebug_exception;
    l4_word_t sched_granularity; /**< us */
    l4_word_t kdebug_end;
    l4_kip_server_t sigma0, sigma1, root;
    l4_word_t l4_config; /**< page-table entries and mapping nodes */
    l4_word_t mem_info;  /**< high half: offset of the memory descriptors; low half: their number */
    l4_word_t kdebug_config;
    l4_word_t kdebug_permission;
    l4_word_t total_ram; /**< bytes */
    l4_word_t reserved_64[15];
    uint64_t clock;       /**< us since boot, alive */
    uint64_t switch_time; /**< us */
    l4_word_t cpu_khz;
    l4_word_t bus_khz;
    uint64_t thread_time;
    l4_word_t sys_ipc; /**< this and the next seven: offsets of the call stubs from the page's start */
    l4_word_t sys_id_nearest;
    l4_word_t sys_fpage_unmap;
    l4_word_t sys_thread_switch;
    l4_word_t sys_thread_schedule;
    l4_word_t sys_lthread_ex_regs;
    l4_word_t sys_task_new;
    l4_word_t sys_privctrl;
    l4_word_t user_ptr; /**< physical address of the multiboot information */
    l4_word_t vhw_offset;
    uint8_t vkey_irq;
    uint8_t reserved_e9[7];
} l4_kip_t;
L4_ABI_ASSERT(sizeof(l4_kip_t) == 0xf0);
L4_ABI_ASSERT(offsetof(l4_kip_t, magic) == 0x00);
L4_ABI_ASSERT(offsetof(l4_kip_t, version) == 0x04);
L4_ABI_ASSERT(offsetof(l4_kip_t, version_strings) == 0x08);
L4_ABI_ASSERT(offsetof(l4_kip_t, sys_calls) == 0x0c);
L4_ABI_ASSERT(offsetof(l4_kip_t, kdebug_init) == 0x10);
L4_ABI_ASSERT(offsetof(l4_kip_t, kdebug_exception) == 0x14);
L4_ABI_ASSERT(offsetof(l4_kip_t, sched_granularity) == 0x18);
L4_ABI_ASSERT(offsetof(l4_kip_t, kdebug_end) == 0x1c);
L4_ABI_ASSERT(offsetof(l4_kip_t, sigma0) == 0x20);
L4_ABI_ASSERT(offsetof(l4_kip_t, sigma0.eip) == 0x24);
L4_ABI_ASSERT(offsetof(l4_kip_t, sigma0.memory) == 0x28);
L4_ABI_ASSERT(offsetof(l4_kip_t, sigma1) == 0x30);
L4_ABI_ASSERT(offsetof(l4_kip_t, root) == 0x40);
L4_ABI_ASSERT(offsetof(l4_kip_t, l4_config) == 0x50);
L4_ABI_ASSERT(offsetof(l4_kip_t, mem_info) == 0x54);
L4_ABI_ASSERT(offsetof(l4_kip_t, kdebug_config) == 0x58);
L4_ABI_ASSERT(offsetof(l4_kip_t, kdebug_permission) == 0x5c);
L4_ABI_ASSERT(offsetof(l4_kip_t, total_ram) == 0x60);
L4_ABI_ASSERT(offsetof(l4_kip_t, clock) == 0xa0);
L4_ABI_ASSERT(offsetof(l4_kip_t, switch_time) == 0xa8);
L4_ABI_ASSERT(offsetof(l4_kip_t, cpu_khz) == 0xb0);
L4_ABI_ASSERT(offsetof(l4_kip_t, bus_khz) == 0xb4);
L4_ABI_ASSERT(offsetof(l4_kip_t, thread_time) == 0xb8);
L4_ABI_ASSERT(offsetof(l4_kip_t, sys_ipc) == 0xc0);
L4_ABI_ASSERT(offsetof(l4_kip_t, sys_id_nearest) == 0xc4);
L4_ABI_ASSERT(offsetof(l4_kip_t, sys_fpage_unmap) == 0xc8);
L4_ABI_ASSERT(offsetof(l4_kip_t, sys_thread_switch) == 0xcc);
L4_ABI_ASSERT(offsetof(l4_kip_t, sys_thread_schedule) == 0xd0);
L4_ABI_ASSERT(offsetof(l4_kip_t, sys_lthread_ex_regs) == 0xd4);
L4_ABI_ASSERT(offsetof(l4_kip_t, sys_task_new) == 0xd8);
L4_ABI_ASSERT(offsetof(l4_kip_t, sys_privctrl) == 0xdc);
L4_ABI_ASSERT(offsetof(l4_kip_t, user_ptr) == 0xe0);
L4_ABI_ASSERT(offsetof(l4_kip_t, vhw_offset) == 0xe4);
L4_ABI_ASSERT(offsetof(l4_kip_t, vkey_irq) == 0xe8);

#define L4_KIP_MAGIC            0x4be6344cu /**< "L4", a micro sign, "K" */
#define L4_KIP_VERSION_TOP      0x87u       /**< top byte of `version` */
#define L4_KIP_MEM_OFFSET_SHIFT 16u
#define L4_KIP_MEM_COUNT_MASK   0x0000ffffu

/** A stretch of memory, in units of 1 KiB: both ends are inside. */
typedef struct l4_kip_mem {
    l4_word_t start; /**< address bits 10..31, L4_KIP_MEM_VIRTUAL, subtype, type */
    l4_word_t end;   /**< address of the last byte: bits 0..9 read as ones */
} l4_kip_mem_t;
L4_ABI_ASSERT(sizeof(l4_kip_mem_t) == 8);

#define L4_KIP_MEM_ADDR_MASK     0xfffffc00u
#define L4_KIP_MEM_VIRTUAL       0x00000200u
#define L4_KIP_MEM_SUBTYPE_SHIFT 4u
#define L4_KIP_MEM_SUBTYPE_MASK  0x000000f0u
#define L4_KIP_MEM_TYPE_MASK     0x0000000fu

#define L4_KIP_MEM_UNDEFINED    0x0u
#define L4_KIP_MEM_CONVENTIONAL 0x1u
#define L4_KIP_MEM_RESERVED     0x2u
#define L4_KIP_MEM_DEDICATED    0x3u /**< sigma0's image */
#define L4_KIP_MEM_SHARED       0x4u
#define L4_KIP_MEM_BOOTLOADER   0xeu /**< the root task's image and the boot modules */
#define L4_KIP_MEM_ARCH         0xfu
