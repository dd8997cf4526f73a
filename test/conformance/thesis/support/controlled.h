// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <functional>
#include <utility>

#include "test/conformance/thesis/support/handler.h"

namespace conformance::thesis {

/// A runs some program; E, its pager, does this to it.
struct Controlled {
    World w;
    Landing landing, other;
    sim::Entry there, elsewhere;
    arch::Frame before{}, after{};
    bool ended = false;

    Controlled() : there(w.program(landing.body())), elsewhere(w.program(other.body())) {}
    void run(sim::Body body, std::function<Program(User)> controller) {
        w.start(e, std::move(controller));
        w.start(a, std::move(body), {.pager = e});
        w.run();
    }
    sim::Body busy(Word us = 20000) {
        return [this, us](User u) -> Program {
            arch::Frame mine = registers(0x11110000);
            co_await u.assume(mine);
            co_await u.look(before);
            co_await u.compute(us);
            co_await u.look(after);
            ended = true;
        };
    }
    /// Its state words while it computes.
    Words state() const {
        l4_utcb_state_t s = state_of(before);
        s.eip = next(before);
        return words(s);
    }
};

inline sim::Routine<Words> fetched(User u) {
    l4_utcb_state_t s{};
    co_await u.utcb().load_state(s);
    co_return words(s);
}

/// The state in the caller's UTCB, to be set; `size` words of it.
inline sim::Routine<int> prepare(User u, Words state, Word size = L4_UTCB_STATE_WORDS) {
    l4_utcb_t mine{};
    mine.state = state_of(state);
    mine.snd_size = size;
    co_await u.utcb().store(mine);
    co_return 0;
}

inline Words pattern_at(sim::Entry entry, Word seed = 0x20202020) {
    Words s = pattern(seed);
    s[0] = s[1] = 0x23;
    s[12] = entry.eip;
    s[14] = 0x202 | 0x8d5;
    return s;
}

/// What a program at that entry sees of a state that was set whole.
inline Words seen(Words state) {
    state[5] = state[10] = state[11] = 0;
    state[12] += sim::instruction_length;
    state[13] = 0x1b;
    return state;
}

} // namespace conformance::thesis
