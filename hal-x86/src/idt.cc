// SPDX-License-Identifier: BSD-2-Clause
#include "x86/idt.h"

#include <array>

#include "l4/abi/exception.h"
#include "l4/abi/ipc.h"
#include "x86/debugger.h"
#include "x86/entry.h"
#include "x86/segments.h"
#include "x86/table_pointer.h"

namespace x86 {
namespace {

constinit std::array<std::uint64_t, trap_vectors> table{};

/// Interrupts are off behind each gate.
constexpr std::uint64_t gate(std::uint32_t handler, bool for_users) {
    const std::uint32_t kind = for_users ? 0xee00 : 0x8e00;
    return std::uint64_t{(handler & 0xffff0000) | kind} << 32 | kernel_cs << 16 | (handler & 0xffff);
}

constexpr bool for_users(std::uint32_t vector) {
    return vector == L4_TRAP_BREAKPOINT || vector == L4_TRAP_OVERFLOW ||
           (vector >= L4_VEC_IPC && vector <= L4_VEC_TASK_NEW);
}

} // namespace

void load_idt() {
    constexpr std::uint32_t nmi = 2;
    const auto stubs = reinterpret_cast<std::uint32_t>(trap_stubs);
    for (std::uint32_t v = 0; v < trap_vectors; ++v) table[v] = gate(stubs + v * stub_size, for_users(v));
    if (ipc_entry && !debugger.traced()) {
        table[L4_TRAP_PAGE_FAULT] = gate(reinterpret_cast<std::uint32_t>(page_fault_entry), false);
        table[L4_TRAP_PROTECTION] = gate(reinterpret_cast<std::uint32_t>(protection_entry), false);
        table[L4_VEC_IPC] = gate(reinterpret_cast<std::uint32_t>(ipc_entry), true);
        table[L4_VEC_THREAD_SWITCH] = gate(reinterpret_cast<std::uint32_t>(switch_entry), true);
    }
    table[nmi] = gate(reinterpret_cast<std::uint32_t>(nmi_entry), false);
    const TablePointer pointer{sizeof table - 1, table.data()};
    asm volatile("lidt %0" ::"m"(pointer));
}

void remove_gate(std::uint32_t vector) { table[vector] = 0; }

} // namespace x86
