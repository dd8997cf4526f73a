// SPDX-License-Identifier: BSD-2-Clause
// Interrupts as messages (docs/semantics.md 8).
#include "kern/kernel.h"
#include "kern/timeout.h"

namespace kern {

void Kernel::irq(Line line) {
    machine_.mask(line);
    machine_.acknowledge(line);
    IrqTable::Entry& entry = irqs_[line];
    if (!entry.owner) return;
    entry.pending = true;
    const Wait::For what = entry.owner->wait_.what;
    if (what == Wait::For::interrupt || what == Wait::For::receive_any) deliver_irq(*entry.owner);
}

/// Hands t its pending interrupt and lets the line fire again.
void Kernel::deliver_irq(Thread& t) {
    irqs_[t.irq_line_].pending = false;
    ++machine_.event_counters().messages[L4_COUNT_INTERRUPT];
    machine_.unmask(t.irq_line_);
    t.frame.esi = l4_irq_id(t.irq_line_.raw()).low;
    t.frame.edi = 0;
    finish(t, L4_IPC_OK);
}

/// Closed receive from an interrupt: attach (timeout zero on a free line), poll, or wait.
void Kernel::receive_irq(Thread& t, const IpcArgs& args) {
    const Line line = irq_line(args.partner);
    const Micros deadline = receive_deadline(args.timeouts, args.partner.high, now_);
    if (!machine_.offers(line)) return finish(t, L4_IPC_ENOT_EXISTENT);
    IrqTable::Entry& entry = irqs_[line];
    if (entry.owner == &t) {
        if (entry.pending) return deliver_irq(t);
        if (expired(deadline)) return finish(t, L4_IPC_RETIMEOUT);
        return block(t, {.what = Wait::For::interrupt}, deadline);
    }
    if (entry.owner || t.irq_attached_ || !expired(deadline)) return finish(t, L4_IPC_ENOT_EXISTENT);
    entry = {.owner = &t};
    t.irq_attached_ = true;
    t.irq_line_ = line;
    machine_.forget(line); // what came while nobody owned the line is no event of the next owner's
    machine_.unmask(line);
    finish(t, L4_IPC_RETIMEOUT);
}

void Kernel::detach_irq(Thread& t) {
    if (!t.irq_attached_) return;
    machine_.mask(t.irq_line_);
    irqs_[t.irq_line_] = {};
    t.irq_attached_ = false;
}

} // namespace kern
