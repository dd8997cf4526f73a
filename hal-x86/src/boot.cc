// SPDX-License-Identifier: BSD-2-Clause
// From paging to the first program.
#include <cstring>
#include <initializer_list>
#include <new>

#include "ia32/paging.h"
#include "x86/boot_memory.h"
#include "x86/boot_stop.h"
#include "x86/boot_tables.h"
#include "x86/cpu.h"
#include "x86/debugger.h"
#include "x86/elf.h"
#include "x86/entry.h"
#include "x86/go_on.h"
#include "x86/idt.h"
#include "x86/kernel.h"
#include "x86/kip.h"
#include "x86/layout.h"
#include "x86/limits.h"
#include "x86/modules.h"

namespace x86 {

namespace {

alignas(4096) constinit std::byte call_page[4096] = {};
constinit Modules modules;

std::byte* bytes_at(std::uint32_t physical) { return at_physical<std::byte>(physical); }

/// "drops can not start: what: detail: why"
[[noreturn]] void refuse(const char* what, const char* detail = nullptr, const char* why = nullptr) {
    Console& console = machine.console();
    console.put("drops can not start: ");
    console.put(what);
    for (const char* const more : {detail, why}) {
        if (!more) continue;
        console.put(": ");
        console.put(more);
    }
    console.put("\n");
    stop(running.exit_port);
}

/// Loads the program of the module `index`, beside what is in memory already.
Program load(std::size_t index, const BootMemory& memory, Range other) {
    const BootModule& module = modules.all()[index];
    const Program p = load_elf(module.at, [&](Range r) -> const char* {
        if (!memory.is_ram(r)) return "it wants memory that is no RAM of this machine";
        if (r.end > direct_size) return "it wants memory beyond the first 680 MiB";
        if (r.meets(memory.image()) || r.meets(memory.pool()) || r.meets(memory.boot_area()))
            return "it wants memory that the kernel has";
        if (r.meets(modules.area())) return "it wants memory where the boot modules are";
        return r.meets(other) ? "it wants memory that sigma0 has" : nullptr;
    });
    static_assert(direct_size == 680u << 20);
    if (p.error)
        refuse(index == 0 ? "boot module for sigma0" : "boot module for the root task", module.command_line,
               p.error);
    return p;
}

/// Where fpage_unmap, and so every program, may find nothing but what the kernel has put there.
void map_call_page(bool sysenter) {
    fill_call_page(call_page, sysenter);
    boot_fixed_table[ia32::table_index(L4_SYSCALL_PAGE)] =
        machine.address(call_page).raw() | ia32::present | ia32::user | ia32::accessed;
}

void enable_sysenter() {
    constexpr std::uint32_t cs = 0x174, esp = 0x175, eip = 0x176;
    write_msr(cs, kernel_cs);
    write_msr(esp, reinterpret_cast<std::uint32_t>(sysenter_stack_end));
    write_msr(eip, reinterpret_cast<std::uint32_t>(sysenter_entry));
}

/// Processors before the Pentium III's time say that they have it, and do not.
bool has_sysenter() {
    const CpuId id = cpuid(1);
    const std::uint32_t family = id.eax >> 8 & 15, model = id.eax >> 4 & 15, stepping = id.eax & 15;
    const bool pretends = family == 6 && (model < 3 || (model == 3 && stepping < 3));
    return (id.edx & feature_sysenter) != 0 && !pretends;
}

/// sigma0 keeps a fan-out for each 4 MiB page that is mapped on in smaller ones.
std::uint32_t sigma0_frames(const BootMemory& memory) {
    return 128 + 2 * (memory.total() / ia32::super_size);
}

void announce(const BootMemory& memory) {
    Console& console = machine.console();
    console.put("drops: ");
    console.decimal(memory.total() >> 20);
    console.put(" MiB of memory, ");
    console.decimal(memory.pool().size() >> 20);
    console.put(" of them for the kernel; ");
    console.decimal(machine.timer().tsc_khz() / 1000);
    console.put(machine.timer().uses_apic() ? " MHz, local APIC timer\n" : " MHz, PIT timer\n");
}

struct Started {
    Program sigma0, root;
    std::uint32_t sigma0_stack;
};

/// Memory, modules, programs and the info page.
Started load_programs(const BootMemory& memory) {
    Started s{};
    s.sigma0 = load(0, memory, {});
    s.root = load(1, memory, s.sigma0.memory);
    // sigma0 finds the info page's address on its stack.
    s.sigma0_stack = memory.stack().end - std::uint32_t{sizeof(std::uint32_t)};
    const std::uint32_t kip = memory.kip();
    std::memcpy(bytes_at(s.sigma0_stack), &kip, sizeof kip);
    fill_kip(bytes_at(kip), {.memory = &memory,
                             .sigma0 = s.sigma0.memory,
                             .root = s.root.memory,
                             .modules = modules.area(),
                             .sigma0_entry = s.sigma0.entry,
                             .sigma0_stack = s.sigma0_stack,
                             .root_entry = s.root.entry,
                             .info = modules.info_copy(),
                             .cpu_khz = machine.timer().tsc_khz(),
                             .bus_khz = machine.timer().apic_khz()});
    return s;
}

kern::BootInfo boot_info(const BootMemory& memory, const Started& s) {
    return {.kernel_first = kern::PAddr{memory.pool().first},
            .kernel_frames = memory.pool().size() / ia32::page_size,
            .sigma0_frames = sigma0_frames(memory),
            .sigma0_ip = kern::VAddr{s.sigma0.entry},
            .sigma0_sp = kern::VAddr{s.sigma0_stack},
            .root_ip = kern::VAddr{s.root.entry},
            .root_sp = kern::VAddr{0},
            .image_first = kern::PAddr{memory.image().first},
            .image_end = kern::PAddr{memory.image().end},
            .directory = machine.address(boot_directory),
            .kip = kern::PAddr{memory.kip()}};
}

[[noreturn]] void start_kernel(const BootMemory& memory, const Started& s) {
    running.kernel = new (kernel_storage) kern::Kernel(machine, boot_info(memory, s), limits);
    kern::Thread& root = running.kernel->start();
    const kern::ThreadId sigma0{.task = kern::TaskNo{L4_TASK_SIGMA0}, .lthread = 0};
    running.kernel->find(sigma0)->frame.ecx = memory.kip();
    leave_to_user(run(&root));
}

/// A general-protection fault that can not be delivered, because its gate is not there.
void double_fault() {
    constexpr std::uint32_t protection = 13, beyond_gdt = 0xfff8;
    remove_gate(protection);
    asm volatile("mov %0, %%fs" ::"r"(beyond_gdt));
}

[[noreturn]] void boot(std::uint32_t info) {
    boot_directory[0] = 0;
    write_cr3(read_cr3());
    machine.console().init();
    const auto& mbi = *at_physical<const multiboot::Info>(info);
    const bool has_line = (mbi.flags & multiboot::Info::has_command_line) != 0;
    const char* const line = has_line ? at_physical<const char>(mbi.command_line) : "";
    running.exit_port = exit_port(line);
    put_ignored_options(line, machine.console());
    running.checks = option_given(line, "checks");
    BootMemory memory(mbi);
    if (!memory.divide()) refuse("too little memory, it needs 16 MiB in one piece");
    std::memset(bytes_at(memory.boot_area().first), 0, memory.boot_area().size());
    if (const char* const why = modules.take(mbi, memory)) refuse(why);
    machine.init(boot_fixed_table, !option_given(modules.command_line(), "timer=pit"));
    debugger.init(modules.command_line());
    running.watched = running.checks || debugger.traced();
    load_idt();
    map_call_page(has_sysenter());
    if (has_sysenter()) enable_sysenter();
    announce(memory);
    running.crash = option_given(modules.command_line(), "crash");
    if (option_given(modules.command_line(), "crash=double")) double_fault();
    running.kip = at_physical<l4_kip_t>(memory.kip());
    start_kernel(memory, load_programs(memory));
}

} // namespace
} // namespace x86

extern "C" [[noreturn]] void boot_main(std::uint32_t magic, std::uint32_t info);

extern "C" void boot_main(std::uint32_t /*magic*/, std::uint32_t info) { x86::boot(info); }
