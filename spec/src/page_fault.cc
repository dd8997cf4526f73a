// SPDX-License-Identifier: BSD-2-Clause
// Faults as messages (semantics 7.7, 9.10, 9.11, 12.2, 17.4).
#include "l4/abi/exception.h"
#include "l4/abi/ipc.h"
#include "spec/system.h"
#include "spec/times.h"

namespace spec {
namespace {

Word fault_word(Word address, bool write, bool present) {
    return (address & L4_PF_ADDR_MASK) | (write ? L4_PF_WRITE : 0) | (present ? L4_PF_PRESENT : 0);
}

} // namespace

void System::user_fault(ThreadName self, Word address, Word error_code) {
    if (self.task == L4_TASK_SIGMA0) {
        if (!memory_.sigma0_fault(address)) {
            kill(self);
        }
        return;
    }
    if (thread(self).alien && send_exception(self, L4_TRAP_PAGE_FAULT, error_code, address)) { // 12.7
        return;
    }
    const Word w0 = fault_word(address, (error_code & pf_write) != 0, (error_code & pf_present) != 0);
    raise_fault(self,
                {.kind = FaultKind::user,
                 .w0 = w0,
                 .w1 = thread(self).registers.eip,
                 .trapno = L4_TRAP_PAGE_FAULT,
                 .err = error_code,
                 .pfa = address},
                std::nullopt);
}

/// The driver is current; nobody of the two is in a page-fault IPC.
void System::transfer_fault(ThreadName driver, const PageMissing& missing) {
    const ThreadName receiver = thread(driver).transfer.receiver;
    const bool in_sender = missing.side == Side::sender;
    const Word timeouts = thread(in_sender ? receiver : driver).call.timeouts;
    const Word exp = in_sender ? (timeouts & L4_TIMEOUT_RCV_PF_EXP_MASK) >> L4_TIMEOUT_RCV_PF_EXP_SHIFT
                               : (timeouts & L4_TIMEOUT_SND_PF_EXP_MASK) >> L4_TIMEOUT_SND_PF_EXP_SHIFT;
    const Deadline deadline = fault_deadline(exp, now_);
    if (is_zero(deadline)) {
        return end_by_time(driver, missing.side);
    }
    const Word w0 = fault_word(missing.address, missing.write, missing.present);
    raise_fault(in_sender ? driver : receiver, {.kind = FaultKind::transfer, .w0 = w0, .w1 = L4_PF_EIP_NONE},
                deadline);
}

void System::end_by_time(ThreadName driver, Side side) {
    if (side == Side::sender) {
        return end_transfer(driver, L4_IPC_RERCVPFTO, L4_IPC_SERCVPFTO);
    }
    end_transfer(driver, L4_IPC_RESNDPFTO, L4_IPC_SESNDPFTO);
}

/// The message to the pager, now or queued.
void System::raise_fault(ThreadName owner, Fault fault, Deadline deadline) {
    const auto pager = find_live(thread(owner).pager);
    if (!pager) {
        return no_pager(owner, fault.kind);
    }
    fault.pager = *pager;
    fault.with_state = fault.kind == FaultKind::exception ||
                       (fault.kind == FaultKind::user && has_status(*pager, L4_UTCB_PF_STATE));
    thread(owner).fault = fault;
    block(fault.kind == FaultKind::transfer ? transfer_of(owner) : owner);
    arm(owner, deadline);
    if (!accepts(*pager, owner)) {
        thread(*pager).senders.push_back(owner);
        return;
    }
    const Word dope = l4_msgdope(L4_MSG_REGISTER_DWORDS, 0);
    deliver(*pager, dope, fault.w0, fault.w1, owner, owner == current_ ? Place::head : Place::tail);
    wait_for_answer(owner);
}

/// The pager has just received, so no message of its own is queued here.  The deadline stays, armed anew
/// (7.7).
void System::wait_for_answer(ThreadName owner) {
    thread(owner).fault->sent = true;
    arm(owner, thread(owner).deadline);
}

void System::no_pager(ThreadName owner, FaultKind kind) {
    if (kind != FaultKind::transfer) {
        return kill(owner);
    }
    end_transfer(transfer_of(owner), L4_IPC_REABORTED, L4_IPC_SEABORTED);
}

/// The pager has answered; nobody: its answer has ended with an error.
void System::answer_fault(ThreadName owner, ThreadName from, Word w0, Place place) {
    Thread& t = thread(owner);
    const Fault fault = *t.fault;
    withdraw_fault(owner);
    if (w0 == L4_PF_REFUSED && fault.kind != FaultKind::exception) {
        return no_pager(owner, fault.kind);
    }
    if (fault.kind != FaultKind::transfer) {
        if (!from.is_none() && fault.with_state) {
            set_state(t, from);
        }
        if (!from.is_none() && has_status(from, L4_UTCB_TIME_LIMIT)) {
            set_time_limit(t, from);
        }
        if (fault.kind == FaultKind::exception && w0 == L4_EXC_DEALIEN && t.alien) {
            t.dealien = true;
        }
        return make_ready(owner, place);
    }
    const ThreadName driver = transfer_of(owner);
    thread(driver).wants_resume = true;
    make_ready(driver, owner == driver ? place : Place::tail);
}

void System::withdraw_fault(ThreadName owner) {
    if (!thread(owner).fault->sent) {
        leave_sender_queue(owner);
    }
    thread(owner).fault.reset();
    disarm(owner);
}

void System::expire_fault(ThreadName owner) {
    const ThreadName driver = transfer_of(owner);
    end_by_time(driver, owner == driver ? Side::sender : Side::receiver);
}

} // namespace spec
