/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_L4_SEGMENT_H
#define _ASM_L4_SEGMENT_H

#define GDT_ENTRY_TLS_ENTRIES 3
#define GDT_ENTRY_TLS_MIN     6
#define GDT_ENTRY_TLS_MAX     8

/* As drops has them (docs/semantics.md 16). The server runs with them, too: pt_regs of its own code say so by
 * selectors of privilege 0, which it never has. */
#define __USER_CS   0x1b
#define __USER_DS   0x23
#define __KERNEL_CS 0x10
#define __KERNEL_DS 0x18
#endif
