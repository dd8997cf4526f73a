// SPDX-License-Identifier: BSD-2-Clause
#pragma once
// System calls as values: registers in, registers out. ipc enters as the program was built to.
#include <cstdint>
#include <initializer_list>

#include "l4/abi/kip.h"
#include "l4/abi/limits.h"
#include "l4/sys/fpage.h"
#include "l4/sys/ipc.h"
#include "l4/sys/kip.h"
#include "l4/sys/space.h"
#include "l4/sys/task.h"
#include "l4/sys/thread.h"
#include "l4/sys/timeout.h"
#include "l4/sys/utcb.h"

namespace conformance {

using Word = l4_word_t;
using Regs = l4_registers_t;
using Id = l4_threadid_t;

inline constexpr Word never = 0, zero = L4_TIMEOUT_ZERO;
inline constexpr Id nil = {0, 0}, invalid = {~0u, ~0u};
inline constexpr Id root_id = {L4_TASK_ROOT << L4_ID_TASK_SHIFT, 0};
inline constexpr Id sigma0_id = {L4_TASK_SIGMA0 << L4_ID_TASK_SHIFT, 0};
inline constexpr Word whole_space = L4_FP_WHOLE_SPACE | L4_RCV_MAP, no_send = ~0u, no_receive = ~0u;
inline constexpr Word map_bit = L4_SND_MAP, writable = L4_FP_WRITE;
inline constexpr Word page_log2 = L4_PAGE_SHIFT, super_log2 = L4_SUPERPAGE_SHIFT;
inline constexpr Word page_size = 1u << page_log2, super_size = 1u << super_log2;
/// What a short message that arrived gives in EAX.
inline constexpr Word two_words = 0x4000, got_fpage = L4_MSGDOPE_FPAGE_RECEIVED;

constexpr Word after(std::uint64_t us) { return l4_timeouts_us(us, us); }
constexpr Word snd_after(std::uint64_t us) { return l4_timeouts_us(us, L4_TIME_NEVER); }
constexpr Word rcv_after(std::uint64_t us) { return l4_timeouts_us(L4_TIME_NEVER, us); }
template <typename T>
Word address(T* pointer) {
    return static_cast<Word>(reinterpret_cast<std::uintptr_t>(pointer));
}

// ipc's registers.
constexpr Regs both(Id to, Word w0, Word w1, Word timeouts, Word snd = 0, Word rcv = 0) {
    return {snd, timeouts, w0, w1, rcv, to.low, to.high};
}
constexpr Regs send(Id to, Word w0 = 0, Word w1 = 0, Word timeouts = never, Word snd = 0) {
    return both(to, w0, w1, timeouts, snd, no_receive);
}
/// Words 0 and 1 in: what stays when nothing is received.
inline constexpr Word kept_0 = 0x0dd0, kept_1 = 0x0dd1;
constexpr Regs receive(Id from, Word timeouts = never, Word rcv = 0) {
    return both(from, kept_0, kept_1, timeouts, no_send, rcv);
}
constexpr Regs receive_open(Word timeouts = never, Word rcv = 0) {
    return receive(nil, timeouts, rcv | L4_RCV_OPEN);
}
constexpr Regs sleep_for(std::uint64_t us) { return receive(nil, rcv_after(us)); }
/// A flexpage in registers, to `base`.
constexpr Regs send_map(Id to, Word base, Word fpage, Word timeouts = never) {
    return send(to, base, fpage, timeouts, map_bit);
}

inline Regs call(Word vector, Regs r) {
    switch (vector) {
        case L4_VEC_IPC: return l4_enter_ipc(r);
        case L4_VEC_ID_NEAREST: return l4_enter_id_nearest(r);
        case L4_VEC_FPAGE_UNMAP: return l4_enter_fpage_unmap(r);
        case L4_VEC_THREAD_SWITCH: return l4_enter_thread_switch(r);
        case L4_VEC_THREAD_SCHEDULE: return l4_enter_thread_schedule(r);
        case L4_VEC_LTHREAD_EX_REGS: return l4_enter_lthread_ex_regs(r);
        case L4_VEC_TASK_NEW: return l4_enter_task_new(r);
        default: return r;
    }
}
inline Regs ipc(Regs r) { return l4_enter_ipc(r); }

// Registers of the other calls.
constexpr Regs ex_regs(Word target, Word eip = ~0u, Word esp = ~0u, Id pager = invalid,
                       Id preempter = invalid) {
    return {target, esp, eip, preempter.low, preempter.high, pager.low, pager.high};
}
/// A parameter word with the slice of a new thread: 9984 us are rounded up to 10000.
constexpr Word default_slice(Word prio) { return l4_sched_param(prio, 156, 12); }
constexpr Regs schedule(Id thread, Word param = L4_SCHED_QUERY, Id preempter = invalid) {
    return {param, 0, 0, preempter.low, preempter.high, thread.low, thread.high};
}
constexpr Regs task_new(Word task, Word eax, Word eip = 0, Word esp = 0, Id pager = nil) {
    return {eax, esp, eip, pager.low, pager.high, l4_threadid(task, 0).low, 0};
}
constexpr Regs unmap(Word fpage, Word mask) { return {fpage, mask, 0, 0, 0, 0, 0}; }
constexpr Regs nearest(Id id) { return {0, 0, 0, 0, 0, id.low, id.high}; }
constexpr Regs switch_to(Id id) { return {0, 0, 0, 0, 0, id.low, id.high}; }

inline Word error(Regs r) { return l4_msgdope_error(r.eax); }
inline Word state(Regs r) { return (r.eax & L4_SCHED_STATE_MASK) >> L4_SCHED_STATE_SHIFT; }
inline Word fpage(Word at, Word log2 = page_log2, Word options = writable) {
    return l4_fpage(at, log2, options);
}

} // namespace conformance
