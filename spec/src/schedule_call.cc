// SPDX-License-Identifier: BSD-2-Clause
// thread_schedule (semantics 3.5).
#include "l4/abi/ipc.h"
#include "l4/abi/thread.h"
#include "spec/system.h"
#include "spec/times.h"

namespace spec {

/// Exponent and mantissa at their places in the parameter word.
Word encode_slice(Time slice) {
    if (slice == 0) {
        return 0;
    }
    Word exp = 15;
    while ((slice >> (2 * (15 - exp))) > 255) {
        --exp;
    }
    return l4_sched_param(0, static_cast<Word>(slice >> (2 * (15 - exp))), exp);
}

Time decode_slice(Word param) {
    const Word exp = (param & L4_SCHED_TIME_EXP_MASK) >> L4_SCHED_TIME_EXP_SHIFT;
    const Word man = (param & L4_SCHED_TIME_MAN_MASK) >> L4_SCHED_TIME_MAN_SHIFT;
    if (exp == 0) {
        return 0;
    }
    const Time wanted = std::max<Time>(Time{man} << (2 * (15 - exp)), 1);
    constexpr Time unit = L4_SCHED_GRANULARITY_US;
    return (wanted + unit - 1) / unit * unit;
}

Word System::schedule_state(const Thread& t) const {
    if (t.dead) {
        return L4_STATE_DEAD;
    }
    if (t.stopped) {
        return L4_STATE_STOPPED;
    }
    if (t.fault) {
        return t.fault->sent ? L4_STATE_WAITING : L4_STATE_PENDING_SEND;
    }
    switch (t.stage) {
        case Thread::Stage::send: return L4_STATE_PENDING_SEND;
        case Thread::Stage::receive: return L4_STATE_WAITING;
        case Thread::Stage::driver: return L4_STATE_SENDING;
        case Thread::Stage::partner: return L4_STATE_RECEIVING;
        case Thread::Stage::none: break;
    }
    return L4_STATE_RUNNING;
}

Id System::schedule_partner(const Thread& t) const {
    if (t.fault) {
        return reported(t.fault->pager);
    }
    switch (t.stage) {
        case Thread::Stage::send: return reported(*find(t.call.partner));
        case Thread::Stage::receive:
            if ((t.call.receive & L4_RCV_OPEN) != 0 || t.call.partner.is_nil()) {
                return {};
            }
            if (const auto line = irq_line(t.call.partner)) {
                return {*line + L4_IRQ_ID_FIRST, 0};
            }
            return reported(name_in(t.call.partner));
        case Thread::Stage::driver: return reported(t.transfer.receiver);
        case Thread::Stage::partner: return reported(t.driver);
        case Thread::Stage::none: break;
    }
    return {};
}

void System::sys_thread_schedule(ThreadName self) {
    const Registers in = thread(self).registers;
    const bool query = in.eax == L4_SCHED_QUERY;
    const Word prio = in.eax & L4_SCHED_PRIO_MASK;
    const Word mcp = thread(self).mcp;
    const auto target = find({in.esi, in.edi});
    if (!target || thread(*target).prio > mcp ||
        (!query && (prio > mcp || (in.eax & L4_SCHED_MODE_MASK) != L4_SCHED_MODE_NORMAL))) {
        thread(self).registers.eax = L4_SCHED_ERROR;
        return;
    }
    Thread& t = thread(*target);
    const Time consumed = t.consumed & ((Time{1} << L4_SCHED_TIME_BITS) - 1);
    const Id partner = schedule_partner(t);
    Registers& out = thread(self).registers;
    out.eax = t.prio | schedule_state(t) << L4_SCHED_STATE_SHIFT | encode_slice(t.slice);
    out.ecx = static_cast<Word>(consumed);
    out.edx = static_cast<Word>(consumed >> 32);
    out.esi = partner.low;
    out.edi = partner.high;
    out.ebx = t.external_preempter.low;
    out.ebp = t.external_preempter.high;
    if (query) {
        return;
    }
    if (t.prio != prio) {
        const bool ready = t.ready;
        block(*target);
        t.prio = prio;
        if (ready) {
            make_ready(*target, Place::tail);
        }
    }
    t.slice = t.remaining = decode_slice(in.eax);
    const Id preempter{in.ebx, in.ebp};
    if (preempter.is_nil() || find(preempter)) {
        t.external_preempter = preempter;
    }
}

} // namespace spec
