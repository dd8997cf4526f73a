// SPDX-License-Identifier: BSD-2-Clause
// Faults and exceptions as messages (docs/semantics.md 7.7, 9.10, 9.11, 12.2): the thread sends its pager the
// fault, then waits for the answer, through the same rendezvous as any message.
#include "faults.h"
#include "kern/kernel.h"
#include "kern/timeout.h"

namespace kern {

/// A fault of t's program at its instruction.
void Kernel::page_fault(Thread& t, VAddr addr, std::uint32_t code) {
    if (t.task_no() == TaskNo{L4_TASK_SIGMA0}) {
        if (!map_db_.sigma0_fault(t.task().space(), addr).ok()) kill(t);
        return;
    }
    if (t.alien() && takes_exception(t, L4_TRAP_PAGE_FAULT))
        return send_exception(t, L4_TRAP_PAGE_FAULT, code, addr);
    t.fault_ = page_fault_of(t, addr, code, wants_state(t));
    send_fault(t);
}

/// Does t's pager ask for its state with a page or I/O fault?
bool Kernel::wants_state(const Thread& t) {
    if constexpr (!Ext::page_fault_state) return false;
    const Thread* const pager = partner(t.pager_);
    return pager && (utcb(*pager).status & L4_UTCB_PF_STATE) != 0;
}

/// Sends t's fault to its pager, and goes on to the answer if the pager was waiting.
void Kernel::send_fault(Thread& t) {
    machine_.rest(); // lets one come: a shorter way was tried before
    Thread* const pager = receiver(t.fault_.pager);
    if (!pager) return fault_failed(t);
    if (pager->accepts(t)) {
        deliver(t, *pager, &t == &current() ? Place::head : Place::tail);
        return begin_receive(t);
    }
    block(t, {.what = Wait::For::send, .with = pager}, t.fault_.deadline);
    pager->senders.push_back(t);
}

/// The receive phase of such a message: closed, from the pager that it went to.
Thread* Kernel::receive_fault_answer(Thread& t) {
    Thread* const pager = partner(t.fault_.pager);
    if (!pager) {
        fault_failed(t);
        return nullptr;
    }
    if (pager->wait_.what == Wait::For::send && pager->wait_.with == &t) return take(*pager, t);
    block(t, {.what = Wait::For::receive, .peer = pager->id()}, t.fault_.deadline);
    return nullptr;
}

/// The pager answered: whatever it said but "refused", the instruction or the transfer is tried again.
void Kernel::fault_answered(Thread& t, std::uint32_t w0, Place place) {
    if (t.fault_.refused_by(w0)) return fault_failed(t);
    const Fault fault = t.fault_;
    t.fault_ = {};
    if (fault.kind == Fault::Kind::exception && w0 == L4_EXC_DEALIEN) t.dealien_ = t.alien_;
    if (fault.kind == Fault::Kind::transfer && fault.driver != &t) {
        block(t, {.what = Wait::For::transfer, .with = fault.driver}, never);
        fault.driver->op_ = Op::transfer;
        return make_ready(*fault.driver, Place::tail);
    }
    t.op_ = fault.kind == Fault::Kind::transfer ? Op::transfer : Op::none;
    make_ready(t, place);
}

/// Nobody will answer.
void Kernel::fault_failed(Thread& t) {
    if (t.fault_.kind == Fault::Kind::transfer)
        end_transfer(*t.fault_.driver, L4_IPC_SEABORTED, L4_IPC_REABORTED);
    else
        kill(t);
}

/// A transfer needs a page of `owner` that is not there.  Afterwards the transfer waits for the pager, has
/// ended, or, when the kernel could supply the page itself, goes on (true).
bool Kernel::transfer_fault(Thread& driver, Thread& owner, std::uint32_t addr, Access access) {
    const bool in_sender = &owner == &driver;
    if (owner.task_no() == TaskNo{L4_TASK_SIGMA0}) {
        const bool mapped = map_db_.sigma0_fault(owner.task().space(), VAddr{addr}).ok();
        if (!mapped) kill(owner);
        machine_.rest(); // lets one come: a message may meet several such pages in one step
        return mapped;
    }
    const Micros deadline = in_sender ? receive_fault_deadline(driver.transfer_.to->ipc_args().timeouts, now_)
                                      : send_fault_deadline(driver.ipc_args().timeouts, now_);
    if (expired(deadline)) {
        fault_timeout(driver, in_sender);
        return false;
    }
    if (!partner(owner.pager_)) { // nobody waits, so nobody loses its place in the ready queue
        end_transfer(driver, L4_IPC_SEABORTED, L4_IPC_REABORTED);
        return false;
    }
    const bool present = map_db_.present(owner.task().space(), VAddr{addr});
    owner.fault_ = {.kind = Fault::Kind::transfer,
                    .pager = owner.pager_,
                    .w0 = (addr & ~3u) | (access == Access::write ? ia32::fault_write : 0u) |
                          (present ? ia32::fault_present : 0u),
                    .w1 = ~0u,
                    .window = L4_FP_WHOLE_SPACE,
                    .driver = &driver,
                    .deadline = deadline};
    if (!in_sender) block(driver, {.what = Wait::For::fault_of, .with = &owner}, never);
    send_fault(owner);
    return false;
}

/// The page did not come in the time that the other side allows.
void Kernel::fault_timeout(Thread& driver, bool in_sender) {
    if (in_sender)
        end_transfer(driver, L4_IPC_SERCVPFTO, L4_IPC_RERCVPFTO);
    else
        end_transfer(driver, L4_IPC_SESNDPFTO, L4_IPC_RESNDPFTO);
}

} // namespace kern
