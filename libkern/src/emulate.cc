// SPDX-License-Identifier: BSD-2-Clause
// Instructions that users may not execute: I/O without the port, cli and sti, lidt, lldt (docs/semantics.md
// 17); and how the kernel touches memory in their place.
#include <algorithm>
#include <bit>
#include <cstring>
#include "ia32/paging.h"
#include "l4/abi/exception.h"
#include "l4/abi/fpage.h"
#include "leg.h"

namespace kern {

/// `bytes` 0: cli or sti, which need all ports.
void Kernel::io_fault(Thread& t, std::uint32_t port, std::uint32_t bytes) {
    const Space& space = t.task().space();
    if constexpr (!Ext::io_fault) return exception(t, L4_TRAP_PROTECTION, 0);
    const bool all = bytes == 0;
    if (all ? map_db_.holds_all_ports(space) : map_db_.holds_ports(space, port, bytes)) {
        if (all) t.set_iopl(true);
        return;
    }
    if (t.task_no() == TaskNo{L4_TASK_SIGMA0}) return kill(t);
    if (t.alien()) return exception(t, L4_TRAP_PROTECTION, 0);
    const auto size = static_cast<std::uint32_t>(std::countr_zero(bytes));
    t.fault_ = {.kind = Fault::Kind::user,
                .with_state = wants_state(t),
                .trapno = L4_TRAP_PROTECTION,
                .pager = t.pager_,
                .w0 = all ? L4_FP_IO_WHOLE : l4_io_fpage(port, size, 0),
                .w1 = t.frame.eip,
                .window = L4_FP_WHOLE_SPACE};
    send_fault(t);
}

void Kernel::emulate(Thread& t, ia32::Emulated instruction) {
    const bool known = instruction == ia32::Emulated::lidt ? Ext::reflection : Ext::tls;
    if (t.alien() || !known) return exception(t, L4_TRAP_PROTECTION, 0);
    switch (instruction) {
        case ia32::Emulated::lidt: return emulate_lidt(t);
        case ia32::Emulated::lldt: return emulate_lldt(t);
    }
}

/// The table that exceptions are reflected through.
void Kernel::emulate_lidt(Thread& t) {
    std::byte operand[6];
    if (!fetch(t, t.frame.eax, operand, sizeof operand)) return;
    std::memcpy(&t.idt_limit_, operand, sizeof t.idt_limit_);
    std::memcpy(&t.idt_base_, operand + sizeof t.idt_limit_, sizeof t.idt_base_);
    t.frame.eip += ia32::emulated_bytes;
}

/// Descriptors at EAX, EBX bytes, become TLS slots ECX.. of thread ESI.
void Kernel::emulate_lldt(Thread& t) {
    const l4_threadid_t id{t.frame.esi, 0};
    Thread* const target = is_nil(id) || is_invalid(id) || is_irq(id) ? nullptr : find(ThreadId::of(id));
    const std::uint32_t first = t.frame.ecx, count = t.frame.ebx / sizeof(std::uint64_t);
    std::uint64_t descriptors[ia32::tls_slots];
    if (target && may_control(t, *target) && t.frame.edx == 0 && count != 0 && first <= ia32::tls_slots &&
        count <= ia32::tls_slots - first) {
        if (!fetch(t, t.frame.eax, descriptors, count * sizeof(std::uint64_t))) return;
        target->write_tls(first, descriptors, count);
    }
    t.frame.eip += ia32::emulated_bytes;
}

/// The byte of t's memory, reached as its program would.  nullptr: t has its page fault.
std::byte* Kernel::look(Thread& t, std::uint32_t addr, Access access) {
    if (std::byte* const at = map_db_.reach(t.task().space(), VAddr{addr}, access)) return at;
    const bool present = map_db_.present(t.task().space(), VAddr{addr});
    machine_.rest(); // lets one come: what was done until now is to be done again
    page_fault(t, VAddr{addr},
               std::uint32_t{ia32::fault_user} | (access == Access::write ? ia32::fault_write : 0u) |
                   (present ? ia32::fault_present : 0u));
    return nullptr;
}

/// Reads all of it, or finds a byte missing.
bool Kernel::fetch(Thread& t, std::uint32_t from, void* to, std::uint32_t size) {
    for (std::uint32_t done = 0; done < size;) {
        const std::byte* const at = look(t, from + done, Access::read);
        if (!at) return false;
        const std::uint32_t run = std::min(size - done, to_page_end(from + done));
        std::memcpy(static_cast<std::byte*>(to) + done, at, run);
        done += run;
    }
    return true;
}

} // namespace kern
