// SPDX-License-Identifier: BSD-2-Clause
// From paging to the first step of the first trace.
#include <cstring>

#include "hal-x86/replay/player.h"
#include "ia32/paging.h"
#include "x86/boot_stop.h"
#include "x86/boot_tables.h"
#include "x86/entry.h"
#include "x86/idt.h"
#include "x86/kernel.h"
#include "x86/layout.h"
#include "x86/multiboot.h"

namespace x86 {

namespace {

constexpr std::uint32_t users_end = 0x10000000; ///< traces have RAM up to there, then the kernel's memory
constexpr std::uint32_t pack_at = users_end + ia32::super_size;
constexpr std::uint32_t screen = 0xa0000, above_bios = 0x100000, image_first = 0x300000,
                        image_most = 0x3f0000;

alignas(4096) constinit std::byte program_page[4096] = {};

[[noreturn]] void refuse(const char* why) {
    machine.console().put("drops can not replay: ");
    machine.console().put(why);
    machine.console().put("\n");
    stop(running.exit_port);
}

void clear(std::uint32_t first, std::uint32_t end) { std::memset(at_physical<void>(first), 0, end - first); }

/// Out of the way of traces, which have all memory below.
void move_pack(const multiboot::Info& mbi) {
    if ((mbi.flags & multiboot::Info::has_modules) == 0 || mbi.modules_count != 1)
        refuse("it needs one boot module, a pack of traces");
    const multiboot::Module& module = *at_physical<const multiboot::Module>(mbi.modules);
    const std::uint32_t size = module.end - module.start;
    const std::uint64_t memory = above_bios + (std::uint64_t{mbi.mem_upper} << 10);
    if (std::uint64_t{pack_at} + size > memory) refuse("too little memory");
    std::memmove(at_physical<void>(pack_at), at_physical<void>(module.start), size);
}

[[noreturn]] void boot(std::uint32_t info) {
    boot_directory[0] = 0;
    write_cr3(read_cr3());
    machine.console().init();
    const auto& mbi = *at_physical<const multiboot::Info>(info);
    const bool has_line = (mbi.flags & multiboot::Info::has_command_line) != 0;
    const char* const line = has_line ? at_physical<const char>(mbi.command_line) : "";
    running.exit_port = exit_port(line);
    running.checks = true;
    move_pack(mbi);
    const std::uint32_t image_end_at = reinterpret_cast<std::uint32_t>(image_end) - direct_base;
    if (image_end_at > image_most) refuse("its image is too large");
    clear(0, screen);
    clear(above_bios, image_first);
    clear(image_end_at, users_end);
    machine.init(boot_fixed_table, true);
    load_idt();
    boot_fixed_table[ia32::table_index(L4_SYSCALL_PAGE)] =
        machine.address(program_page).raw() | ia32::present | ia32::user | ia32::accessed;
    replay::player.init(program_page, machine.address(boot_directory).raw());
    leave_to_user(replay::player.begin(at_physical<const std::uint32_t>(pack_at)));
}

} // namespace
} // namespace x86

extern "C" [[noreturn]] void boot_main(std::uint32_t magic, std::uint32_t info);

extern "C" void boot_main(std::uint32_t /*magic*/, std::uint32_t info) { x86::boot(info); }
