// SPDX-License-Identifier: BSD-2-Clause
// Deadlines (semantics 1.3, 7.10).
#include "l4/abi/ipc.h"
#include "spec/system.h"
#include "spec/times.h"

namespace spec {
namespace {

constexpr Word field(Word word, Word mask, Word shift) { return (word & mask) >> shift; }

/// Zero is now.
Deadline relative(Word man, Word exp, Time now) {
    return exp == 0 ? Deadline{} : now + (Time{man} << (2 * (15 - exp)));
}

/// The clock with its low e+8 bits replaced, moved to the half range that the clock bit names.
Deadline absolute(Word man, Word exp, bool clock, Time clock_now) {
    if (exp == 0) {
        return std::nullopt;
    }
    const Word e = 15 - exp;
    const auto now = static_cast<std::int64_t>(clock_now);
    const std::int64_t range = std::int64_t{1} << (e + 8);
    std::int64_t when = (now & ~(range - 1)) | std::int64_t{man} << e;
    if (((now & range) != 0) != clock) {
        when += range;
    }
    if (when > now + range) {
        when -= 2 * range;
    }
    return when < 0 ? Time{0} : static_cast<Time>(when);
}

} // namespace

Deadline send_deadline(const IpcCall& call, Time now) {
    const Word man = field(call.timeouts, L4_TIMEOUT_SND_MAN_MASK, L4_TIMEOUT_SND_MAN_SHIFT);
    const Word exp = field(call.timeouts, L4_TIMEOUT_SND_EXP_MASK, L4_TIMEOUT_SND_EXP_SHIFT);
    if ((call.partner.high & L4_IPC_ABS_SND) != 0) {
        return absolute(man, exp, (call.partner.high & L4_IPC_ABS_SND_CLOCK) != 0, now);
    }
    return relative(man, exp, now);
}

Deadline receive_deadline(const IpcCall& call, Time now) {
    const Word man = field(call.timeouts, L4_TIMEOUT_RCV_MAN_MASK, L4_TIMEOUT_RCV_MAN_SHIFT);
    const Word exp = field(call.timeouts, L4_TIMEOUT_RCV_EXP_MASK, L4_TIMEOUT_RCV_EXP_SHIFT);
    if ((call.partner.high & L4_IPC_ABS_RCV) != 0) {
        return absolute(man, exp, (call.partner.high & L4_IPC_ABS_RCV_CLOCK) != 0, now);
    }
    return relative(man, exp, now);
}

Deadline fault_deadline(Word exp, Time now) {
    switch (exp) {
        case L4_TIMEOUT_PF_NEVER: return std::nullopt;
        case L4_TIMEOUT_PF_ZERO: return now;
        default: return now + (Time{1} << (2 * (15 - exp)));
    }
}

void System::arm(ThreadName name, Deadline deadline) {
    disarm(name);
    if (deadline) {
        Thread& t = thread(name);
        t.deadline = deadline;
        t.armed = ++arm_count_;
        deadlines_.insert({*deadline, t.armed, name});
    }
}

void System::disarm(ThreadName name) {
    Thread& t = thread(name);
    if (t.deadline) {
        deadlines_.erase({*t.deadline, t.armed, name});
        t.deadline.reset();
    }
}

/// 1.3; one expiry may take other deadlines away.
void System::expire_all() {
    for (Word left = timeouts_; left != 0 && !deadlines_.empty() && deadlines_.begin()->when <= now_;
         --left) {
        const ThreadName name = deadlines_.begin()->thread;
        disarm(name);
        expire(name);
    }
}

void System::expire(ThreadName name) {
    if (thread(name).fault) {
        return expire_fault(name);
    }
    if (thread(name).stage == Thread::Stage::send) {
        leave_sender_queue(name);
        return finish(name, L4_IPC_SETIMEOUT);
    }
    finish(name, L4_IPC_RETIMEOUT);
}

} // namespace spec
