// SPDX-License-Identifier: GPL-2.0-only
// Init: page faults of programs, as the processor tells them: at address 0, and with error codes; what frames
// of later signals keep of them; and ends of handlers that the processor refuses.
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

/* What the last frame told, and how many bytes its handler left out. */
static volatile struct {
    int signal, code;
    unsigned long address, eip, trap, error, cr2;
    unsigned int cs, ss;
} seen;
static volatile unsigned int skipped;

static unsigned int code_segment, stack_segment; /* a program's own */

static void read_segments(void) {
    __asm__("mov %%cs, %0; mov %%ss, %1" : "=r"(code_segment), "=r"(stack_segment));
}

static void on_any(int signal, siginfo_t* info, struct ucontext* context) {
    struct sigcontext* c = &context->uc_mcontext;
    seen.signal = signal;
    seen.code = info->si_code;
    seen.address = (unsigned long)info->_sifields._sigfault._addr;
    seen.eip = c->eip;
    seen.trap = c->trapno;
    seen.error = c->err;
    seen.cr2 = c->cr2;
    seen.cs = c->cs;
    seen.ss = c->ss;
    c->eip += skipped;
    c->cs = (unsigned short)code_segment;
    c->ss = (unsigned short)stack_segment;
}

static int saw(int signal, int code, unsigned long trap, unsigned long cr2) {
    const int ok =
        seen.signal == signal && seen.code == code && seen.trap == trap && seen.error == 0 && seen.cr2 == cr2;
    if (ok) return 1;
    say("# signal ");
    say_number((unsigned int)seen.signal);
    say(", code ");
    say_number((unsigned int)seen.code);
    say(", trap ");
    say_number(seen.trap);
    say(", error ");
    say_number(seen.error);
    say(", cr2 ");
    say_number(seen.cr2);
    say("\n");
    return 0;
}

static int exceptions_keep(unsigned long cr2) {
    skipped = 1;
    set_handler(SIGSEGV, on_any, SA_SIGINFO);
    __asm__ volatile("hlt");
    set_handler(SIGSEGV, on_fault, SA_SIGINFO);
    int ok = saw(SIGSEGV, SI_KERNEL, 13, cr2) && seen.address == 0;
    skipped = 2;
    __asm__ volatile("xor %%ecx, %%ecx; div %%ecx" ::: "eax", "ecx", "edx", "cc");
    ok &= saw(SIGFPE, FPE_INTDIV, 0, cr2) && seen.address == seen.eip;
    skipped = 0;
    __asm__ volatile("int3");
    ok &= saw(SIGTRAP, SI_KERNEL, 3, cr2) && seen.address == 0;
    return ok;
}

static int sent_keeps(unsigned long cr2) {
    skipped = 0;
    sys(kill, sys(getpid), SIGUSR1);
    return saw(SIGUSR1, SI_USER, 3, cr2); /* with the last exception's number */
}

/* The address stays in frames, as in the processor's register, until a page fault is a signal again. */
static int keeps_address(void) {
    enum { AT = FREE + 0x123 };
    set_handler(SIGFPE, on_any, SA_SIGINFO);
    set_handler(SIGTRAP, on_any, SA_SIGINFO);
    set_handler(SIGUSR1, on_any, SA_SIGINFO);
    map(FREE, PROT_NONE);
    map(FREE + PAGE, BOTH);
    int ok = reads(AT) == 4 && exceptions_keep(AT) && sent_keeps(AT);
    ok &= writes(FREE + PAGE) == NONE && exceptions_keep(AT) && sent_keeps(AT);
    const long child = sys(fork);
    if (child == 0) sys(exit, sent_keeps(AT) ? 7 : 1);
    int status = -1;
    sys(wait4, child, &status, 0, 0);
    ok &= status == 7 << 8;
    ok &= reads(0) == 4 && exceptions_keep(0);
    sys(munmap, FREE, 2 * PAGE);
    return ok;
}

static volatile unsigned short wanted_cs, wanted_ss;

static void to_wanted(int signal, siginfo_t* info, struct ucontext* context) {
    (void)signal;
    (void)info;
    context->uc_mcontext.cs = wanted_cs;
    context->uc_mcontext.ss = wanted_ss;
}

static void to_wanted_old(int signal, struct sigcontext frame) {
    volatile struct sigcontext* c = &frame;
    (void)signal;
    c->cs = wanted_cs;
    c->ss = wanted_ss;
}

/* Both kinds of frames: the signal that follows, and how a program ends that does not handle it. */
static int refused(unsigned int cs, unsigned int ss) {
    int ok = reads(FREE) == 4;
    wanted_cs = (unsigned short)cs;
    wanted_ss = (unsigned short)ss;
    for (int old = 0; old < 2; old++) {
        int status = -1;
        set_handler(SIGUSR2, old ? (const void*)to_wanted_old : to_wanted, old ? 0 : SA_SIGINFO);
        set_handler(SIGILL, on_any, SA_SIGINFO);
        set_handler(SIGSEGV, on_any, SA_SIGINFO); /* it would be wrong, and is to end */
        seen.signal = 0;
        skipped = 0;
        sys(kill, sys(getpid), SIGUSR2);
        ok &= saw(SIGILL, ILL_BADSTK, 32, FREE) && seen.address == 0;
        ok &= seen.cs == (cs | 3) && seen.ss == (ss | 3);
        const long child = sys(fork);
        if (child == 0) {
            set_handler(SIGILL, SIG_DFL, 0);
            sys(kill, sys(getpid), SIGUSR2);
            sys(exit, 1);
        }
        sys(wait4, child, &status, 0, 0);
        ok &= status == SIGILL;
    }
    set_handler(SIGSEGV, on_fault, SA_SIGINFO);
    return ok;
}

static int all_refused(void) {
    int ok = refused(0, stack_segment);
    ok &= refused(code_segment, 0);
    ok &= refused(0x3f, stack_segment);
    ok &= refused(code_segment, 0x2b);
    ok &= refused(8, stack_segment);
    return ok;
}

/* As Linux takes them: with the privilege level of programs. */
static int level_is_set(void) {
    wanted_cs = (unsigned short)(code_segment & ~3u);
    wanted_ss = (unsigned short)(stack_segment & ~3u);
    set_handler(SIGUSR2, to_wanted, SA_SIGINFO);
    seen.signal = 0;
    sys(kill, sys(getpid), SIGUSR2);
    return seen.signal == 0;
}

__attribute__((used)) static void start(void) {
    set_handler(SIGSEGV, on_fault, SA_SIGINFO);
    read_segments();
    check("a page at address 0", at_null());
    check("error codes where nothing is", of_nothing());
    check("error codes of what is not allowed", of_rights());
    check("frames of later signals keep the address", keeps_address());
    check("sigreturn with other segments", all_refused());
    check("sigreturn with the kernel's level", level_is_set());
    done();
}

__asm__(".globl _start\n_start: call start; ud2\n");
