// SPDX-License-Identifier: GPL-2.0-only
// For tests: `l4_check` writes down what each task is given and what is taken from it, and compares it with
// the page tables of the mm: after each flush, with each page that the task is given, and when it ends. The
// kernel tells nobody which page a task has where, but whether one has been used: it is asked for some.
//
// `l4_check=skip,N` leaves out the Nth call that takes something, `l4_check=hide,N` does so unknown to the
// list: both must be found.
#include "check.h"

#include <asm/l4.h>
#include <asm/page.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mm_inline.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include "mm.h"

enum { ASKED = 16 }; /* frames at each comparison */

bool l4_check_on __ro_after_init;
static bool hide __ro_after_init;
static unsigned int left_out; /* counts down to the call */

static int __init set_check(char* text) {
    l4_check_on = true;
    if (!text) return 0;
    hide = str_has_prefix(text, "hide,");
    return hide || str_has_prefix(text, "skip,") ? kstrtouint(text + 5, 0, &left_out) : -EINVAL;
}
early_param("l4_check", set_check);

/* By task and page number: the flexpage, which is of a page. */
static DEFINE_XARRAY(given);

#define INDEX(task, address) ((unsigned long)(task) << (32 - PAGE_SHIFT) | (address) >> PAGE_SHIFT)

#define for_each_given(task, index, entry) \
    xa_for_each_range(&given, index, entry, INDEX(task, 0UL), INDEX(task, ~0UL))

static l4_word_t page_of(const void* entry) { return entry ? xa_to_value(entry) << 1 : 0; }

/* The kernel leaves alone what is there, but adds a right. */
static void add(unsigned int task, unsigned long address, l4_word_t page) {
    const unsigned long index = INDEX(task, address);
    const l4_word_t old = page_of(xa_load(&given, index));
    if (old && (old ^ page) & PAGE_MASK) return;
    if (xa_is_err(xa_store(&given, index, xa_mk_value((old | page) >> 1), GFP_ATOMIC)))
        panic("l4_check: no memory");
}

static bool is_in(l4_word_t page, l4_word_t frames) {
    const l4_word_t size = l4_fpage_size(frames);
    return size == L4_FP_WHOLE_SIZE || !((page ^ frames) & PAGE_MASK & ~0UL << size);
}

static bool has_any(unsigned int task, l4_word_t frames) {
    unsigned long index;
    void* entry;
    for_each_given(task, index, entry) if (is_in(page_of(entry), frames)) return true;
    return false;
}

static void forget(unsigned int task, l4_word_t frames) {
    unsigned long index;
    void* entry;
    for_each_given(task, index, entry) if (is_in(page_of(entry), frames)) xa_erase(&given, index);
}

bool l4_check_taken(unsigned int task, l4_word_t frames) {
    bool make = true;
    if (left_out && has_any(task, frames) && --left_out == 0) {
        pr_info("l4_check: a call is left out\n");
        make = false;
    }
    if (make || hide) forget(task, frames);
    return make;
}

void l4_check_gone(unsigned int task) { forget(task, L4_FP_WHOLE_SPACE); }

/* Frames that are asked about next, and what the task has of each: 0: nothing. */
struct asked {
    unsigned long first;
    l4_word_t has[ASKED];
};

static void compare(struct mm_struct* mm, struct asked* a) {
    const unsigned int task = mm->context.task;
    unsigned long index;
    void* entry;
    for_each_given(task, index, entry) {
        const unsigned long address = index << PAGE_SHIFT;
        const l4_word_t has = page_of(entry);
        const pte_t* ptep = l4_find_pte(mm, address);
        const l4_word_t may = ptep ? l4_pte_fpage(*ptep) : 0;
        const unsigned long n = (has >> PAGE_SHIFT) - a->first;
        if ((has ^ may) & PAGE_MASK || has & ~may & L4_FP_WRITE)
            panic("l4_check: task %u has frame %08lx%s at %08lx, whose entry is %08lx", task,
                  (unsigned long)(has & PAGE_MASK), has & L4_FP_WRITE ? " writable" : "", address,
                  ptep ? pte_val(*ptep) : 0);
        if (n < ASKED) a->has[n] |= has;
    }
}

/* To make a frame read-only that is so, or that the task does not have, changes nothing, but tells whether it
 * was read and written. */
static void ask(unsigned int task, const struct asked* a) {
    unsigned int i;
    for (i = 0; i < ASKED && a->first + i < l4_end_pfn; i++) {
        const l4_word_t frame = l4_fpage(PFN_PHYS(a->first + i), PAGE_SHIFT, 0);
        l4_word_t used;
        if (a->has[i] & L4_FP_WRITE) continue;
        used = l4_fpage_unmap(frame, l4_unmap_in_task(task));
        if (used & ~(a->has[i] ? L4_FP_REFERENCED : 0))
            panic("l4_check: task %u has %s frame %08lx, which it may not", task,
                  used & L4_FP_DIRTY ? "written" : "read", (unsigned long)(frame & PAGE_MASK));
    }
}

void l4_check(struct mm_struct* mm) {
    static unsigned long next;
    struct asked a = {};
    if (!mm->context.task) return;
    if (next < l4_first_pfn || next >= l4_end_pfn) next = l4_first_pfn;
    a.first = next;
    next += ASKED;
    compare(mm, &a);
    ask(mm->context.task, &a);
}

void l4_check_given(struct mm_struct* mm, const l4_word_t* pairs, unsigned int count) {
    /* Does nobody owe it a flush? */
    if (!mm_tlb_flush_pending(mm) && !rwsem_is_locked(&mm->mmap_lock)) l4_check(mm);
    for (; count; count--, pairs += 2) add(mm->context.task, pairs[0], pairs[1]);
}
