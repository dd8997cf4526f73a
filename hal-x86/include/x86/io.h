// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

/// Instructions that C++ has no words for.
namespace x86 {

inline void out8(std::uint16_t port, std::uint8_t value) {
    asm volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}
inline std::uint8_t in8(std::uint16_t port) {
    std::uint8_t value;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

inline std::uint64_t read_tsc() {
    std::uint32_t low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    return std::uint64_t{high} << 32 | low;
}
inline std::uint64_t read_msr(std::uint32_t number) {
    std::uint32_t low, high;
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
    return std::uint64_t{high} << 32 | low;
}
inline void write_msr(std::uint32_t number, std::uint64_t value) {
    asm volatile("wrmsr" ::"c"(number), "a"(static_cast<std::uint32_t>(value)),
                 "d"(static_cast<std::uint32_t>(value >> 32)));
}

inline constexpr std::uint32_t cr0_monitor_fpu = 1u << 1, cr0_fpu_away = 1u << 3, cr0_fpu_errors = 1u << 5,
                               cr0_write_protect = 1u << 16, cr0_alignment = 1u << 18, cr0_paging = 1u << 31;
inline constexpr std::uint32_t cr4_super_pages = 1u << 4, cr4_global = 1u << 7, cr4_fxsave = 1u << 9,
                               cr4_simd_errors = 1u << 10;

inline std::uint32_t read_cr0() {
    std::uint32_t value;
    asm volatile("mov %%cr0, %0" : "=r"(value));
    return value;
}
inline void write_cr0(std::uint32_t value) { asm volatile("mov %0, %%cr0" ::"r"(value) : "memory"); }
inline std::uint32_t read_cr2() {
    std::uint32_t value;
    asm volatile("mov %%cr2, %0" : "=r"(value));
    return value;
}
inline std::uint32_t read_cr3() {
    std::uint32_t value;
    asm volatile("mov %%cr3, %0" : "=r"(value));
    return value;
}
inline void write_cr3(std::uint32_t value) { asm volatile("mov %0, %%cr3" ::"r"(value) : "memory"); }
inline std::uint32_t read_cr4() {
    std::uint32_t value;
    asm volatile("mov %%cr4, %0" : "=r"(value));
    return value;
}
inline void write_cr4(std::uint32_t value) { asm volatile("mov %0, %%cr4" ::"r"(value) : "memory"); }
inline void invalidate_page(std::uint32_t va) { asm volatile("invlpg (%0)" ::"r"(va) : "memory"); }

} // namespace x86
