// SPDX-License-Identifier: GPL-2.0-only
// From the root task's start to start_kernel(): memory, threads. The entry contract is in README.md.
#include <asm/l4.h>
#include <asm/page.h>
#include <asm/processor.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <linux/init.h>
#include <linux/initrd.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/start_kernel.h>
#include <linux/string.h>

#include "l4/roottask/client.h"

l4_threadid_t l4_server_task;
unsigned long l4_first_pfn, l4_end_pfn;

void l4_console_write(const char* text, unsigned int length) {
    l4_touch(text, length);
    l4_kd_text(text, length);
}

void l4_exit(unsigned int code) {
    l4_root_ask(L4_ROOT_EXIT, code, NULL);
    for (;;) l4_ipc_sleep(L4_TIMEOUT_NEVER);
}

static void give_up(const char* why) {
    l4_console_write(why, strlen(why));
    l4_exit(1);
}

/* The arguments, as one line. */
static void __init take_arguments(int argc, char** argv) {
    int i;
    for (i = 1; i < argc; i++) {
        if (i > 1) strlcat(boot_command_line, " ", COMMAND_LINE_SIZE);
        strlcat(boot_command_line, argv[i], COMMAND_LINE_SIZE);
    }
}

/* The server never faults on its memory: who serves faults, and who serves interrupts, must not wait. */
static void __init touch(unsigned long from, unsigned long to) {
    for (; from < to; from += PAGE_SIZE) (void)*(volatile char*)from;
}

/* The image is there; where the machine has it, the root task says with each page. */
static void __init take_image(unsigned long at, unsigned long end) {
    for (; at < end; at += PAGE_SIZE) {
        const l4_word_t machine = l4_root_page(at);
        if (machine == 0 || !l4_add_memory(at, machine))
            give_up("Linux: the root task does not know its image\n");
    }
}

/* As much as the root task gives, behind the image in one piece, below the addresses that are mapped at will.
 */
static unsigned long __init take_memory(unsigned long at) {
    while (at < VMALLOC_START) {
        const unsigned int fits = min_t(unsigned int, L4_SUPERPAGE_SHIFT, __ffs(at));
        unsigned int log2 = fits;
        l4_word_t machine;
        while (log2 >= PAGE_SHIFT && l4_root_block(at, log2, &machine) != L4_ROOT_OK) log2--;
        if (log2 < PAGE_SHIFT || !l4_add_memory(at, machine)) break;
        at += 1UL << log2;
    }
    return at;
}

void l4_start_thread(enum l4_server_thread n, void (*entry)(void), void* stack_end, l4_threadid_t pager) {
    const unsigned int prio = l4_sched_prio(l4_thread_schedule(l4_server_task, L4_SCHED_QUERY));
    l4_ex_regs_t regs = l4_ex_regs_keep();
    regs.eip = (l4_word_t)entry;
    regs.esp = (l4_word_t)stack_end - 16;
    regs.pager = pager;
    if (l4_lthread_ex_regs(n, regs).eflags == L4_EX_REGS_ERROR)
        give_up("Linux: its kmem= is too little for its threads\n");
    if (l4_thread_schedule(l4_server(n), l4_sched_param_us(prio + n, L4_TIME_NEVER)).param == L4_SCHED_ERROR)
        give_up("Linux: its mcp= must be at least 5 above its prio=\n");
}

/* The initramfs is a boot module, which the root task lets the server read where it is. */
static void __init take_initramfs(void) {
    initrd_start = L4_ROOT_DATA_AT;
    initrd_end = initrd_start + l4_root_data();
    if (initrd_end == initrd_start) initrd_start = initrd_end = 0;
    touch(initrd_start, initrd_end);
}

/* It is no memory of Linux's that could be freed. */
void __init free_initrd_mem(unsigned long start, unsigned long end) {}

void __init l4_start(long* stack);
void __init l4_start(long* stack) {
    const unsigned long end = PAGE_ALIGN((unsigned long)_end);
    l4_server_task = l4_threadid(l4_id_task(l4_myself()), L4_LINUX);
    take_arguments(stack[0], (char**)(stack + 1));
    take_image((unsigned long)_text, end);
    l4_first_pfn = PFN_DOWN((unsigned long)_text);
    l4_end_pfn = PFN_DOWN(take_memory(end));
    take_initramfs();
    l4_start_keeper();
    start_kernel();
}
