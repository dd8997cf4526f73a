// SPDX-License-Identifier: GPL-2.0-only
// Init: a debugger steps programs, over system calls and into handlers, and sets breakpoints and registers,
// without a trace of it in what they see.
#include "calls.h"

#include <asm/ldt.h>
#include <asm/ptrace.h>
#include <asm/signal.h>
#include <linux/ptrace.h>
#include <linux/uio.h>

enum { NT_386_TLS_ = 0x200 };
enum { TRAP = 0x100 }; /* EFLAGS' trap flag */

/* How the child is: 200 and the signal that stopped it, 100 and the one that ended it, or its exit code. */
static int state(long child) {
    int status = -1;
    if (sys(wait4, child, &status, 0x40000000 /* __WALL */, 0) != child) return -1;
    if ((status & 0xff) == 0x7f) return 200 + (status >> 8 & 0xff);
    return status & 0x7f ? 100 + (status & 0x7f) : status >> 8 & 0xff;
}

static int go_on(long request, long child, int signal) {
    if (sys(ptrace, request, child, 0, signal)) return -1;
    return state(child);
}
static int step(long child) { return go_on(PTRACE_SINGLESTEP, child, 0); }
static int run(long child) { return go_on(PTRACE_CONT, child, 0); }

static struct pt_regs registers(long child) {
    struct pt_regs regs;
    sys(ptrace, PTRACE_GETREGS, child, 0, &regs);
    return regs;
}

static long peek(long child, unsigned long at) {
    long word = 0;
    sys(ptrace, PTRACE_PEEKTEXT, child, at, &word);
    return word;
}

static void stop(void) { sys(kill, sys(getpid), SIGSTOP); }
static void forget(long child) {
    sys(kill, child, SIGKILL);
    while (state(child) >= 200) {
    }
}

/* A traced child that is stopped at its beginning. */
static long start(void (*body)(void)) {
    const long child = sys(fork);
    if (child == 0) {
        sys(ptrace, PTRACE_TRACEME);
        stop();
        body();
        sys(exit, 99);
    }
    return state(child) == 200 + SIGSTOP ? child : -1;
}

static volatile int calls;
static void handler(int signal) {
    (void)signal;
    calls++;
}

static void spin(void) {
    for (volatile int i = 0; i < 100; i++) {
    }
}

static void handles(void) {
    set_handler(SIGUSR1, handler, 0);
    sys(kill, sys(getpid), SIGUSR1);
    spin();
    sys(exit, calls == 1 ? 7 : 1);
}

/* A step with a signal ends at its handler's first instruction; the frame does not have the debugger's flag,
 * so the program is not stepped when the handler is over. */
static int steps_into_a_handler(void) {
    const long child = start(handles);
    int ok = run(child) == 200 + SIGUSR1 && step(child) == 200 + SIGTRAP;
    sys(kill, child, SIGUSR1);
    ok &= step(child) == 200 + SIGUSR1 && go_on(PTRACE_SINGLESTEP, child, SIGUSR1) == 200 + SIGTRAP;
    const struct pt_regs regs = registers(child);
    ok &= (unsigned long)regs.eip == (unsigned long)handler && !(regs.eflags & TRAP);
    return run(child) == 7 && ok;
}

static void stops_twice(void) {
    stop();
    spin();
    sys(exit, 7);
}

/* Registers that were read after a step are the program's: set again later they do not step it. */
static int registers_do_not_step(void) {
    const long child = start(stops_twice);
    int ok = step(child) == 200 + SIGTRAP;
    const struct pt_regs regs = registers(child);
    ok &= !(regs.eflags & TRAP) && run(child) == 200 + SIGSTOP;
    ok &= sys(ptrace, PTRACE_SETREGS, child, 0, &regs) == 0;
    ok &= run(child) == 200 + SIGSTOP;
    return run(child) == 7 && ok;
}

static int at_call(long child) {
    return (peek(child, (unsigned long)registers(child).eip) & 0xffff) == 0x80cd;
}

/* A step over a system call ends right behind it. */
static int steps_over_a_call(void) {
    const long child = start(stops_twice);
    int ok = 1;
    for (int n = 0; n < 100 && !at_call(child); n++) ok &= step(child) == 200 + SIGTRAP;
    const struct pt_regs before = registers(child); /* getpid() */
    ok &= at_call(child) && step(child) == 200 + SIGTRAP;
    ok &= registers(child).eip == before.eip + 2 && registers(child).eax == child;
    forget(child);
    return ok;
}

static void traps_itself(void) {
    set_handler(SIGTRAP, handler, 0);
    __asm__ volatile("pushf; orl $0x100, (%%esp); popf; nop; pushf; andl $~0x100, (%%esp); popf" ::
                         : "memory");
    sys(exit, calls ? 7 : 1);
}

