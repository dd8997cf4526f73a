// SPDX-License-Identifier: BSD-2-Clause
// What operations of Linux cost, by the time stamp counter: an init program for Linux on drops, on the
// machine itself, and as a program of another Linux. Under `-icount shift=0` the counter counts guest
// instructions.
// What is printed is the sample with the median of cycles. What it does is what lmbench does; how often, and
// over which memory, is written here.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "counts.h"

enum { most_samples = 201, pages = 64, page_size = 4096 };

#define FILE_NAME "/file" // in the initramfs, of `pages` pages

typedef struct {
    uint32_t cycles;
    counts_t counts;
} sample_t;

typedef struct {
    const char* name;
    unsigned units;       // of which the figure is wanted, in one sample
    unsigned samples;     // at most most_samples
    void (*begin)(void);  // once, before all samples
    void (*before)(void); // and after each: not measured
    void (*measured)(void);
    void (*after)(void);
    void (*end)(void);
} operation_t;

// ---- what is measured -----------------------------------------------------------------------------------

static void nothing(void) {}

static void get_pid(void) {
    uint32_t number = SYS_getpid;
    __asm__ volatile("int $0x80" : "+a"(number)::"memory");
}

static void get_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
}

static void await(pid_t child) {
    int status = 0;
    must(child > 0, "a child");
    must(waitpid(child, &status, 0) == child && status == 0, "the end of a child");
}

static void fork_exit(void) {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    await(child);
}

static void vfork_exit(void) {
    const pid_t child = vfork();
    if (child == 0) _exit(0);
    await(child);
}

static void run_program(const char* path) {
    const pid_t child = fork();
    if (child == 0) {
        execl(path, path, (char*)0);
        _exit(127);
    }
    await(child);
}

static void exec_static(void) { run_program("/nothing_static"); }
static void exec_dynamic(void) { run_program("/nothing_dynamic"); }

static volatile char* area;

static void map_area(void) {
    area = mmap(0, pages * page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(area != MAP_FAILED, "mmap");
}

static void map_file(void) {
    const int file = open(FILE_NAME, O_RDONLY);
    must(file >= 0, "open " FILE_NAME);
    area = mmap(0, pages * page_size, PROT_READ, MAP_PRIVATE, file, 0);
    must(area != MAP_FAILED, "mmap of a file");
    close(file);
}

static void unmap_area(void) { must(munmap((void*)area, pages * page_size) == 0, "munmap"); }

static void read_pages(void) {
    for (unsigned i = 0; i < pages; ++i) (void)area[i * page_size];
}

static void write_pages(void) {
    for (unsigned i = 0; i < pages; ++i) area[i * page_size] = 1;
}

static pid_t sharer; // a child that has the area, too

static void share_area(void) {
    map_area();
    write_pages();
    sharer = fork();
    must(sharer >= 0, "fork");
    if (sharer == 0)
        for (;;) pause();
}

static void end_sharer(void) {
    must(kill(sharer, SIGKILL) == 0 && waitpid(sharer, 0, 0) == sharer, "the end of a child");
    unmap_area();
}

static pid_t self;
static volatile unsigned signals;

static void on_signal(int number) {
    (void)number;
    ++signals;
}

static void catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal};
    self = getpid();
    must(sigaction(SIGUSR1, &action, 0) == 0, "sigaction");
}

static void send_signal(void) {
    const unsigned had = signals;
    kill(self, SIGUSR1);
    must(signals == had + 1, "a signal");
}

static int to_echo[2], from_echo[2];

static void start_echo(void) {
    char byte;
    must(pipe(to_echo) == 0 && pipe(from_echo) == 0, "pipe");
    sharer = fork();
    must(sharer >= 0, "fork");
    if (sharer == 0)
        while (read(to_echo[0], &byte, 1) == 1 && write(from_echo[1], &byte, 1) == 1) continue;
}

