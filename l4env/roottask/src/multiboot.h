// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

namespace l4env::root {

/// The part of multiboot's information (version 1) that tells of command lines and modules.
struct Multiboot {
    static constexpr std::uint32_t has_command_line = 1u << 2, has_modules = 1u << 3;

    struct Module {
        std::uint32_t start, end, command_line, reserved;
    };

    std::uint32_t flags, mem_lower, mem_upper, boot_device, command_line, module_count, modules;
};
static_assert(sizeof(Multiboot::Module) == 16 && sizeof(Multiboot) == 28);

} // namespace l4env::root
