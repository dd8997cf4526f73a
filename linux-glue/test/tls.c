// SPDX-License-Identifier: GPL-2.0-only
// Init: descriptors of thread-local storage, by each call that takes or gives one: what is right, and which
// error what is wrong has.
#include "calls.h"

#include <asm/ldt.h>
#include <asm/signal.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/uio.h>

enum { NT_386_TLS_ = 0x200, ENTRIES = 3 };
enum { ESRCH_ = -3, EIO_ = -5, EFAULT_ = -14, EINVAL_ = -22 };

static void* const nowhere = (void*)8;
static unsigned int first; /* entry's number */

static struct user_desc good(unsigned int entry) {
    return (struct user_desc){
        .entry_number = entry, .base_addr = 0x12345678, .limit = 0xfffff, .seg_32bit = 1, .useable = 1};
}

static struct user_desc bad(unsigned int entry) {
    struct user_desc d = good(entry);
    d.seg_not_present = 1;
    return d;
}

static struct user_desc empty(unsigned int entry) {
    return (struct user_desc){.entry_number = entry, .read_exec_only = 1, .seg_not_present = 1};
}

static long set(struct user_desc d) { return sys(set_thread_area, &d); }

static int holds(unsigned int entry, struct user_desc wanted) {
    struct user_desc d = {.entry_number = entry};
    wanted.entry_number = entry;
    return sys(get_thread_area, &d) == 0 && !differ(&d, &wanted, sizeof(d));
}

static int clear(void) {
    int ok = 1;
    for (unsigned int i = 0; i < ENTRIES; i++) ok &= set(empty(first + i)) == 0 && holds(first + i, empty(0));
    return ok;
}

/* The numbers are given from the first on, until there are no more. */
static int chooses(void) {
    struct user_desc d = good(-1u), none = bad(-1u);
    int ok = sys(set_thread_area, &d) == 0;
    first = d.entry_number;
    for (unsigned int i = 1; i < ENTRIES; i++) {
        d.entry_number = -1u;
        ok &= sys(set_thread_area, &d) == 0 && d.entry_number == first + i;
    }
    ok &= set(good(-1u)) == ESRCH_ && sys(set_thread_area, &none) == EINVAL_ && none.entry_number == -1u;
    ok &= set(empty(first + 1)) == 0 && sys(set_thread_area, &none) == EINVAL_ && none.entry_number == -1u;
    d.entry_number = -1u;
    return sys(set_thread_area, &d) == 0 && d.entry_number == first + 1 && clear() && ok;
}

/* With this base and limit, and the other fields from the bits of a number. */
static struct user_desc of_bits(unsigned int bits, unsigned int base, unsigned int limit) {
    return (struct user_desc){.base_addr = base,
                              .limit = limit,
                              .seg_32bit = bits & 1,
                              .contents = bits >> 1 & 3,
                              .read_exec_only = bits >> 3 & 1,
                              .limit_in_pages = bits >> 4 & 1,
                              .seg_not_present = bits >> 5 & 1,
                              .useable = bits >> 6 & 1};
}

/* Nothing, or a data segment of 32 bits that is there. */
static long verdict(const struct user_desc* d, int* is_empty) {
    struct user_desc zero = {.entry_number = d->entry_number}, none = empty(d->entry_number);
    *is_empty = !differ(d, &zero, sizeof(zero)) || !differ(d, &none, sizeof(none));
    return *is_empty || (d->seg_32bit && d->contents <= 1 && !d->seg_not_present) ? 0 : EINVAL_;
}

/* Each with each number around those that there are. */
static int all_fields(void) {
    int ok = 1, is_empty;
    for (unsigned int n = 0; n < 4 << 7; n++) {
        struct user_desc d = of_bits(n & 0x7f, n & 0x80 ? 0x87654321 : 0, n & 0x100 ? 0x54321 : 0);
        for (unsigned int entry = first - 2; entry < first + ENTRIES + 2; entry++) {
            const int there = entry >= first && entry < first + ENTRIES;
            d.entry_number = entry;
            if (there) ok &= set(good(entry)) == 0;
            const long wanted = verdict(&d, &is_empty);
            ok &= set(d) == (there ? wanted : EINVAL_);
            if (there) ok &= holds(entry, wanted ? good(0) : is_empty ? empty(0) : d);
        }
    }
    return clear() && ok;
}

static int looks(void) {
    struct user_desc d = {.entry_number = first - 1};
    int ok = sys(get_thread_area, &d) == EINVAL_;
    d.entry_number = first + ENTRIES;
    ok &= sys(get_thread_area, &d) == EINVAL_;
    d.entry_number = -1u;
    ok &= sys(get_thread_area, &d) == EINVAL_;
    return ok && sys(get_thread_area, nowhere) == EFAULT_ && sys(set_thread_area, nowhere) == EFAULT_;
}

