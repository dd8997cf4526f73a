// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <array>
#include <cstdint>

#include "l4/abi/exception.h"
#include "l4/abi/utcb.h"
#include "test/conformance/ipc/support/script.h"
#include "test/support/watched_world.h"

namespace conformance::thesis {

using ipc::Answer;
using ipc::deletion;
using ipc::For;
using ipc::from_root;
using ipc::Ipc;
using ipc::IpcResult;
using ipc::Landing;
using ipc::receive_timeout;
using ipc::Script;
using ipc::send_timeout;
using ipc::Time;
using ipc::until;
using ipc::Word;

using World = ipc::Scenes<conformance::World>;

/// Looks at the kernel's invariants now and then.
class SeldomWatched : public test::WatchedWorld {
public:
    explicit SeldomWatched(const sim::WorldConfig& config) : WatchedWorld(config, 1009) {}
};
/// For scenarios of very many events.
using LongWorld = ipc::Scenes<SeldomWatched>;

using Words = std::array<Word, L4_UTCB_STATE_WORDS>;
constexpr Words words(const l4_utcb_state_t& s) {
    return {s.gs,  s.fs,  s.edi,    s.esi, s.ebp, s.pfa, s.ebx,    s.edx,
            s.ecx, s.eax, s.trapno, s.err, s.eip, s.cs,  s.eflags, s.esp};
}
constexpr l4_utcb_state_t state_of(const Words& w) {
    return {w[0], w[1], w[2],  w[3],  w[4],  w[5],  w[6],  w[7],
            w[8], w[9], w[10], w[11], w[12], w[13], w[14], w[15]};
}
/// The state words of a program that looks at its registers; the three that tell of a trap are 0.
constexpr l4_utcb_state_t state_of(const arch::Frame& f) {
    return {f.gs,  f.fs,  f.edi, f.esi, f.ebp, 0,    f.ebx,    f.edx,
            f.ecx, f.eax, 0,     0,     f.eip, f.cs, f.eflags, f.esp};
}

/// Words that look like no others.
constexpr Words pattern(Word seed) {
    Words w{};
    for (Word i = 0; i < w.size(); ++i) w[i] = seed + i * 0x01010101;
    return w;
}

/// General registers and a stack that look like no others.
inline arch::Frame registers(Word seed) {
    arch::Frame f{};
    f.eax = seed, f.ebx = seed + 1, f.ecx = seed + 2, f.edx = seed + 3;
    f.esi = seed + 4, f.edi = seed + 5, f.ebp = seed + 6, f.esp = seed + 7;
    f.eflags = 0x202 | 0x8d5; // CF PF AF ZF SF OF
    return f;
}

/// The UTCB of a pager that takes these messages, with the state.
constexpr l4_utcb_t pager_utcb(Word status = L4_UTCB_EXCEPTIONS, Word rcv_size = L4_UTCB_STATE_WORDS) {
    l4_utcb_t utcb{};
    utcb.status = status;
    utcb.rcv_size = rcv_size;
    return utcb;
}

/// The message of an exception.
constexpr Answer exception_of(l4_threadid_t thread) {
    return ipc::message(thread, L4_EXC_COOKIE_0, L4_EXC_COOKIE_1);
}

/// Selectors of a new thread.
inline constexpr Word gs_of_utcb = 0x2b;

/// The address of the instruction after the one that looked.
constexpr Word next(const arch::Frame& f) { return f.eip + sim::instruction_length; }

} // namespace conformance::thesis
