// SPDX-License-Identifier: BSD-2-Clause
// A message that takes more than two registers: its begin, its end, and how it reaches users' memory
// (docs/semantics.md 7.5 to 7.8).  Its steps are in transfer_steps.cc and transfer_strings.cc.
#include <algorithm>
#include <cstring>
#include "ia32/paging.h"
#include "l4/abi/fpage.h"
#include "leg.h"

namespace kern {

/// Joins the two: `to` waits as partner; `from` is left to the caller, who runs it now or makes it ready.
void Kernel::begin_transfer(Thread& from, Thread& to) {
    Transfer& x = from.transfer_;
    const IpcArgs send = from.ipc_args(); // which may be kept in there
    x = {.to = &to, .send = send};
    if (to.fault_.any()) { // an answer to a message of the kernel's: registers only, and a list of flexpages
        x.send.send_buffer = 0;
        x.window = to.fault_.window;
        x.with_list = Ext::map_list && x.window != 0;
    } else {
        const IpcArgs receive = to.ipc_args();
        x.window = receive.window;
        x.receive_buffer = receive.receive_buffer;
    }
    // One beyond the end of user space is as good as any other, and no sum with it wraps around.
    x.send.send_buffer = std::min(x.send.send_buffer, L4_USER_TOP);
    x.receive_buffer = std::min(x.receive_buffer, L4_USER_TOP);
    x.step = x.send.send_buffer ? Transfer::Step::send_dope : Transfer::Step::window;
    block(to, {.what = Wait::For::transfer, .with = &from}, never);
}

/// Does as much of from's transfer as one entry may.  `from` is current.
void Kernel::run_transfer(Thread& from) {
    bool entered = from.op_ != Op::transfer;
    do {
        from.op_ = Op::none;
        Leg leg{*this, from, Steps{limits_.bytes}, Steps{limits_.pages}, entered};
        if (entered) leg.bytes.pay(2 * way_in(limits_.bytes));
        entered = false;
        while (step(from, leg)) {
        }
    } while (from.op_ == Op::transfer && goes_on());
}

/// Step e: the receiver learns what it got, then the sender goes on.
void Kernel::complete_transfer(Thread& from) {
    const Transfer& x = from.transfer_;
    Thread& to = *x.to;
    from.transfer_.to = nullptr;
    ++machine_.event_counters().messages[L4_COUNT_LONG];
    const Place place = x.send.no_switch ? Place::tail : Place::head;
    move_state(from, to, x.send.w0);
    if (to.fault_.any()) {
        fault_answered(to, x.send.w0, place);
    } else {
        const l4_threadid_t id = report(from.id());
        to.frame.edx = x.send.w0;
        to.frame.ebx = x.send.w1;
        to.frame.esi = id.low;
        to.frame.edi = id.high;
        finish(to,
               l4_msgdope(x.words, x.dopes_used) | (x.mapped ? L4_MSGDOPE_FPAGE_RECEIVED : 0u) |
                   (x.cut ? L4_IPC_REMSGCUT : 0u),
               place);
    }
    if (x.cut) return finish(from, L4_IPC_SEMSGCUT);
    if (Thread* const next = sent(from)) begin_receive(*next, 1); // the message took as long as a link
}

/// Ends from's transfer with an error, whatever either side is doing.
void Kernel::end_transfer(Thread& from, std::uint32_t from_result, std::uint32_t to_result) {
    Thread& to = *from.transfer_.to;
    from.transfer_.to = nullptr;
    from.job_.emplace<std::monostate>();
    for (Thread* const t : {&from, &to})
        if (t->fault_.kind == Fault::Kind::transfer && t->fault_.driver == &from) withdraw_fault(*t);
    if (to.fault_.any())
        fault_answered(to, 0, Place::tail);
    else
        finish(to, to_result);
    finish(from, from_result);
}

/// Finds a page on behalf of the transfer.  False: it was missing.
bool Kernel::Leg::meet(Thread& owner, std::uint32_t addr, Access access, PageTables::Place& place) {
    if (addr >= L4_USER_TOP) {
        kernel.end_transfer(from, L4_IPC_SEABORTED, L4_IPC_REABORTED);
        return false;
    }
    for (;;) {
        kernel.machine_.rest(); // lets one come: a step may meet several pages, and an entry has many steps
        bytes.pay(page_cost);
        const bool there = kernel.map_db_.tables().find(owner.task().space(), VAddr{addr}, place);
        if (there && (access == Access::read || place.writable())) return true;
        place = {};
        if (!affords_fault()) return false;
        kernel.machine_.rest(); // lets one come: a fault takes as long as all before it
        if (!kernel.transfer_fault(from, owner, addr, access)) return false;
        forget();
    }
}

} // namespace kern
