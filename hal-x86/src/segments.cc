// SPDX-License-Identifier: BSD-2-Clause
#include "x86/segments.h"

#include "x86/table_pointer.h"

namespace x86 {

/// The processor starts with a local descriptor table of 64 KiB at address 0, where programs have their
/// memory: their own call gates would be in it.
void Gdt::load() const {
    const TablePointer pointer{sizeof entries_ - 1, this};
    asm volatile(
        "lgdt %0\n\t"
        "ljmp %1, $1f\n"
        "1:\n\t"
        "mov %2, %%ss\n\t"
        "mov %3, %%ds\n\t"
        "mov %3, %%es\n\t"
        "mov %4, %%fs\n\t"
        "mov %4, %%gs\n\t"
        "lldt %w4\n\t"
        "ltr %w5" ::"m"(pointer),
        "i"(kernel_cs), "r"(kernel_ds), "r"(ia32::user_ds), "r"(0), "r"(tss_selector)
        : "memory");
}

} // namespace x86
