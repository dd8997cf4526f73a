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
    const unsigned long used = _PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED;
    const unsigned long wanted = write ? used | _PAGE_RW | _PAGE_DIRTY : used;
    struct mm_struct* mm = current->mm;
    const pte_t* ptep = mm && address < TASK_SIZE ? l4_find_pte(mm, address) : NULL;
    if (unlikely(!ptep || (pte_val(*ptep) & wanted) != wanted)) {
        if (!l4_get_page(address, write)) return NULL;
        ptep = l4_find_pte(mm, address);
    }
    return (void*)((pte_val(*ptep) & PAGE_MASK) | (address & ~PAGE_MASK));
}

static unsigned long in_page(unsigned long address, unsigned long n) {
    return min(n, PAGE_SIZE - (address & ~PAGE_MASK));
}

void* l4_user_block(void __user* address, unsigned long size) {
    const unsigned long at = (unsigned long)address;
    return access_ok(address, size) && in_page(at, size) == size ? reach(at, true) : NULL;
}

unsigned long raw_copy_from_user(void* to, const void __user* from, unsigned long n) {
    unsigned long at = (unsigned long)from;
    while (n) {
        const unsigned long step = in_page(at, n);
        const void* source = reach(at, false);
        if (!source) break;
        __memcpy(to, source, step);
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
        __memcpy(target, from, step);
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

/* How many bytes before a 0 there are from an address on, at most n; -EFAULT: they cannot be had. They go to
 * `to`, with the 0, unless that is NULL. */
static long string_from_user(char* to, const char __user* from, long n) {
    unsigned long at = (unsigned long)from;
    long done = 0;
    while (done < n) {
        const unsigned long step = in_page(at, n - done);
        const char *source = at < TASK_SIZE ? reach(at, false) : NULL, *end;
        if (!source) return -EFAULT;
        end = memchr(source, 0, step);
        if (to) __memcpy(to + done, source, end ? end - source + 1 : step);
        if (end) return done + (end - source);
        done += step;
        at += step;
    }
    return done;
}

long strncpy_from_user(char* to, const char __user* from, long n) { return string_from_user(to, from, n); }
EXPORT_SYMBOL(strncpy_from_user);

/* With the 0; more than n: there is none. */
long strnlen_user(const char __user* from, long n) {
    const long length = n > 0 ? string_from_user(NULL, from, n) : -EFAULT;
    return length < 0 ? 0 : length + 1;
}
EXPORT_SYMBOL(strnlen_user);
