// SPDX-License-Identifier: BSD-2-Clause
#include "kern/ensure.h"
#include "x86/boot_stop.h"
#include "x86/debugger.h"
#include "x86/kernel.h"

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
    machine.text().put_all(console);
    console.put("\npanic: ");
    console.put(what);
    console.put("\n");
    if (frame) put_registers(console, *frame, false);
    constexpr std::uint32_t events = 8;
    debugger.put_state(frame, events);
    put_thread(console);
    debugger.enter("panic", frame);
    stop(running.exit_port);
}

} // namespace x86

void kern::broken(const char* what) { x86::panic(what); }

/// What is left of std::variant's complaints.
extern "C" [[noreturn]] void abort();
extern "C" void abort() { x86::panic("abort"); }