/* A flag that the program sets is its own: a debugger sees it, and it stays when the steps are over. */
static int steps_who_traps_itself(void) {
    const long child = start(traps_itself);
    int ok = 1, seen = 0, n = 0;
    for (; n < 300 && !seen; n++) {
        ok &= step(child) == 200 + SIGTRAP;
        seen = (registers(child).eflags & TRAP) != 0;
    }
    ok &= seen && go_on(PTRACE_CONT, child, 0) == 200 + SIGTRAP;
    int end = 200 + SIGTRAP;
    for (n = 0; n < 20 && end == 200 + SIGTRAP; n++) end = go_on(PTRACE_CONT, child, SIGTRAP);
    return ok && end == 7;
}

/* At a breakpoint, put in and taken out. */
static int breaks(void) {
    const long child = start(handles);
    const unsigned long at = (unsigned long)spin;
    const long text = peek(child, at);
    int ok = sys(ptrace, PTRACE_POKETEXT, child, at, (text & ~0xffl) | 0xcc) == 0;
    ok &= run(child) == 200 + SIGUSR1;
    ok &= go_on(PTRACE_CONT, child, SIGUSR1) == 200 + SIGTRAP;
    struct pt_regs regs = registers(child);
    ok &= (unsigned long)regs.eip == at + 1;
    regs.eip--;
    ok &= sys(ptrace, PTRACE_POKETEXT, child, at, text) == 0 &&
          sys(ptrace, PTRACE_SETREGS, child, 0, &regs) == 0;
    ok &= step(child) == 200 + SIGTRAP && (unsigned long)registers(child).eip > at;
    return run(child) == 7 && ok;
}

static int pokes(long child, long word, long value) {
    return (int)sys(ptrace, PTRACE_POKEUSR, child, word * 4, value);
}

/* Selectors that no program could load are refused. */
static int refuses_selectors(void) {
    const long child = start(stops_twice);
    long word = -1;
    int ok = pokes(child, FS, 0x10) == -5 && pokes(child, GS, 0x10) == -5; /* EIO */
    ok &= pokes(child, FS, 0) == 0 && pokes(child, GS, 0x120003) == 0;
    ok &= sys(ptrace, PTRACE_PEEKUSR, child, GS * 4, &word) == 0 && word == 3;
    forget(child);
    return ok;
}

/* Of EFLAGS only what is a program's: all but RF (16), AC (18) and the flags of results, of steps and of the
 * direction stays. */
static int sets_flags(void) {
    enum { SETTABLE = 0x50dd5 };
    const long child = start(stops_twice);
    struct pt_regs regs = registers(child);
    const long old = regs.eflags;
    long word = -1;
    int ok = pokes(child, EFL, ~old) == 0 && sys(ptrace, PTRACE_PEEKUSR, child, EFL * 4, &word) == 0;
    ok &= word == (old ^ SETTABLE);
    ok &= pokes(child, EFL, old) == 0 && registers(child).eflags == old;
    regs.eflags = ~old;
    ok &= sys(ptrace, PTRACE_SETREGS, child, 0, &regs) == 0 && registers(child).eflags == (old ^ SETTABLE);
    forget(child);
    return ok;
}

/* A descriptor that a debugger sets is there when the program looks. */
static int sets_tls(void) {
    struct user_desc set[3] = {{0}, {0}, {0}}, seen[3] = {{0}, {0}, {0}};
    struct iovec all = {set, sizeof(set)}, one = {seen, sizeof(seen)};
    const long child = start(stops_twice);
    int ok = sys(ptrace, PTRACE_GETREGSET, child, NT_386_TLS_, &one) == 0;
    copy(set, seen, sizeof(set));
    set[1] = (struct user_desc){.entry_number = seen[0].entry_number + 1,
                                .base_addr = 0x12345000,
                                .limit = 5,
                                .seg_32bit = 1,
                                .limit_in_pages = 1,
                                .useable = 1};
    all.iov_len = one.iov_len = sizeof(set);
    ok &= sys(ptrace, PTRACE_SETREGSET, child, NT_386_TLS_, &all) == 0;
    ok &= sys(ptrace, PTRACE_GETREGSET, child, NT_386_TLS_, &one) == 0 &&
          !differ(&set[1], &seen[1], sizeof(*set));
    forget(child);
    return ok;
}

__attribute__((used)) static void start_init(void) {
    check("a step into a handler", steps_into_a_handler());
    check("registers read after a step do not step", registers_do_not_step());
    check("a step over a system call", steps_over_a_call());
    check("steps through who sets the trap flag itself", steps_who_traps_itself());
    check("a breakpoint", breaks());
    check("selectors that are none", refuses_selectors());
    check("EFLAGS that a debugger may set", sets_flags());
    check("TLS descriptors as a register set", sets_tls());
    done();
}

__asm__(".globl _start\n_start: call start_init; ud2\n");
