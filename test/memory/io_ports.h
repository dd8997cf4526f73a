// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <gtest/gtest.h>

#include <cstdint>

#include "l4/abi/limits.h"
#include "test/memory/memory_world.h"

namespace test {

inline constexpr std::uint32_t whole = L4_FP_WHOLE_SPACE;

/// Task 2 holds all ports; 4, 5 and 6 have none, and accounts of their own.
class IoPorts : public ::testing::Test {
protected:
    IoPorts() {
        for (std::uint16_t n : {2, 4, 5, 6}) {
            w.open_account(n, 10);
            w.open_space(n, n);
        }
        EXPECT_TRUE(w.db.give_all_ports(w.space(2)).ok());
    }
    ~IoPorts() override { w.close_all(); }
    void TearDown() override { w.db.check(); }
    bool holds(std::uint16_t task, std::uint16_t port) { return w.db.holds_port(w.space(task), port); }
    kern::Progress give(std::uint16_t from, std::uint16_t to, std::uint32_t port, std::uint32_t log2,
                        std::uint32_t options = 0) {
        return w.map(from, to, l4_io_fpage(port, log2, options), 0, whole, 2);
    }
    MemoryWorld w;
};

} // namespace test
