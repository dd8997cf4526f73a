// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

/// Multiboot 1, as far as the kernel reads it.  Addresses are physical.
namespace x86::multiboot {

inline constexpr std::uint32_t loader_magic = 0x2badb002;

struct Info {
    enum Flag : std::uint32_t {
        has_memory = 1u << 0,
        has_command_line = 1u << 2,
        has_modules = 1u << 3,
        has_map = 1u << 6
    };
    std::uint32_t flags, mem_lower, mem_upper; ///< KiB below 640 KiB, and above 1 MiB
    std::uint32_t boot_device, command_line, modules_count, modules, symbols[4], map_length, map;
    std::uint32_t drives[2], config_table, loader_name, apm_table, vbe[4];
};
static_assert(sizeof(Info) == 88);

struct Module {
    std::uint32_t start, end, command_line, reserved;
};
static_assert(sizeof(Module) == 16);

struct [[gnu::packed]] MapEntry {
    static constexpr std::uint32_t ram = 1;

    std::uint32_t size; ///< of the rest
    std::uint64_t base, length;
    std::uint32_t type;
};
static_assert(sizeof(MapEntry) == 24);

} // namespace x86::multiboot
