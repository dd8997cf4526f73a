// SPDX-License-Identifier: GPL-2.0-only
// Init: FPU registers of programs, wherever they must stay or change.
#include "fpu.h"

#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/ucontext.h>
#include <linux/elf.h>
#include <linux/ptrace.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/time.h>
#include <linux/uio.h>

#define PTRACE_GETFPREGS_  14
#define PTRACE_SETFPREGS_  15
#define PTRACE_GETFPXREGS_ 18
#define PTRACE_SETFPXREGS_ 19

/* The form of fnsave. */
struct old_image {
    unsigned int control, status, tags, ip, cs, data, ds;
    unsigned short st[8][5];
};

static void yield(int times) {
    while (times--) sys(sched_yield);
}

/* A child's exit code; 100 and the signal that ended it. */
static int code_of(long child) {
    int status = -1;
    if (sys(wait4, child, &status, 0x40000000 /* __WALL */, 0) != child) return -1;
    return status & 0x7f ? 100 + (status & 0x7f) : status >> 8 & 0xff;
}

static int fork_keeps(void) {
    load_pattern(1);
    const long child = sys(fork);
    if (child == 0) {
        const int inherited = has_pattern(1);
        load_pattern(2);
        yield(20);
        sys(exit, inherited && has_pattern(2) ? 7 : 1);
    }
    yield(10);
    return has_pattern(1) && code_of(child) == 7 && has_pattern(1);
}

/* Who loads no pattern has a parent's that did not, either. */
static int unused_stays_fresh(void) {
    const struct image i = fresh();
    load(&i);
    const long child = sys(fork);
    if (child == 0) {
        yield(3);
        sys(exit, is_fresh() ? 7 : 1);
    }
    return code_of(child) == 7 && is_fresh();
}

static const char* program;

static int exec_is_fresh(void) {
    const char* arguments[] = {program, "fresh", 0};
    load_pattern(3);
    const long child = sys(fork);
    if (child == 0) {
        sys(execve, arguments[0], arguments, 0);
        sys(exit, 1);
    }
    return code_of(child) == 7 && has_pattern(3);
}

static int vfork_of_other(void) {
    static volatile int inherited;
    load_pattern(4);
    /* On the same stack: the child calls nothing that returns. */
    const long child = sys(clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0);
    if (child == 0) {
        inherited = has_pattern(4);
        load_pattern(5);
        sys(exit, 7);
    }
    return has_pattern(4) && inherited && code_of(child) == 7;
}

/* More address spaces than L4 tasks, in the test with few. */
static int processes_keep(void) {
    enum { PROCESSES = 8 };
    long children[PROCESSES];
    int ok = 1;
    for (unsigned int n = 0; n < PROCESSES; n++) {
        children[n] = sys(fork);
        if (children[n] != 0) continue;
        load_pattern(10 + n);
        for (int i = 0; i < 100; i++) {
            if (!has_pattern(10 + n)) sys(exit, 1);
            sys(sched_yield);
        }
        sys(exit, 7);
    }
    for (unsigned int n = 0; n < PROCESSES; n++) ok &= code_of(children[n]) == 7;
    return ok;
}

static volatile int threads_done, threads_wrong;

__attribute__((used)) static void thread(unsigned int seed) {
    if (!has_pattern(9)) threads_wrong++; /* its creator's */
    load_pattern(seed);
    for (int i = 0; i < 2000; i++) {
        if (!has_pattern(seed)) threads_wrong++;
        if (i % 10 == 0) sys(sched_yield);
    }
    threads_done++;
    for (;;) sys(exit, 0);
}

/* long clone_thread(flags, stack with the seed on top); the child goes on in thread(). */
long clone_thread(long flags, void* stack);
__asm__(
    "clone_thread:\n"
    "    pushl %ebx; movl 8(%esp), %ebx; movl 12(%esp), %ecx\n"
    "    movl $120, %eax; int $0x80\n"
    "    testl %eax, %eax; jnz 1f\n"
    "    call thread\n"
    "1:  popl %ebx; ret\n");

static int threads_keep(void) {
    enum { THREADS = 5 };
    static unsigned int stacks[THREADS][2048] __attribute__((aligned(16)));
    load_pattern(9);
    for (unsigned int n = 0; n < THREADS; n++) {
        unsigned int* top = stacks[n] + 2044;
        *top = 30 + n;
        if (clone_thread(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
                         top) < 0)
            return 0;
    }
    while (threads_done < THREADS) {
        if (!has_pattern(9)) threads_wrong++;
        sys(sched_yield);
    }
    return threads_wrong == 0 && has_pattern(9);
}

