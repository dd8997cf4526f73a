// SPDX-License-Identifier: GPL-2.0-only
// Init: what programs find in the vDSO.
#include "calls.h"

#include <asm/signal.h>
#include <linux/auxvec.h>
#include <linux/elf.h>
#include <linux/ptrace.h>
#include <linux/time.h>

static const char* image; /* the vDSO */

static unsigned long auxiliary(const long* stack, unsigned long type) {
    const unsigned long* a = (const unsigned long*)(stack + 1 + stack[0] + 1);
    while (*a++) continue; /* the environment */
    for (; a[0] != AT_NULL; a += 2)
        if (a[0] == type) return a[1];
    return 0;
}

/* The address of what the image exports under this name; 0: nothing. */
static const void* symbol(const char* name) {
    const Elf32_Ehdr* header = (const Elf32_Ehdr*)image;
    const Elf32_Phdr* segment = (const Elf32_Phdr*)(image + header->e_phoff);
    const Elf32_Dyn* dynamic = 0;
    const Elf32_Sym* symbols = 0;
    const char* names = 0;
    const unsigned int* hash = 0;
    for (unsigned int i = 0; i < header->e_phnum; i++)
        if (segment[i].p_type == PT_DYNAMIC) dynamic = (const Elf32_Dyn*)(image + segment[i].p_vaddr);
    for (; dynamic && dynamic->d_tag != DT_NULL; dynamic++) {
        if (dynamic->d_tag == DT_SYMTAB) symbols = (const Elf32_Sym*)(image + dynamic->d_un.d_ptr);
        if (dynamic->d_tag == DT_STRTAB) names = image + dynamic->d_un.d_ptr;
        if (dynamic->d_tag == DT_HASH) hash = (const unsigned int*)(image + dynamic->d_un.d_ptr);
    }
    if (!symbols || !names || !hash) return 0;
    for (unsigned int i = 0; i < hash[1]; i++)
        if (symbols[i].st_shndx && !differ(names + symbols[i].st_name, name, length(name) + 1))
            return image + symbols[i].st_value;
    return 0;
}

static long call_through(unsigned long entry, long number, long a, long b, long c) {
    long result;
    __asm__ volatile("call *%%edi"
                     : "=a"(result)
                     : "a"(number), "b"(a), "c"(b), "d"(c), "D"(entry)
                     : "memory");
    return result;
}

static const void* volatile returned_to;

static void on_signal(int signal) {
    (void)signal;
    returned_to = __builtin_return_address(0);
}

static int returns_to(const char* name, unsigned long flags) {
    returned_to = 0;
    set_handler(SIGUSR1, on_signal, flags);
    sys(kill, sys(getpid), SIGUSR1);
    return returned_to && returned_to == symbol(name);
}

static volatile unsigned long entered_with; /* the handler's stack pointer */

static void on_stack(int signal) {
    (void)signal;
    entered_with = (unsigned long)__builtin_frame_address(0) + 4;
}

/* What a handler needs of its stack is what programs are told, and little less. */
static int fits(unsigned long told) {
    static char place[8192];
    const struct {
        void* at;
        int flags;
        unsigned long size;
    } stack = {place, 0, sizeof(place)};
    sys(sigaltstack, &stack, 0);
    set_handler(SIGUSR1, on_stack, SA_SIGINFO | SA_ONSTACK);
    sys(kill, sys(getpid), SIGUSR1);
    const unsigned long needed = (unsigned long)place + sizeof(place) - entered_with;
    return needed <= told && told - needed < 256;
}

typedef long clock_fn(int clock, struct __kernel_timespec* t);

static long long in_ns(struct __kernel_timespec t) { return t.tv_sec * 1000000000LL + t.tv_nsec; }

