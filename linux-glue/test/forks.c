// SPDX-License-Identifier: GPL-2.0-only
// Init: 100,000 programs, one after the other, of which nothing may be left. The root task gives Linux a few
// L4 tasks and the kernel has 16 MiB, so that a leak of a task, or of a page in twenty programs, would be the
// end; Linux's own memory is looked at.
#include "calls.h"

#include <linux/mman.h>
#include <linux/sysinfo.h>

enum { PROGRAMS = 100000, PAGE = 4096, SLACK = 1 << 20 /* bytes */ };

static unsigned long free_memory(void) {
    struct sysinfo info;
    sys(sysinfo, &info);
    return info.freeram * info.mem_unit;
}

/* Each touches a page of its own and has one of its parent's copied. */
static int ends_well(int n) {
    static int shared;
    int status = -1;
    const long child = sys(fork);
    if (child == 0) {
        int* own = (int*)sys(mmap2, 0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
        shared = *own = n;
        sys(exit, (shared + *own) & 0x7f);
    }
    return child > 0 && sys(waitpid, child, &status, 0) == child && status == ((2 * n) & 0x7f) << 8 &&
           shared == 0;
}

__attribute__((used, noreturn)) static void start(void) {
    unsigned long before = 0;
    int n = 0;
    while (n < PROGRAMS && ends_well(n)) {
        n++;
        if (n == 1000) before = free_memory();
        if (n % 10000 == 0) {
            say("# ");
            say_number((unsigned int)n);
            say(" programs, ");
            say_number(free_memory() / 1024);
            say(" KiB free\n");
        }
    }
    check("100000 programs", n == PROGRAMS);
    check("no memory is lost", free_memory() + SLACK > before);
    done();
}

__asm__(".globl _start; _start: xor %ebp, %ebp; and $-16, %esp; call start");