enum action { LOOK, CHANGE, SPOIL, DROP };

static volatile struct {
    enum action action;
    unsigned int expected; /* pattern that was interrupted */
    int calls, fresh, frame, code;
} handled;

/* The frame's two forms of the registers tell the same. */
static int frame_is_right(struct _fpstate_32* f, unsigned int seed) {
    const struct image expected = pattern(seed), *image = (const struct image*)((char*)f + 112);
    const struct old_image* old = (const struct old_image*)f;
    for (unsigned int n = 0; n < 8; n++)
        if (differ(old->st[n], &expected.st[n], 10)) return 0;
    return ((unsigned int)image & 63) == 0 && same_images(image, &expected) && f->magic == X86_FXSR_MAGIC &&
           f->status == expected.status && old->tags == 0xffff0000 &&
           old->control == (0xffff0000 | expected.control) && old->status == (0xffff0000 | expected.status) &&
           f->sw_reserved.magic1 == FP_XSTATE_MAGIC1 && f->sw_reserved.xstate_size == 512;
}

static void handle(volatile unsigned int* at) {
    struct _fpstate_32* f = (struct _fpstate_32*)*at;
    struct image* image = (struct image*)((char*)f + 112);
    struct old_image* old = (struct old_image*)f;
    handled.fresh = is_fresh();
    handled.frame = frame_is_right(f, handled.expected);
    load_pattern(99);
    if (handled.action == CHANGE || handled.action == SPOIL) {
        *image = pattern(50);
        for (unsigned int n = 0; n < 8; n++) copy(old->st[n], &image->st[n], 10);
        old->control = image->control;
        old->status = image->status;
    }
    if (handled.action == SPOIL) image->mxcsr |= 0xffff0000;
    if (handled.action == DROP) *at = 0;
    yield(3);
    handled.calls++;
}

/* The context is the frame's own. */
static void on_signal(int signal, struct sigcontext_32 context) {
    (void)signal;
    handle(&context.fpstate);
}

static void on_signal_info(int signal, siginfo_t* info, struct ucontext* uc) {
    (void)signal;
    handled.code = info->si_code;
    handle(&((struct sigcontext_32*)&uc->uc_mcontext)->fpstate);
}

/* An error is over when its exceptions are masked and cleared. */
static void on_error(int signal, siginfo_t* info, struct ucontext* uc) {
    struct old_image* old = (struct old_image*)((struct sigcontext_32*)&uc->uc_mcontext)->fpstate;
    (void)signal;
    handled.code = info->si_code;
    old->control = 0xffff037f;
    old->status = 0xffff0000;
    handled.calls++;
}

static int signal_with(enum action action, int info) {
    struct image expected = pattern(action == LOOK ? 40 : 50);
    handled.action = action;
    handled.expected = 40;
    handled.calls = 0;
    if (action == DROP) expected = fresh();
    set_handler(SIGUSR1, info ? (void*)on_signal_info : (void*)on_signal, info ? SA_SIGINFO : 0);
    load_pattern(40);
    sys(kill, sys(getpid), SIGUSR1);
    return has(&expected) && handled.calls == 1 && handled.fresh && handled.frame;
}

/* Signals at any time. */
static int signals_keep(void) {
    const struct {
        struct __kernel_old_timeval interval, value;
    } timer = {{0, 10000}, {0, 10000}}, none = {{0, 0}, {0, 0}};
    handled.action = LOOK;
    handled.expected = 60;
    handled.calls = 0;
    int ok = 1;
    set_handler(SIGALRM, on_signal_info, SA_SIGINFO | SA_RESTART);
    load_pattern(60);
    sys(setitimer, 0, &timer, 0);
    while (handled.calls < 20) ok &= has_pattern(60) && (!handled.calls || (handled.fresh && handled.frame));
    sys(setitimer, 0, &none, 0);
    return ok && has_pattern(60);
}

static int error_is_told(void) {
    const unsigned short division = 0x37b;
    unsigned short control = 0;
    handled.calls = 0;
    set_handler(SIGFPE, on_error, SA_SIGINFO);
    __asm__ volatile("fninit; fldcw %1; fld1; fldz; fdivr %%st(1), %%st; fwait; fnstcw %0"
                     : "+m"(control)
                     : "m"(division));
    return handled.calls == 1 && handled.code == FPE_FLTDIV && control == 0x37f;
}

