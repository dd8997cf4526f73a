// SPDX-License-Identifier: BSD-2-Clause
#include "kern/ensure.h"
#include "x86/boot_stop.h"
#include "x86/entry.h"
#include "x86/kernel.h"

extern "C" const char text_start[], text_end[];

namespace x86 {
namespace {

void put_named(Console& console, const char* name, std::uint32_t value) {
    console.put(name);
    console.hex(value);
}

void put_registers(Console& console, const arch::Frame& f, bool from_user) {
    put_named(console, "  eip ", f.eip);
    put_named(console, " cs ", f.cs);
    put_named(console, " eflags ", f.eflags);
    put_named(console, " trap ", f.trapno);
    put_named(console, " error ", f.err);
    put_named(console, "\n  eax ", f.eax);
    put_named(console, " ebx ", f.ebx);
    put_named(console, " ecx ", f.ecx);
    put_named(console, " edx ", f.edx);
    put_named(console, "\n  esi ", f.esi);
    put_named(console, " edi ", f.edi);
    put_named(console, " ebp ", f.ebp);
    put_named(console, " esp ", from_user ? f.esp : reinterpret_cast<std::uint32_t>(&f.esp));
    put_named(console, "\n  cr2 ", read_cr2());
    put_named(console, " cr3 ", read_cr3());
    console.put("\n");
}

/// Is the instruction before this address a call?
bool follows_call(std::uint32_t address) {
    const auto start = reinterpret_cast<std::uint32_t>(text_start),
               end = reinterpret_cast<std::uint32_t>(text_end);
    if (address < start + 6 || address >= end) return false;
    const auto* const at = at_address<const std::uint8_t>(address);
    constexpr std::uint8_t near = 0xe8, indirect = 0xff, operation = 0x38, call = 0x10;
    if (at[-5] == near) return true;
    for (const int length : {2, 3, 6})
        if (at[-length] == indirect && (at[1 - length] & operation) == call) return true;
    return false;
}

/// The kernel is compiled without frame pointers: every word on the stack that can be a return address.
void put_callers(Console& console, std::uint32_t from) {
    const auto end = reinterpret_cast<std::uint32_t>(kernel_stack_end);
    if (from < end - 16384 || from >= end) return;
    console.put("  called from");
    std::uint32_t shown = 0;
    for (std::uint32_t at = from & ~3u; at < end && shown < 24; at += 4) {
        const std::uint32_t word = *at_address<const std::uint32_t>(at);
        if (!follows_call(word)) continue;
        put_named(console, " ", word);
        ++shown;
    }
    console.put("\n");
}

void put_thread(Console& console) {
    if (!running.kernel) return;
    const kern::Thread& t = running.kernel->current();
    if (t.idle()) return console.put("  while idle\n");
    console.put("  while thread ");
    console.hex(t.task_no().raw(), 3);
    console.put(".");
    console.hex(t.lthread(), 2);
    console.put(" was running:\n");
    put_registers(console, t.frame, true);
}

} // namespace

void panic(const char* what, const arch::Frame* frame) {
    asm volatile("cli");
    Console& console = machine.console();
    console.put("\npanic: ");
    console.put(what);
    console.put("\n");
    if (frame) put_registers(console, *frame, false);
    std::uint32_t stack;
    asm volatile("mov %%esp, %0" : "=r"(stack));
    put_callers(console, stack);
    put_thread(console);
    stop(running.exit_port);
}

} // namespace x86

void kern::broken(const char* what) { x86::panic(what); }

/// What is left of std::variant's complaints.
extern "C" [[noreturn]] void abort();
extern "C" void abort() { x86::panic("abort"); }
