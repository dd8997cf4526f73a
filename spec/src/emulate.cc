// SPDX-License-Identifier: BSD-2-Clause
// I/O faults and instructions that the kernel executes for user programs (semantics 17).
#include "l4/abi/exception.h"
#include "l4/abi/fpage.h"
#include "spec/system.h"

namespace spec {
namespace {

constexpr Word instruction_bytes = 3; ///< of lidt and lldt

Word log2_of(Word bytes) { return bytes == 4 ? 2 : bytes == 2 ? 1 : 0; }

} // namespace

/// `bytes` 0: all ports (cli and sti).
bool System::holds_ports(TaskNo task, Word port, Word bytes) const {
    if (bytes == 0) {
        return memory_.has_all_ports(task);
    }
    for (std::uint64_t p = port; p < std::uint64_t{port} + bytes; ++p) {
        if (p > 0xffff || !memory_.has_port(task, static_cast<std::uint16_t>(p))) {
            return false;
        }
    }
    return true;
}

void System::io_fault(ThreadName self, Word port, Word bytes) {
    Thread& t = thread(self);
    if (holds_ports(self.task, port, bytes)) {
        t.registers.eflags |= bytes == 0 ? eflags_iopl : 0;
        return;
    }
    if (t.alien || self.task == L4_TASK_SIGMA0) {
        return exception(self, L4_TRAP_PROTECTION, 0);
    }
    const Word w0 = bytes == 0 ? L4_FP_IO_WHOLE : l4_io_fpage(port & 0xffff, log2_of(bytes), 0);
    raise_fault(
        self,
        {.kind = FaultKind::user, .w0 = w0, .w1 = t.registers.eip, .trapno = L4_TRAP_PROTECTION, .err = 0},
        std::nullopt);
}

void System::emulate(ThreadName self, Word what) {
    if (thread(self).alien) {
        return exception(self, L4_TRAP_PROTECTION, 0);
    }
    return static_cast<Emulated>(what) == Emulated::lidt ? lidt(self) : lldt(self);
}

/// What the current thread could access itself, byte by byte; none: it could not, and has a page fault now.
std::optional<std::vector<Physical>> System::user_bytes(ThreadName self, Word va, Word size, bool write) {
    std::vector<Physical> found;
    for (Word at = va; found.size() < size; ++at) {
        const Translation byte = memory_.access(self.task, at, write);
        if (!byte.allowed) {
            user_fault(self, at, pf_user | (write ? pf_write : 0) | (byte.present ? pf_present : 0));
            return std::nullopt;
        }
        found.push_back(byte.phys);
    }
    return found;
}

/// 17.2
void System::lidt(ThreadName self) {
    Thread& t = thread(self);
    const auto bytes = user_bytes(self, t.registers.eax, 6, false);
    if (!bytes) {
        return;
    }
    const auto byte = [&](std::size_t i) { return Word{ram_.byte((*bytes)[i])}; };
    t.idt_limit = byte(0) | byte(1) << 8;
    t.idt_base = byte(2) | byte(3) << 8 | byte(4) << 16 | byte(5) << 24;
    t.registers.eip += instruction_bytes;
}

/// 17.3
void System::lldt(ThreadName self) {
    const Registers in = thread(self).registers;
    const auto target = find({in.esi, 0});
    const Word count = in.ebx / 8;
    const bool mine = target && (target->task == self.task || has_pager_in(thread(*target), self.task));
    if (in.edx == 0 && mine && count != 0 && std::uint64_t{in.ecx} + count <= 3) {
        const auto bytes = user_bytes(self, in.eax, 8 * count, false);
        if (!bytes) {
            return;
        }
        Thread& t = thread(*target);
        for (Word i = 0; i < count; ++i) {
            std::uint64_t descriptor = 0;
            for (Word b = 8; b-- > 0;) {
                descriptor = descriptor << 8 | ram_.byte((*bytes)[8 * i + b]);
            }
            set_tls(t, in.ecx + i, descriptor);
        }
        repair_selectors(t);
    }
    thread(self).registers.eip += instruction_bytes;
}

} // namespace spec