static int debugger_sees(void) {
    const struct image first = pattern(70), second = pattern(71);
    struct image seen, bad = second;
    struct old_image old;
    struct iovec set = {&seen, sizeof(seen)};
    int ok;
    const long child = sys(fork);
    if (child == 0) {
        sys(ptrace, PTRACE_TRACEME);
        load(&first);
        sys(kill, sys(getpid), SIGSTOP);
        const int changed = has(&second);
        sys(kill, sys(getpid), SIGSTOP);
        /* The old form has all but XMM registers. */
        struct image last = pattern(72);
        copy(last.xmm, second.xmm, sizeof(last.xmm));
        last.mxcsr = second.mxcsr;
        sys(exit, changed && has(&last) ? 7 : 1);
    }
    const struct image third = pattern(72);
    sys(wait4, child, 0, 0, 0);
    ok = sys(ptrace, PTRACE_GETFPXREGS_, child, 0, &seen) == 0 && same_images(&seen, &first);
    bad.mxcsr |= 0x80000000;
    ok &= sys(ptrace, PTRACE_SETFPXREGS_, child, 0, &bad) == -5 /* EIO */;
    ok &= sys(ptrace, PTRACE_SETFPXREGS_, child, 0, &second) == 0;
    sys(ptrace, PTRACE_CONT, child, 0, 0);
    sys(wait4, child, 0, 0, 0);
    ok &= sys(ptrace, PTRACE_GETREGSET, child, 0x46e62b7f, &set) == 0 && same_images(&seen, &second);
    ok &= sys(ptrace, PTRACE_GETFPREGS_, child, 0, &old) == 0 && !differ(old.st[7], &second.st[7], 10);
    for (unsigned int n = 0; n < 8; n++) copy(old.st[n], &third.st[n], 10);
    old.control = third.control;
    old.status = third.status;
    ok &= sys(ptrace, PTRACE_SETFPREGS_, child, 0, &old) == 0;
    sys(ptrace, PTRACE_CONT, child, 0, 0);
    return ok && code_of(child) == 7;
}

/* The note of a core dump with this type; 0: there is none. */
static const void* note(const char* core, unsigned int type) {
    const Elf32_Phdr* segment = (const Elf32_Phdr*)(core + ((const Elf32_Ehdr*)core)->e_phoff);
    const char *at = core + segment->p_offset, *end = at + segment->p_filesz;
    if (differ(core, ELFMAG, SELFMAG) || segment->p_type != PT_NOTE) return 0;
    while (at < end) {
        const Elf32_Nhdr* n = (const Elf32_Nhdr*)at;
        const char* text = at + sizeof(*n) + ((n->n_namesz + 3) & ~3u);
        if (n->n_type == type) return text;
        at = text + ((n->n_descsz + 3) & ~3u);
    }
    return 0;
}

static int core_has(void) {
    static char core[16384];
    const struct rlimit no_limit = {RLIM_INFINITY, RLIM_INFINITY};
    const struct image expected = pattern(80), *image;
    const struct old_image* old;
    const long child = sys(fork);
    if (child == 0) {
        sys(setrlimit, RLIMIT_CORE, &no_limit);
        load(&expected);
        __asm__ volatile("ud2");
    }
    if (code_of(child) != 100 + SIGILL) return 0;
    const long file = sys(open, "/core", 0);
    if (sys(read, file, core, sizeof(core)) < (long)sizeof(Elf32_Ehdr)) return 0;
    image = note(core, 0x46e62b7f);
    old = note(core, NT_PRFPREG);
    return image && old && same_images(image, &expected) && !differ(old->st[0], &expected.st[0], 10);
}

__attribute__((used)) static void start(long* stack) {
    program = (const char*)stack[1];
    if (stack[0] > 1) sys(exit, is_fresh() ? 7 : 1);
    check("a new program's are those after reset", is_fresh());
    check("fork", fork_keeps());
    check("fork of a program that uses none", unused_stays_fresh());
    check("exec", exec_is_fresh());
    check("a child in the same address space", vfork_of_other());
    check("processes", processes_keep());
    check("threads", threads_keep());
    check("a handler", signal_with(LOOK, 0));
    check("a handler with information", signal_with(LOOK, 1));
    check("a handler that changes its frame", signal_with(CHANGE, 0) && signal_with(CHANGE, 1));
    check("a frame with bits that MXCSR does not have", signal_with(SPOIL, 1));
    check("a frame without registers", signal_with(DROP, 0) && signal_with(DROP, 1));
    check("signals at any time", signals_keep());
    check("division by zero", error_is_told());
    check("a debugger", debugger_sees());
    check("a core dump", core_has());
    done();
}

__asm__(".globl _start\n_start: movl %esp, %eax; subl $12, %esp; pushl %eax; call start; ud2\n");
