// SPDX-License-Identifier: BSD-2-Clause
#include "x86/local_apic.h"

#include "x86/io.h"

namespace x86 {

void LocalApic::enable(std::uint32_t timer_vector, std::uint32_t spurious_vector) {
    constexpr std::uint32_t base_msr = 0x1b, globally_enabled = 1u << 11;
    const std::uint64_t flags = read_msr(base_msr) & 0xfff;
    write_msr(base_msr, physical | flags | globally_enabled);
    write(spurious, software_enabled | spurious_vector);
    write(task_priority, 0);
    write(lvt_lint0, external);
    write(lvt_lint1, non_maskable);
    write(lvt_error, masked);
    write(divide, divide_by_1);
    write(lvt_timer, timer_vector);
}

} // namespace x86
