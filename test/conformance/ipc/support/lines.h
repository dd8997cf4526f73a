// SPDX-License-Identifier: BSD-2-Clause
#pragma once
// Interrupt lines, and the calls by which threads get and lose them (docs/semantics.md 8).
#include <gtest/gtest.h>

#include "test/conformance/ipc/support/script.h"

namespace conformance::ipc {

inline constexpr Line line{3}, other_line{4};
inline constexpr l4_threadid_t irq = l4_irq_id(3), other_irq = l4_irq_id(4);
inline constexpr Word in_100us = l4_timeout(0, 0, 100, 15);

constexpr Ipc attach(l4_threadid_t id = irq) { return receive_from(id, L4_TIMEOUT_RCV_ZERO); }
constexpr Ipc detach() { return sleep_for(L4_TIMEOUT_RCV_ZERO); }

inline const kern::Thread* owner_of(World& w, Line l) { return w.kernel().irqs()[l].owner; }
inline bool pending(World& w, Line l) { return w.kernel().irqs()[l].pending; }
inline bool masked(World& w, Line l) { return w.machine().irqs().masked(l); }

inline void expect_free(World& w, Line l) {
    EXPECT_EQ(owner_of(w, l), nullptr);
    EXPECT_FALSE(pending(w, l));
    EXPECT_TRUE(masked(w, l));
}

} // namespace conformance::ipc
