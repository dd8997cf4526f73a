// SPDX-License-Identifier: GPL-2.0-only
// Copies from and to programs, page by page through their page tables. Between the look at an entry and the
// copy nobody else runs who could change it.
#include <asm/pgtable.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "mm.h"

/* The server's address of a byte of current's; NULL: it cannot be had. */
static void* reach(unsigned long address, bool write) {
    if (!l4_get_page(address, write)) return NULL;
    return (void*)((pte_val(*l4_find_pte(current->mm, address)) & PAGE_MASK) | (address & ~PAGE_MASK));
}

static unsigned long in_page(unsigned long address, unsigned long n) {
    return min(n, PAGE_SIZE - (address & ~PAGE_MASK));
}

unsigned long raw_copy_from_user(void* to, const void __user* from, unsigned long n) {
    unsigned long at = (unsigned long)from;
    while (n) {
        const unsigned long step = in_page(at, n);
        const void* source = reach(at, false);
        if (!source) break;
        memcpy(to, source, step);
        to += step;
        at += step;
        n -= step;
    }
    return n;
}
EXPORT_SYMBOL(raw_copy_from_user);

unsigned long raw_copy_to_user(void __user* to, const void* from, unsigned long n) {
    unsigned long at = (unsigned long)to;
    while (n) {
        const unsigned long step = in_page(at, n);
        void* target = reach(at, true);
        if (!target) break;
        memcpy(target, from, step);
        from += step;
        at += step;
        n -= step;
    }
    return n;
}
EXPORT_SYMBOL(raw_copy_to_user);

unsigned long __clear_user(void __user* to, unsigned long n) {
    unsigned long at = (unsigned long)to;
    while (n) {
        const unsigned long step = in_page(at, n);
        void* target = reach(at, true);
        if (!target) break;
        memset(target, 0, step);
        at += step;
        n -= step;
    }
    return n;
}
EXPORT_SYMBOL(__clear_user);
