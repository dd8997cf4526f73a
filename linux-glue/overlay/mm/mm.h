/* SPDX-License-Identifier: GPL-2.0-only */
/* Page tables of programs, as the server looks at them. */
#ifndef L4_MM_H
#define L4_MM_H
#include <asm/l4.h>
#include <linux/mm_types.h>

/* The entry for an address; NULL: there is no table. */
pte_t* l4_find_pte(struct mm_struct* mm, unsigned long address);

/* The page of current's at an address may be read, or written, now: its entry is marked so. If not, Linux is
 * asked for it, unless that would sleep where nobody may. False: it cannot be had. */
bool l4_get_page(unsigned long address, bool write);
#endif
