// SPDX-License-Identifier: BSD-2-Clause
// Interrupts as messages (semantics 8).  A line that is free and masked has no entry in the table.
#include "l4/abi/ipc.h"
#include "spec/system.h"
#include "spec/times.h"

namespace spec {

std::optional<Word> System::attached_line(ThreadName name) const {
    for (const auto& [line, irq] : irqs_) {
        if (irq.owner == name) {
            return line;
        }
    }
    return std::nullopt;
}

void System::detach_irqs(ThreadName name) {
    if (const auto line = attached_line(name)) {
        irqs_.erase(*line);
    }
}

/// 8.1
void System::receive_irq(ThreadName self, Word line) {
    const bool zero = is_zero(receive_deadline(thread(self).call, now_));
    const bool offered = line < 64 && (irq_lines_ >> line & 1) != 0;
    const auto irq = irqs_.find(line);
    if (!offered || (irq != irqs_.end() && irq->second.owner != self)) {
        return finish(self, L4_IPC_ENOT_EXISTENT);
    }
    if (irq != irqs_.end()) {
        return irq->second.pending ? deliver_irq(self, line) : wait_to_receive(self);
    }
    if (!zero || attached_line(self)) {
        return finish(self, L4_IPC_ENOT_EXISTENT);
    }
    irqs_[line] = {.owner = self, .pending = false, .masked = false};
    finish(self, L4_IPC_RETIMEOUT);
}

/// 8.2
void System::irq_event(Word line) {
    const auto irq = irqs_.find(line);
    if (irq == irqs_.end()) {
        return;
    }
    irq->second.masked = true;
    irq->second.pending = true;
    const ThreadName owner = irq->second.owner;
    const Thread& t = thread(owner);
    const bool open = (t.call.receive & L4_RCV_OPEN) != 0;
    if (t.stage == Thread::Stage::receive && (open || irq_line(t.call.partner) == line)) {
        deliver_irq(owner, line);
    }
}

void System::deliver_irq(ThreadName owner, Word line) {
    irqs_.at(line) = {.owner = owner, .pending = false, .masked = false};
    Registers& r = thread(owner).registers;
    r.esi = line + L4_IRQ_ID_FIRST;
    r.edi = 0;
    finish(owner, L4_IPC_OK);
}

} // namespace spec
