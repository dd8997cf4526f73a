// SPDX-License-Identifier: BSD-2-Clause
// Names of threads: the 64-bit ids of the interface, and what of them the kernel looks at.
#pragma once

#include <compare>
#include <cstdint>

#include "l4/abi/types.h"

namespace spec {

using Word = std::uint32_t;
using Time = std::uint64_t; ///< microseconds
using TaskNo = std::uint16_t;
using Physical = std::uint64_t; ///< physical address; from 2^32 on those of UTCB areas (ram.h)

/// An id as it stands in two registers, all 64 bits of it.
struct Id {
    Word low = L4_NIL_LOW;
    Word high = 0;
    bool operator==(const Id&) const = default;

    bool is_nil() const { return low == L4_NIL_LOW; }
    bool is_invalid() const { return low == L4_INVALID_LOW; }
};

/// What a thread is found by: task and lthread (semantics 2.1).  The default names nobody.
struct ThreadName {
    TaskNo task = 0;
    std::uint16_t lthread = 0;
    auto operator<=>(const ThreadName&) const = default;

    bool is_none() const { return task == 0; }
};

constexpr ThreadName nobody{};

/// The name in an id, whether or not there is such a thread; of nil, invalid and interrupt ids too.
constexpr ThreadName name_in(Id id) {
    const l4_threadid_t words = {id.low, id.high};
    return {static_cast<TaskNo>(l4_id_task(words)), static_cast<std::uint16_t>(l4_id_lthread(words))};
}

} // namespace spec
