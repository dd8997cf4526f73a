// SPDX-License-Identifier: GPL-2.0-only
// Init: programs that try what they may not, and one beside them that must not notice. A program can make no
// L4 system call, and nothing that it executes or writes harms anybody else.
#include "calls.h"

#include <asm/signal.h>
#include <linux/mman.h>

enum { PAGE = 4096, PATIENCE = 10 /* s */, UTCBS = 0xbff00000, UTCBS_SIZE = 0x4000 };

static unsigned char* code; /* a page of instructions */

struct registers {
    unsigned int eax, ebx, ecx, edx, esi, edi, ebp;
};

/* As L4 reads them: nothing to do; wait for anybody, for ever; all of the own memory away; delete task 4. */
static const struct registers tries[] = {
    {-1u, 0, 0, 0, 0, 0, -1u},
    {-1u, 0, 0, 0, 0, 0, 1},
    {0x80, 0, 0x80000002, 0, 0, 0, 0},
    {0x40000000, 0, 0, 0, 4u << 17, 0, -1u},
};

static void execute(const struct registers* r) {
    const void* to = code;
    __asm__ volatile(
        "push %%ebp; push %%ebx; push %%edx; mov 4(%0), %%ebx; mov 8(%0), %%ecx; "
        "mov 12(%0), %%edx; mov 16(%0), %%esi; mov 20(%0), %%edi; mov 24(%0), %%ebp; mov (%0), %%eax; "
        "call *(%%esp); pop %%ebp; pop %%ebx; pop %%ebp"
        : "+a"(r), "+d"(to)
        :
        : "ecx", "esi", "edi", "memory", "cc");
}

/* How a child ends that executes these bytes: 0x100 times its exit code, or a signal. */
static int end_of(const char* bytes, unsigned int count, const struct registers* r) {
    int status = 0;
    const long child = sys(fork);
    if (child == 0) {
        sys(alarm, PATIENCE);
        copy(code, bytes, count);
        code[count] = 0xc3; /* ret */
        execute(r);
        sys(exit, 7);
    }
    sys(waitpid, child, &status, 0);
    return status;
}

static int all_vectors(void) {
    int good = 1;
    for (unsigned int vector = 0; vector < 256; vector++)
        for (unsigned int i = 0; i < sizeof(tries) / sizeof(*tries); i++) {
            const char bytes[] = {(char)0xcd, (char)vector};
            const int expected = vector == 3 ? SIGTRAP : vector == 0x80 ? 7 << 8 : SIGSEGV;
            const int end = end_of(bytes, sizeof(bytes), tries + i);
            if (end == expected) continue;
            say("# vector ");
            say_number(vector);
            say(" ended with ");
            say_number((unsigned int)end);
            say("\n");
            good = 0;
        }
    return good;
}

static void check_instruction(const char* name, const char* bytes, unsigned int count, int signal) {
    int good = 1;
    for (unsigned int i = 0; i < sizeof(tries) / sizeof(*tries); i++) {
        const int end = end_of(bytes, count, tries + i);
        if (signal ? end == signal : (end & 0x7f) != 0 && end != SIGALRM) continue;
        say("# it ended with ");
        say_number((unsigned int)end);
        say("\n");
        good = 0;
    }
    check(name, good);
}

/* The way there: four data segments, SS and ESP; EFLAGS; CS and EIP 0x100. */
#define DATA            "\x6a\0\x6a\0\x6a\0\x6a\0\x6a\0\x68\0\x10\0\0"
#define TO_VM86(eflags) DATA "\x68" eflags "\x6a\0\x68\0\1\0\0\xcf"

#define INSTRUCTION(name, bytes, signal) check_instruction(name, bytes, sizeof(bytes) - 1, signal)