/* Whichever tells it, time does not go back. */
static int agrees(int clock) {
    clock_fn* const gettime = (clock_fn*)symbol("__vdso_clock_gettime64");
    struct __kernel_timespec t[3];
    if (!gettime) return 0;
    for (int i = 0; i < 2000; i++) {
        if (gettime(clock, t) || sys(clock_gettime64, clock, t + 1) || gettime(clock, t + 2)) return 0;
        if (in_ns(t[0]) > in_ns(t[1]) || in_ns(t[1]) > in_ns(t[2])) return 0;
        if (in_ns(t[2]) - in_ns(t[0]) > 1000000000LL) return 0;
    }
    return 1;
}

static int others_agree(void) {
    long (*const gettime)(int, long*) = (long (*)(int, long*))symbol("__vdso_clock_gettime");
    long (*const getres)(int, long*) = (long (*)(int, long*))symbol("__vdso_clock_getres");
    long (*const timeofday)(long*, long*) = (long (*)(long*, long*))symbol("__vdso_gettimeofday");
    long (*const seconds)(long*) = (long (*)(long*))symbol("__vdso_time");
    long a[2], b[2], c[2], resolution[2], expected[2];
    if (!gettime || !getres || !timeofday || !seconds) return 0;
    if (gettime(CLOCK_REALTIME, a) || timeofday(b, 0) || gettime(CLOCK_REALTIME, c)) return 0;
    if (getres(CLOCK_MONOTONIC, resolution) || sys(clock_getres, CLOCK_MONOTONIC, expected)) return 0;
    return a[0] <= b[0] && b[0] <= c[0] && (unsigned long)(seconds(0) - a[0] + 1) <= 2 &&
           !differ(resolution, expected, 8) && gettime(77, a) == -22;
}

/* Under a debugger that stops at system calls. */
static int enters_no_kernel(void) {
    clock_fn* const gettime = (clock_fn*)symbol("__vdso_clock_gettime64");
    long next = 0;
    int status = 0;
    const long child = sys(fork);
    if (child == 0) {
        struct __kernel_timespec t;
        sys(ptrace, PTRACE_TRACEME);
        sys(kill, sys(getpid), SIGSTOP);
        for (int i = 0; i < 100; i++) gettime(CLOCK_MONOTONIC, &t);
        sys(exit, 7);
    }
    sys(wait4, child, 0, 0, 0);
    /* Out of kill, then into the next. */
    for (int i = 0; i < 2; i++) {
        sys(ptrace, PTRACE_SYSCALL, child, 0, 0);
        sys(wait4, child, &status, 0, 0);
        sys(ptrace, PTRACE_PEEKUSR, child, 11 * 4 /* orig_eax */, &next);
    }
    sys(ptrace, PTRACE_CONT, child, 0, 0);
    sys(wait4, child, &status, 0, 0);
    return next == __NR_exit && status == 7 << 8;
}

__attribute__((used)) static void start(long* stack) {
    const unsigned long entry = auxiliary(stack, 32 /* AT_SYSINFO */);
    image = (const char*)auxiliary(stack, AT_SYSINFO_EHDR);
    check("an image", image && !differ(image, ELFMAG, SELFMAG));
    check("system calls", entry && entry == (unsigned long)symbol("__kernel_vsyscall") &&
                              call_through(entry, __NR_getpid, 0, 0, 0) == sys(getpid) &&
                              call_through(entry, __NR_write, 1, (long)"# written\n", 10) == 10 &&
                              call_through(entry, __NR_close, 77, 0, 0) == -9);
    check("the end of a handler", returns_to("__kernel_sigreturn", 0));
    check("the end of a handler with information", returns_to("__kernel_rt_sigreturn", SA_SIGINFO));
    check("the size of its frame", fits(auxiliary(stack, 51 /* AT_MINSIGSTKSZ */)));
    check("monotonic time", agrees(CLOCK_MONOTONIC));
    check("the time of day", agrees(CLOCK_REALTIME));
    check("the other calls", others_agree());
    check("time without a kernel entry", enters_no_kernel());
    done();
}

__asm__(".globl _start\n_start: movl %esp, %eax; subl $12, %esp; pushl %eax; call start; ud2\n");
