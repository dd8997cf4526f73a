// SPDX-License-Identifier: GPL-2.0-only
// Thread-local storage: three segment descriptors of each thread, which go to the L4 thread when it runs.
#include <asm/ldt.h>
#include <asm/processor.h>
#include <asm/segment.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>

#include "user.h"

static bool is_empty(const struct user_desc* d) {
    return (d->base_addr == 0 && d->limit == 0 && d->contents == 0 && d->read_exec_only == 1 &&
            d->seg_32bit == 0 && d->limit_in_pages == 0 && d->seg_not_present == 1 && d->useable == 0) ||
           (d->base_addr == 0 && d->limit == 0 && d->contents == 0 && d->read_exec_only == 0 &&
            d->seg_32bit == 0 && d->limit_in_pages == 0 && d->seg_not_present == 0 && d->useable == 0);
}

/* A data segment of privilege 3, accessed already, in the processor's two words. */
static void encode(u32 words[2], const struct user_desc* d) {
    words[0] = d->base_addr << 16 | (d->limit & 0xffff);
    words[1] = (d->base_addr & 0xff000000) | (d->base_addr >> 16 & 0xff) | (d->limit & 0xf0000) | 0x7100 |
               !d->read_exec_only << 9 | d->contents << 10 | !d->seg_not_present << 15 | d->useable << 20 |
               d->seg_32bit << 22 | d->limit_in_pages << 23;
}

/* Bits that are no fields' are 0, too: all of it goes to programs. */
static struct user_desc decode(unsigned int entry, const u32 words[2]) {
    struct user_desc d;
    memset(&d, 0, sizeof(d));
    d.entry_number = entry;
    d.base_addr = words[0] >> 16 | (words[1] & 0xff) << 16 | (words[1] & 0xff000000);
    d.limit = (words[0] & 0xffff) | (words[1] & 0xf0000);
    d.seg_32bit = words[1] >> 22 & 1;
    d.contents = words[1] >> 10 & 3;
    d.read_exec_only = !(words[1] >> 9 & 1);
    d.limit_in_pages = words[1] >> 23 & 1;
    d.seg_not_present = !(words[1] >> 15 & 1);
    d.useable = words[1] >> 20 & 1;
    return d;
}

static u32* slot_words(struct task_struct* tsk, unsigned int i) { return (u32*)&tsk->thread.tls_array[i]; }

static int free_slot(struct task_struct* tsk) {
    int i;
    for (i = 0; i < GDT_ENTRY_TLS_ENTRIES; i++)
        if (!slot_words(tsk, i)[1]) return i + GDT_ENTRY_TLS_MIN;
    return -ESRCH;
}

bool l4_may_set_descriptor(const struct user_desc* d) {
    return is_empty(d) || (d->contents <= 1 && d->seg_32bit && !d->seg_not_present);
}

void l4_set_descriptor(struct task_struct* tsk, int index, const struct user_desc* d) {
    u32* words = slot_words(tsk, index - GDT_ENTRY_TLS_MIN);
    if (is_empty(d))
        memset(words, 0, sizeof(struct desc_struct));
    else
        encode(words, d);
    tsk->thread.tls_changed = true;
}

int l4_set_tls(struct task_struct* tsk, int index, struct user_desc __user* from, bool may_choose) {
    struct user_desc d;
    if (copy_from_user(&d, from, sizeof(d))) return -EFAULT;
    if (!l4_may_set_descriptor(&d)) return -EINVAL;
    if (index == -1) index = d.entry_number;
    if (index == -1 && may_choose) {
        index = free_slot(tsk);
        if (index < 0) return index;
        if (put_user(index, &from->entry_number)) return -EFAULT;
    }
    if (index < GDT_ENTRY_TLS_MIN || index > GDT_ENTRY_TLS_MAX) return -EINVAL;
    l4_set_descriptor(tsk, index, &d);
    return 0;
}

struct user_desc l4_get_tls(struct task_struct* tsk, unsigned int index) {
    return decode(index, slot_words(tsk, index - GDT_ENTRY_TLS_MIN));
}

SYSCALL_DEFINE1(set_thread_area, struct user_desc __user*, from) {
    return l4_set_tls(current, -1, from, true);
}

SYSCALL_DEFINE1(get_thread_area, struct user_desc __user*, to) {
    struct user_desc d;
    int index;
    if (get_user(index, &to->entry_number)) return -EFAULT;
    if (index < GDT_ENTRY_TLS_MIN || index > GDT_ENTRY_TLS_MAX) return -EINVAL;
    d = l4_get_tls(current, index);
    return copy_to_user(to, &d, sizeof(d)) ? -EFAULT : 0;
}
