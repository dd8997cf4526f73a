// SPDX-License-Identifier: BSD-2-Clause
// Ending an IPC from outside: ex_regs, deletion, an unhandled fault (docs/semantics.md 6.4, 7.8).
#include "kern/kernel.h"

namespace kern {

/// Whatever IPC t is in ends now: t's registers say how, its partner is told, and t is ready.  No effect on a
/// thread that is in none.
void Kernel::abort_ipc(Thread& t) {
    if (t.fault_.of_program()) {
        withdraw_fault(t);
        return make_ready(t, Place::tail);
    }
    Thread* driver = nullptr;
    if (t.transfer_.to)
        driver = &t;
    else if (t.fault_.kind == Fault::Kind::transfer)
        driver = t.fault_.driver;
    else if (t.wait_.what == Wait::For::transfer)
        driver = t.wait_.with;
    if (driver) return end_transfer(*driver, L4_IPC_SEABORTED, L4_IPC_REABORTED);
    switch (t.wait_.what) {
        case Wait::For::send: leave_queue(t); return finish(t, L4_IPC_SECANCELED);
        case Wait::For::receive:
        case Wait::For::receive_any:
        case Wait::For::interrupt:
        case Wait::For::sleep: return finish(t, L4_IPC_RECANCELED);
        default:
            if (t.op_ == Op::receive_phase) finish(t, L4_IPC_RECANCELED);
    }
}

/// Takes back the message of the kernel on behalf of t, wherever it stands; the caller decides at once what t
/// does next.
void Kernel::withdraw_fault(Thread& t) {
    t.fault_ = {};
    t.op_ = Op::none;
    if (t.wait_.what == Wait::For::send) {
        leave_queue(t);
    } else if (t.wait_.what == Wait::For::transfer &&
               t.wait_.with->transfer_.to == &t) { // the answer is on its way
        Thread& pager = *t.wait_.with;
        pager.transfer_.to = nullptr;
        pager.job_.emplace<std::monostate>();
        finish(pager, L4_IPC_SEABORTED);
    }
}

} // namespace kern
