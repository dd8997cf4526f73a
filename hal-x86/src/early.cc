// SPDX-License-Identifier: BSD-2-Clause
// Before paging, on a processor of which nothing is known yet: compiled for a plain 386.
#include "x86/boot_stop.h"
#include "x86/boot_tables.h"
#include "x86/console.h"
#include "x86/cpu.h"
#include "x86/io.h"
#include "x86/layout.h"
#include "x86/multiboot.h"

alignas(4096) constinit std::uint32_t boot_directory[ia32::entries] = {};
alignas(4096) constinit std::uint32_t boot_fixed_table[ia32::entries] = {};

namespace x86 {
namespace {

struct Need {
    std::uint32_t bit;
    const char* name;
};
constexpr Need needs[] = {
    {feature_fpu, "a floating-point unit"},      {feature_super_pages, "4 MiB pages (PSE)"},
    {feature_tsc, "a time stamp counter (TSC)"}, {feature_msr, "model-specific registers (MSR)"},
    {feature_cmov, "conditional moves (CMOV)"},  {feature_fxsave, "FXSAVE (FXSR)"},
};

[[noreturn]] void refuse(std::uint32_t exit_port, const char* why, const char* what = "") {
    Console console;
    console.init();
    console.put("drops can not start: ");
    console.put(why);
    console.put(what);
    console.put("\n");
    stop(exit_port);
}

/// Can bit 21 of EFLAGS be changed?
bool has_cpuid() {
    constexpr std::uint32_t id = 1u << 21;
    std::uint32_t before, after;
    asm volatile(
        "pushf\n\t"
        "pop %0\n\t"
        "mov %0, %1\n\t"
        "xor %2, %1\n\t"
        "push %1\n\t"
        "popf\n\t"
        "pushf\n\t"
        "pop %1\n\t"
        "push %0\n\t"
        "popf"
        : "=&r"(before), "=&r"(after)
        : "i"(id));
    return ((before ^ after) & id) != 0;
}

/// The whole direct range, the fixed pages, and the first 4 MiB where they lie, for the moment of change.
void fill_directory(std::uint32_t global) {
    constexpr std::uint32_t kernel_page = ia32::present | ia32::writable | ia32::accessed | ia32::dirty;
    for (std::uint32_t at = 0; at < direct_size; at += ia32::super_size)
        boot_directory[ia32::directory_index(direct_base + at)] = at | kernel_page | ia32::super | global;
    // User-accessible: the entries of the table tell which pages really are.
    boot_directory[ia32::directory_index(fixed_base)] =
        (reinterpret_cast<std::uint32_t>(boot_fixed_table) - direct_base) | kernel_page | ia32::user;
    boot_directory[0] = kernel_page | ia32::super;
}

std::uint32_t check_and_map(std::uint32_t magic, std::uint32_t info) {
    if (magic != multiboot::loader_magic) refuse(0, "not started by a multiboot loader");
    const auto& mbi = *at_physical<const multiboot::Info>(info);
    const bool has_line = (mbi.flags & multiboot::Info::has_command_line) != 0;
    const char* const line = has_line ? at_physical<const char>(mbi.command_line) : "";
    const std::uint32_t port = exit_port(line);
    if (!has_cpuid() || cpuid(0).eax < 1) refuse(port, "the processor has no CPUID");
    const std::uint32_t features = cpuid(1).edx;
    for (const Need& need : needs)
        if ((features & need.bit) == 0) refuse(port, "the processor lacks ", need.name);
    const bool global = (features & feature_global_pages) != 0;
    fill_directory(global ? std::uint32_t{ia32::global} : 0u);
    return cr4_super_pages | (global ? cr4_global : 0u);
}

} // namespace
} // namespace x86

extern "C" std::uint32_t boot_early(std::uint32_t magic, std::uint32_t info);

/// Refuses what can not work, makes the page directory, and returns what CR4 is to hold.
extern "C" std::uint32_t boot_early(std::uint32_t magic, std::uint32_t info) {
    return x86::check_and_map(magic, info);
}
