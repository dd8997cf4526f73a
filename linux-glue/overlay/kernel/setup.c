// SPDX-License-Identifier: GPL-2.0-only
// What Linux wants to know at its start.
#include <asm/l4.h>
#include <asm/page.h>
#include <asm/processor.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <linux/console.h>
#include <linux/cpu.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "../user/user.h"

struct cpuinfo_x86 boot_cpu_data;
EXPORT_SYMBOL(boot_cpu_data);
DEFINE_PER_CPU(struct task_struct*, current_task) ____cacheline_aligned = &init_task;
EXPORT_PER_CPU_SYMBOL(current_task);

static void early_write(struct console* con, const char* text, unsigned int length) {
    l4_console_write(text, length);
}

static struct console early_console_l4 = {
    .name = "l4", .write = early_write, .flags = CON_PRINTBUFFER | CON_BOOT, .index = -1};

/* Features by the bits of cpuid 1 (words 0 and 4 of asm/cpufeatures.h): nothing of the server uses them,
 * programs find them in AT_HWCAP. */
static void __init read_cpu(void) {
    unsigned int eax = 1, ebx, ecx = 0, edx;
    asm volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    boot_cpu_data.x86_capability[0] = edx;
    boot_cpu_data.x86_capability[4] = ecx;
    boot_cpu_data.x86 = (eax >> 8 & 0xf) + (eax >> 20 & 0xff);
    boot_cpu_data.x86_model = (eax >> 4 & 0xf) | (eax >> 12 & 0xf0);
}

void __init setup_arch(char** cmdline) {
    unsigned long zones[MAX_NR_ZONES] = {0};
    register_console(&early_console_l4);
    read_cpu();
    setup_initial_init_mm(_text, _etext, _edata, _end);
    *cmdline = boot_command_line;
    parse_early_param();

    memblock_add(PFN_PHYS(l4_first_pfn), PFN_PHYS(l4_end_pfn - l4_first_pfn));
    memblock_reserve(__pa(_text), _end - _text);
    l4_reserve_seams();
    max_low_pfn = max_pfn = l4_end_pfn;
    high_memory = __va(PFN_PHYS(l4_end_pfn));
    zones[ZONE_NORMAL] = max_low_pfn;
    free_area_init(zones);
    l4_user_init();
}

void __init arch_cpu_finalize_init(void) {}
