// SPDX-License-Identifier: BSD-2-Clause
// Transfers: their beginning and their ends (semantics 7.5, 7.8).
#include "l4/abi/ipc.h"
#include "spec/system.h"
#include "transfer_run.h"

namespace spec {

void System::begin_transfer(ThreadName sender, ThreadName receiver) {
    Thread& s = thread(sender);
    s.stage = Thread::Stage::driver;
    s.transfer = {.receiver = receiver, .log = {}};
    Thread& r = thread(receiver);
    disarm(receiver);
    if (r.fault) { // an answer: what the page fault has interrupted stays as it is
        return;
    }
    r.stage = Thread::Stage::partner;
    r.driver = sender;
    block(receiver);
}

/// The driver of the transfer that a thread has a part in.
ThreadName System::transfer_of(ThreadName name) const {
    const Thread& t = thread(name);
    return t.stage == Thread::Stage::partner ? t.driver : name;
}

/// The sender is current.
void System::drive(ThreadName sender) {
    thread(sender).wants_resume = false;
    try {
        const TransferResult result = Run(*this, sender).all();
        complete_transfer(sender, result);
    } catch (const PageMissing& missing) {
        transfer_fault(sender, missing);
    } catch (const MapFailed&) {
        end_transfer(sender, L4_IPC_REMAPFAILED, L4_IPC_SEMAPFAILED);
    } catch (const TransferAborted&) {
        end_transfer(sender, L4_IPC_REABORTED, L4_IPC_SEABORTED);
    } catch (const Sigma0Killed& killed) {
        kill(killed.thread);
    }
}

/// 7.5e
void System::complete_transfer(ThreadName sender, const TransferResult& result) {
    Thread& s = thread(sender);
    const ThreadName receiver = s.transfer.receiver;
    const Word dope = l4_msgdope(result.dwords, result.strings) |
                      (result.fpage ? L4_MSGDOPE_FPAGE_RECEIVED : 0) | (result.cut ? L4_IPC_REMSGCUT : 0);
    const bool deceit = (s.call.send & L4_SND_DECEIT) != 0;
    s.stage = Thread::Stage::none;
    deliver(receiver, dope, s.call.w0, s.call.w1, sender, deceit ? Place::tail : Place::head);
    if (result.cut) {
        return finish(sender, L4_IPC_SEMSGCUT);
    }
    send_done(sender);
}

/// An error ends it for both, the receiver first (7.8).
void System::end_transfer(ThreadName driver, Word receiver_code, Word sender_code) {
    const ThreadName receiver = thread(driver).transfer.receiver;
    const Thread& r = thread(receiver);
    const bool is_answer = r.stage != Thread::Stage::partner || r.driver != driver;
    if (is_answer) { // 9.11: as if nothing had been mapped
        answer_fault(receiver, nobody, 0, Place::tail);
    }
    for (const ThreadName side : {receiver, driver}) {
        if (is_answer && side == receiver) {
            continue;
        }
        if (thread(side).fault) {
            withdraw_fault(side);
        }
        finish(side, side == driver ? sender_code : receiver_code);
    }
}

} // namespace spec
