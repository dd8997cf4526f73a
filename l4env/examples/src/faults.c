/* SPDX-License-Identifier: BSD-2-Clause */
/* Does what its argument says, which nobody can serve: that ends the task, and the root task says why. Or,
 * with ports 0x2f8 to 0x2ff, what can be served. */
#include "l4/abi/limits.h"
#include "l4/c/stdio.h"
#include "l4/c/string.h"
#include "l4/region/region.h"
#include "l4/sys/ipc.h"
#include "l4/sys/timeout.h"

static void read_at(l4_word_t address) { (void)*(volatile l4_word_t*)(uintptr_t)address; }

static void call(l4_word_t address) { ((void (*)(void))(uintptr_t)address)(); }

static void in16(unsigned port) {
    uint16_t value;
    __asm__ volatile("inw %w[port], %[value]" : [value] "=a"(value) : [port] "d"(port));
}

static void in32(unsigned port) {
    uint32_t value;
    __asm__ volatile("inl %w[port], %[value]" : [value] "=a"(value) : [port] "d"(port));
}

static void read_there(void* address) { (void)*(volatile l4_word_t*)address; }

/** In a thread whose pager is the region library. */
static void read_paged(l4_word_t address) {
    static l4_word_t stack[1024] __attribute__((aligned(16)));
    (void)l4_region_start();
    (void)l4_region_thread_start(read_there, (void*)(uintptr_t)address, stack, sizeof stack);
    l4_ipc_sleep(l4_timeouts_us(L4_TIME_NEVER, 100000));
}

static void do_it(const char* what) {
    if (!strcmp(what, "write")) *(volatile l4_word_t*)(uintptr_t)0xc0300000u = 1;
    if (!strcmp(what, "jump")) call(0xdeadbeefu);
    if (!strcmp(what, "null")) call(0);
    if (!strcmp(what, "stub")) call(L4_SYSCALL_PAGE + 0x80);
    if (!strcmp(what, "stack")) __asm__ volatile("movl $0, %esp\n\tpushl %eax");
    if (!strcmp(what, "page")) read_at(0xfffffffcu); /* sigma0's protocol: any page */
    if (!strcmp(what, "io")) read_at(0xf0000040u);   /* an I/O flexpage */
    if (!strcmp(what, "paged_page")) read_paged(0xfffffffcu);
    if (!strcmp(what, "paged_high")) read_paged(0xd0000000u); /* near the library's own requests */
    if (!strcmp(what, "in16")) in16(0x2fb);
    if (!strcmp(what, "in32")) in32(0x2f9);
    if (!strcmp(what, "end")) in32(0x2fe);
    if (!strcmp(what, "cli")) __asm__ volatile("cli");
}

int main(int argc, char** argv) {
    for (int i = 1; i < argc; i++) do_it(argv[i]);
    printf("nothing has happened\n");
    return 0;
}