static void ping_pong(void) {
    char byte = 0;
    must(write(to_echo[1], &byte, 1) == 1 && read(from_echo[0], &byte, 1) == 1, "an echo");
}

static void stop_echo(void) {
    must(kill(sharer, SIGKILL) == 0 && waitpid(sharer, 0, 0) == sharer, "the end of the echo");
    for (int i = 0; i < 2; ++i) close(to_echo[i]), close(from_echo[i]);
}

static void map_touch_unmap(void) {
    volatile char* const page =
        mmap(0, page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(page != MAP_FAILED, "mmap");
    *page = 1;
    munmap((void*)page, page_size);
}

static void open_close(void) {
    const int file = open(FILE_NAME, O_RDONLY);
    must(file >= 0, "open " FILE_NAME);
    close(file);
}

static const operation_t overhead = {.name = "overhead", .units = 1, .samples = 201, .measured = nothing};

static const operation_t operations[] = {
    {.name = "getpid", .units = 1, .samples = 201, .measured = get_pid},
    {.name = "clock_gettime", .units = 1, .samples = 201, .measured = get_time},
    {.name = "fork", .units = 1, .samples = 41, .measured = fork_exit},
    {.name = "vfork", .units = 1, .samples = 41, .measured = vfork_exit},
    {.name = "fork_exec_static", .units = 1, .samples = 41, .measured = exec_static},
    {.name = "fork_exec_dyn", .units = 1, .samples = 41, .measured = exec_dynamic},
    {.name = "pf_anon_w",
     .units = pages,
     .samples = 21,
     .before = map_area,
     .measured = write_pages,
     .after = unmap_area},
    {.name = "pf_file_r",
     .units = pages,
     .samples = 21,
     .before = map_file,
     .measured = read_pages,
     .after = unmap_area},
    {.name = "pf_cow",
     .units = pages,
     .samples = 21,
     .before = share_area,
     .measured = write_pages,
     .after = end_sharer},
    {.name = "sig_deliver", .units = 1, .samples = 101, .begin = catch_signals, .measured = send_signal},
    {.name = "pipe_pingpong",
     .units = 1,
     .samples = 101,
     .begin = start_echo,
     .measured = ping_pong,
     .end = stop_echo},
    {.name = "mmap_touch_munmap", .units = 1, .samples = 101, .measured = map_touch_unmap},
    {.name = "open_close", .units = 1, .samples = 101, .measured = open_close},
};

// ---- measuring ------------------------------------------------------------------------------------------

static uint32_t cycles(void) { return (uint32_t)__builtin_ia32_rdtsc(); }

static sample_t measure(const operation_t* o) {
    if (o->before) o->before();
    const counts_t from = look();
    const uint32_t began = cycles();
    o->measured();
    const uint32_t ended = cycles();
    const counts_t to = look();
    if (o->after) o->after();
    return (sample_t){ended - began, difference(from, to)};
}

static int by_cycles(const void* a, const void* b) {
    const uint32_t x = ((const sample_t*)a)->cycles, y = ((const sample_t*)b)->cycles;
    return (x > y) - (x < y);
}

static sample_t median(const operation_t* o) {
    static sample_t samples[most_samples];
    enum { warm = 3 };
    if (o->begin) o->begin();
    for (unsigned i = 0; i < warm; ++i) measure(o);
    for (unsigned i = 0; i < o->samples; ++i) samples[i] = measure(o);
    if (o->end) o->end();
    qsort(samples, o->samples, sizeof *samples, by_cycles);
    return samples[o->samples / 2];
}

int main(void) {
    begin_bench();
    const uint32_t empty = median(&overhead).cycles;
    for (unsigned i = 0; i < sizeof operations / sizeof *operations; ++i) {
        const operation_t* const o = &operations[i];
        const sample_t s = median(o);
        print_bench(o->name, o->units, s.cycles - empty, s.counts);
    }
    printf("1..1\nok 1 - everything was measured\n");
    end_bench();
}
