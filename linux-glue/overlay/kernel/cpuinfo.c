// SPDX-License-Identifier: GPL-2.0-only
// /proc/cpuinfo: what cpuid says, which any program may ask.
#include <asm/l4.h>
#include <asm/processor.h>
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/string.h>

struct cpuid {
    u32 eax, ebx, ecx, edx;
};

static struct cpuid cpuid(u32 leaf) {
    struct cpuid c = {.eax = leaf};
    asm volatile("cpuid" : "+a"(c.eax), "=b"(c.ebx), "+c"(c.ecx), "=d"(c.edx));
    return c;
}

/* By the bits of leaf 1, EDX, as others name them; without what a program could not use. */
static const char* const features[32] = {
    [0] = "fpu",  [4] = "tsc",   [8] = "cx8",  [15] = "cmov", [19] = "clflush",
    [23] = "mmx", [24] = "fxsr", [25] = "sse", [26] = "sse2", [28] = "ht",
};

static void show_names(struct seq_file* m) {
    const struct cpuid first = cpuid(0);
    const u32 vendor[] = {first.ebx, first.edx, first.ecx};
    seq_printf(m, "vendor_id\t: %.12s\n", (const char*)vendor);
    seq_printf(m, "cpu family\t: %u\nmodel\t\t: %u\n", boot_cpu_data.x86, boot_cpu_data.x86_model);
    if (cpuid(0x80000000).eax >= 0x80000004) {
        const struct cpuid name[] = {cpuid(0x80000002), cpuid(0x80000003), cpuid(0x80000004)};
        char text[sizeof(name) + 1] = {};
        memcpy(text, name, sizeof(name));
        seq_printf(m, "model name\t: %s\n", skip_spaces(text));
    } else {
        seq_puts(m, "model name\t: unknown\n");
    }
    seq_printf(m, "stepping\t: %u\n", cpuid(1).eax & 0xf);
}

static int c_show(struct seq_file* m, void* v) {
    unsigned int i;
    seq_puts(m, "processor\t: 0\n");
    show_names(m);
    seq_printf(m, "cpu MHz\t\t: %u.%03u\nflags\t\t:", l4_kernel_info()->cpu_khz / 1000,
               l4_kernel_info()->cpu_khz % 1000);
    for (i = 0; i < ARRAY_SIZE(features); i++)
        if (features[i] && boot_cpu_data.x86_capability[0] >> i & 1) seq_printf(m, " %s", features[i]);
    seq_printf(m, "\nbogomips\t: %lu.%02lu\n\n", loops_per_jiffy / (500000 / HZ),
               loops_per_jiffy / (5000 / HZ) % 100);
    return 0;
}

static void* c_start(struct seq_file* m, loff_t* pos) { return *pos == 0 ? &boot_cpu_data : NULL; }

static void* c_next(struct seq_file* m, void* v, loff_t* pos) {
    ++*pos;
    return c_start(m, pos);
}

static void c_stop(struct seq_file* m, void* v) {}

const struct seq_operations cpuinfo_op = {.start = c_start, .next = c_next, .stop = c_stop, .show = c_show};
