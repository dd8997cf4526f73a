// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <array>
#include <cstdint>
#include <span>

#include "x86/boot_memory.h"
#include "x86/multiboot.h"

namespace x86 {

/// A file that the boot loader has put into memory.
struct BootModule {
    Range at{};
    const char* command_line = "";
};

/// The boot modules: first sigma0, second the root task, the rest the root task's.
///
/// They are moved up to just below the boot area, out of the way of programs, which are linked to low
/// addresses.  The multiboot information is copied to the boot area with all that it refers to, so that the
/// root task finds it whole.
class Modules {
public:
    static constexpr std::size_t most = 64;

    /// nullptr: done.  Else why not.
    const char* take(const multiboot::Info& info, const BootMemory& memory);

    std::span<const BootModule> all() const { return {modules_.data(), count_}; }
    Range area() const { return area_; }              ///< where they are now
    std::uint32_t info_copy() const { return copy_; } ///< physical address
    const char* command_line() const { return command_line_; }

private:
    const char* copy_info(const multiboot::Info& info, Range to);
    const char* move(const BootMemory& memory);
    std::uint32_t copy(const void* from, std::uint32_t size);
    std::uint32_t copy_text(std::uint32_t from);

    std::array<BootModule, most> modules_{};
    std::size_t count_ = 0;
    Range area_, free_; ///< free_: of the copy's place, what is left
    std::uint32_t copy_ = 0;
    multiboot::Module* copied_modules_ = nullptr;
    const char* command_line_ = "";
};

} // namespace x86