static void all_instructions(void) {
    INSTRUCTION("hlt", "\xf4", SIGSEGV);
    INSTRUCTION("cli", "\xfa", SIGSEGV);
    INSTRUCTION("sti", "\xfb", SIGSEGV);
    INSTRUCTION("in", "\xec", SIGSEGV);
    INSTRUCTION("out", "\xee", SIGSEGV);
    INSTRUCTION("outs", "\x6e", SIGSEGV);
    INSTRUCTION("rdmsr", "\x0f\x32", SIGSEGV);
    INSTRUCTION("wrmsr", "\x0f\x30", SIGSEGV);
    INSTRUCTION("mov from cr0", "\x0f\x20\xc0", SIGSEGV);
    INSTRUCTION("mov to cr3", "\x0f\x22\xd8", SIGSEGV);
    INSTRUCTION("mov to dr7", "\x0f\x23\xf8", SIGSEGV);
    INSTRUCTION("clts", "\x0f\x06", SIGSEGV);
    INSTRUCTION("wbinvd", "\x0f\x09", SIGSEGV);
    INSTRUCTION("lgdt", "\x0f\x01\x14\x24", SIGSEGV);
    INSTRUCTION("lidt", "\x0f\x01\x1c\x24", SIGSEGV);
    INSTRUCTION("lldt", "\x0f\x00\xd0", SIGSEGV);
    INSTRUCTION("ltr", "\x0f\x00\xd8", SIGSEGV);
    INSTRUCTION("invlpg", "\x0f\x01\x3c\x24", SIGSEGV);
    INSTRUCTION("a far jump to the kernel's segment", "\xea\0\0\0\0\x08\0", SIGSEGV);
    INSTRUCTION("the kernel's data segment", "\x66\xb8\x10\0\x8e\xd8", SIGSEGV);
    INSTRUCTION("lock nop", "\xf0\x90", SIGILL);
    INSTRUCTION("ud2", "\x0f\x0b", SIGILL);
    INSTRUCTION("sysenter", "\x31\xe4\x0f\x34", 0); /* without a stack */
    /* Processors ignore the flag; QEMU's translator does not. */
    INSTRUCTION("iret to virtual-8086 mode", TO_VM86("\x02\x02\x02\0"), 0);
    INSTRUCTION("the same with IOPL 3", TO_VM86("\x02\x32\x02\0"), 0);
}

/* What the microkernel reads of a program: the program may write it. */
static void spoil_utcbs(void) {
    int status = 0, good = 1;
    for (int byte = 0; byte < 256; byte += 51) {
        const long child = sys(fork);
        if (child == 0) {
            sys(alarm, PATIENCE);
            fill((void*)UTCBS, byte, UTCBS_SIZE);
            for (int i = 0; i < 100; i++) sys(getpid);
            sys(exit, sys(getppid) == 1 ? 7 : 1);
        }
        sys(waitpid, child, &status, 0);
        if (status == 7 << 8 || status == SIGSEGV) continue; /* elsewhere nothing is there */
        say("# it ended with ");
        say_number((unsigned int)status);
        say("\n");
        good = 0;
    }
    check("UTCBs that the program has filled", good);
}

static volatile int over;
static void stop(int signal) { over = signal; }

/* Looks at its memory, its registers and its name, until it is told to stop: its exit code. */
static int look_on(void) {
    static unsigned int memory[4 * PAGE / sizeof(int)];
    const unsigned int count = sizeof(memory) / sizeof(*memory);
    const long me = sys(getpid);
    unsigned int round = 1;
    for (; !over; round++) {
        for (unsigned int i = 0; i < count; i++) memory[i] = i * round;
        if (sys(getpid) != me) return 2;
        sys(sched_yield);
        for (unsigned int i = 0; i < count; i++)
            if (memory[i] != i * round) return 3;
    }
    return round > 10 ? 0 : 4;
}

__attribute__((used, noreturn)) static void start(void) {
    int status = -1;
    long bystander;
    set_handler(SIGUSR1, stop, 0);
    code = (unsigned char*)sys(mmap2, 0, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1);
    bystander = sys(fork);
    if (bystander == 0) sys(exit, look_on());
    check("every vector, with registers as L4 reads them", all_vectors());
    all_instructions();
    check("no ports, as far as there are any",
          sys(ioperm, 0x80, 1, 1) == -1 && sys(ioperm, 0x80, 1, 0) == 0 && sys(iopl, 3) == -1 &&
              sys(ioperm, 0xffff, 2, 0) == -22 && sys(ioperm, -1, 1, 0) == -22);
    spoil_utcbs();
    sys(kill, bystander, SIGUSR1);
    sys(waitpid, bystander, &status, 0);
    check("a program beside them has noticed nothing", status == 0);
    done();
}

__asm__(".globl _start; _start: xor %ebp, %ebp; and $-16, %esp; call start");
