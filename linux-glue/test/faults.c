// SPDX-License-Identifier: GPL-2.0-only
// Init: page faults of programs, as the processor tells them: at address 0, and with error codes.
#include "calls.h"

#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/ucontext.h>
#include <linux/mman.h>

enum { PAGE = 4096, READ = PROT_READ, BOTH = PROT_READ | PROT_WRITE, FREE = 0x10000000, NONE = -1 };
enum { FIXED = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED };

static volatile long error;
static volatile unsigned long address;

/* The instruction that faulted, of two bytes, is left out. */
static void on_fault(int signal, siginfo_t* info, struct ucontext* context) {
    (void)signal;
    error = (long)context->uc_mcontext.err;
    address = (unsigned long)info->_sifields._sigfault._addr;
    context->uc_mcontext.eip += 2;
}

static long map(unsigned long at, int rights) { return sys(mmap2, at, PAGE, rights, FIXED, -1); }

static unsigned int word;

/* The error code of a fault there; NONE: there was no fault. */
static long reads(unsigned long at) {
    error = NONE;
    __asm__ volatile(".byte 0x8b, 0x01" : "=a"(word) : "c"(at) : "memory"); /* mov (%ecx), %eax */
    return error != NONE && address != at ? -2 : error;
}
static long writes(unsigned long at) {
    error = NONE;
    __asm__ volatile(".byte 0x89, 0x01" ::"a"(0x1234), "c"(at) : "memory"); /* mov %eax, (%ecx) */
    return error != NONE && address != at ? -2 : error;
}

static int at_null(void) {
    if (map(0, BOTH) != 0) return 0;
    int ok = writes(0) == NONE && reads(0) == NONE && word == 0x1234;
    const long child = sys(fork);
    if (child == 0) sys(exit, writes(0) == NONE && reads(0) == NONE && word == 0x1234 ? 7 : 1);
    int status = -1;
    sys(wait4, child, &status, 0, 0);
    return ok && status == 7 << 8 && sys(munmap, 0, PAGE) == 0 && reads(0) == 4;
}

static int of_nothing(void) {
    sys(munmap, FREE, PAGE);
    return reads(FREE) == 4 && writes(FREE) == 6 && reads(0xfffff000) == 5 && writes(0xfffff000) == 7;
}

static int of_rights(void) {
    map(FREE, READ);
    int ok = writes(FREE) == 6 && reads(FREE) == NONE && writes(FREE) == 7;
    sys(mprotect, FREE, PAGE, BOTH);
    ok &= writes(FREE) == NONE;
    sys(mprotect, FREE, PAGE, READ);
    ok &= writes(FREE) == 7;
    sys(mprotect, FREE, PAGE, PROT_NONE);
    ok &= reads(FREE) == 4 && writes(FREE) == 6;
    return sys(munmap, FREE, PAGE) == 0 && ok;
}

__attribute__((used)) static void start(void) {
    set_handler(SIGSEGV, on_fault, SA_SIGINFO);
    check("a page at address 0", at_null());
    check("error codes where nothing is", of_nothing());
    check("error codes of what is not allowed", of_rights());
    done();
}

__asm__(".globl _start\n_start: call start; ud2\n");
