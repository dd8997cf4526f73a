/* SPDX-License-Identifier: BSD-2-Clause */
/* Does what its argument says, which nobody can serve: that ends the task, and the root task says why. Or,
 * with ports 0x2f8 to 0x2ff, what can be served. */
#include "l4/abi/limits.h"
#include "l4/c/stdio.h"
#include "l4/c/string.h"

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

static void do_it(const char* what) {
    if (!strcmp(what, "write")) *(volatile l4_word_t*)(uintptr_t)0xc0300000u = 1;
    if (!strcmp(what, "jump")) call(0xdeadbeefu);
    if (!strcmp(what, "null")) call(0);
    if (!strcmp(what, "stub")) call(L4_SYSCALL_PAGE + 0x80);
    if (!strcmp(what, "stack")) __asm__ volatile("movl $0, %esp\n\tpushl %eax");
    if (!strcmp(what, "page")) read_at(0xfffffffcu); /* sigma0's protocol: any page */
    if (!strcmp(what, "io")) read_at(0xf0000040u);   /* an I/O flexpage */
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
