// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <bit>
#include <compare>
#include <cstdint>
#include "kern/strong.h"
#include "l4/abi/ipc.h"
#include "l4/abi/types.h"

namespace kern {

/// What the kernel looks a thread up by: the task and lthread fields of a V2 id (docs/semantics.md 2.1).
/// One word, without padding, so that comparing two is one comparison.
struct alignas(std::uint32_t) ThreadId {
    TaskNo task{};
    std::uint8_t lthread = 0;
    std::uint8_t zero = 0;
    auto operator<=>(const ThreadId&) const = default;
    bool operator==(const ThreadId& other) const {
        return std::bit_cast<std::uint32_t>(*this) == std::bit_cast<std::uint32_t>(other);
    }
    static constexpr ThreadId of(l4_threadid_t id) {
        return {TaskNo{static_cast<std::uint16_t>(l4_id_task(id))},
                static_cast<std::uint8_t>(l4_id_lthread(id))};
    }
};

constexpr bool is_nil(l4_threadid_t id) { return id.low == L4_NIL_LOW; }
constexpr bool is_invalid(l4_threadid_t id) { return id.low == L4_INVALID_LOW; }

/// An interrupt's id: line + 1, and nothing in the high word but per-call flags.
constexpr bool is_irq(l4_threadid_t id) {
    return id.low >= L4_IRQ_ID_FIRST && id.low <= L4_IRQ_ID_LAST && (id.high & ~L4_IPC_ID_FLAGS_MASK) == 0;
}
constexpr Line irq_line(l4_threadid_t id) {
    return Line{static_cast<std::uint8_t>(id.low - L4_IRQ_ID_FIRST)};
}

} // namespace kern