/* The exit code of a new process: 1 if it has descriptor `d` in the first entry. */
static long cloned(struct user_desc* d) {
    int status = -1;
    const long child = sys(clone, CLONE_SETTLS | SIGCHLD, 0, 0, d, 0);
    if (child < 0) return child;
    if (child == 0) sys(exit, holds(first, *d));
    return sys(wait4, child, &status, 0, 0) == child ? status >> 8 : -1;
}

static int clones(void) {
    struct user_desc ok = good(first), no_number = good(-1u), wrong_number = good(first + ENTRIES);
    struct user_desc wrong = bad(first), none = empty(first), no_number_wrong = bad(-1u);
    return cloned(&ok) == 1 && cloned(&none) == 1 && cloned(&no_number) == EINVAL_ &&
           no_number.entry_number == -1u && cloned(&wrong_number) == EINVAL_ && cloned(&wrong) == EINVAL_ &&
           cloned(&no_number_wrong) == EINVAL_ && cloned(nowhere) == EFAULT_ && holds(first, empty(0));
}

static long peek(long child, unsigned int entry, struct user_desc* to) {
    return sys(ptrace, PTRACE_GET_THREAD_AREA, child, entry, to);
}

static long poke(long child, unsigned int entry, struct user_desc d) {
    return sys(ptrace, PTRACE_SET_THREAD_AREA, child, entry, &d);
}

static int child_holds(long child, unsigned int entry, struct user_desc wanted) {
    struct user_desc d;
    wanted.entry_number = entry;
    return peek(child, entry, &d) == 0 && !differ(&d, &wanted, sizeof(d));
}

/* The number is the request's, not the descriptor's. */
static int one_by_one(long child) {
    struct user_desc d;
    int ok = poke(child, first, good(77)) == 0 && child_holds(child, first, good(0));
    ok &= poke(child, first, bad(first)) == EINVAL_ && child_holds(child, first, good(0));
    ok &= poke(child, first - 1, good(first)) == EINVAL_ && peek(child, first - 1, &d) == EINVAL_;
    ok &= poke(child, first + ENTRIES, good(first)) == EINVAL_ && peek(child, first + ENTRIES, &d) == EINVAL_;
    ok &= poke(child, -1u, good(first + 1)) == EIO_ && peek(child, -1u, &d) == EIO_;
    ok &= poke(child, 1u << 31, good(first + 1)) == EIO_ && peek(child, 1u << 31, &d) == EIO_;
    ok &= sys(ptrace, PTRACE_SET_THREAD_AREA, child, first + ENTRIES, nowhere) == EFAULT_;
    ok &= peek(child, first + ENTRIES, nowhere) == EINVAL_ && peek(child, first, nowhere) == EFAULT_;
    ok &= peek(child, -1u, nowhere) == EIO_;
    ok &= child_holds(child, first + 1, empty(0)) && child_holds(child, first + 2, empty(0));
    return poke(child, first, empty(0)) == 0 && child_holds(child, first, empty(0)) && ok;
}

static long set_all(long child, struct user_desc* all, unsigned long size) {
    struct iovec vector = {all, size};
    return sys(ptrace, PTRACE_SETREGSET, child, NT_386_TLS_, &vector);
}

/* All or none; of fewer the first. */
static int as_a_set(long child) {
    struct user_desc all[ENTRIES] = {good(0), good(0), bad(0)};
    int ok = set_all(child, all, sizeof(all)) == EINVAL_ && child_holds(child, first, empty(0));
    ok &= set_all(child, all, sizeof(all) - 4) == EINVAL_ && child_holds(child, first, empty(0));
    ok &= set_all(child, nowhere, sizeof(all)) == EFAULT_;
    ok &= set_all(child, all, sizeof(*all)) == 0 && child_holds(child, first, good(0)) &&
          child_holds(child, first + 1, empty(0));
    all[0] = all[2] = empty(0);
    return set_all(child, all, sizeof(all)) == 0 && child_holds(child, first, empty(0)) &&
           child_holds(child, first + 1, good(0)) && ok;
}

static long traced(void) {
    int status = -1;
    const long child = sys(fork);
    if (child == 0) {
        sys(ptrace, PTRACE_TRACEME);
        sys(kill, sys(getpid), SIGSTOP);
        sys(exit);
    }
    return sys(wait4, child, &status, 0, 0) == child && (status & 0xff) == 0x7f ? child : -1;
}

__attribute__((used)) static void start_init(void) {
    int status;
    check("entries are chosen while there are some", chooses());
    check("descriptors with all combinations of fields", all_fields());
    check("entries that are none, and addresses", looks());
    check("a new process's descriptor", clones());
    const long child = traced();
    check("descriptors of a traced process", one_by_one(child));
    check("descriptors as a register set", as_a_set(child));
    sys(kill, child, SIGKILL);
    sys(wait4, child, &status, 0, 0);
    done();
}

__asm__(".globl _start\n_start: call start_init; ud2\n");
