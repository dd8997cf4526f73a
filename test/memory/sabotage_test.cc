// SPDX-License-Identifier: BSD-2-Clause
// Each invariant of docs/invariants.md, broken on purpose: check() must name it.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "ia32/paging.h"
#include "kern/map_node.h"
#include "test/memory/memory_world.h"

namespace test {
namespace {

constexpr std::uint32_t rw = L4_FP_WRITE, page_size = 4096, super_size = 1u << 22;
constexpr std::uint32_t small_page(std::uint32_t va) { return l4_fpage(va, 12, rw); }

/// sigma0: 4 MiB at 0; task 4: that page's second 4 KiB at 0, and the 4 MiB at 0x400000, split; task 5: a
/// child of 4's small page at 0, writable; ports 0..7 with 4, 0 with 5.
class Sabotage : public ::testing::Test {
protected:
    Sabotage() {
        for (std::uint16_t n : {2, 4, 5}) {
            w.open_account(n, 100);
            w.open_space(n, n);
        }
        EXPECT_TRUE(w.fault(2, 0));
        w.map(2, 4, small_page(page_size), 0);
        w.map(4, 5, small_page(0), 0);
        w.map(2, 4, l4_fpage(0, 22, rw), super_size);
        w.unmap(2, small_page(0), L4_FP_FLUSH);
        EXPECT_TRUE(w.db.give_all_ports(w.space(2)).ok());
        w.map(2, 4, l4_io_fpage(0, 3, 0), 0);
        w.map(4, 5, l4_io_fpage(0, 0, 0), 0);
        w.db.check();
    }
    std::uint32_t& word(kern::PAddr frame, std::uint32_t index) {
        return w.pool.at<std::uint32_t>(frame)[index];
    }
    std::uint32_t& directory(std::uint16_t task, std::uint32_t index) {
        return word(w.space(task).directory(), index);
    }
    std::uint32_t& shadow(std::uint16_t task, std::uint32_t index) {
        return word(w.space(task).shadow(), index);
    }
    kern::PAddr table(std::uint16_t task, std::uint32_t index) {
        return kern::PAddr{directory(task, index) & ia32::frame_mask};
    }
    kern::PAddr shadow_table(std::uint16_t task, std::uint32_t index) {
        return kern::PAddr{shadow(task, index) & ia32::frame_mask};
    }
    kern::MapNode& node(std::uint16_t task, std::uint32_t region, std::uint32_t index) {
        return *w.pool.at<kern::MapNode>(kern::PAddr{word(shadow_table(task, region), index)});
    }
    void expect_caught(const std::string& invariant, const std::function<void()>& harm) {
        EXPECT_DEATH((harm(), w.db.check()), "kernel invariant broken: " + invariant + ":");
    }
    MemoryWorld w;
};

using SabotageDeathTest = Sabotage;

TEST_F(SabotageDeathTest, M1) {
    expect_caught("M1", [&] { shadow(4, 9) = 0x1000; });
    expect_caught("M1", [&] { directory(4, 0) &= ~ia32::user; });
    expect_caught("M1", [&] { word(shadow_table(4, 0), 0) = 0; });
    expect_caught("M1", [&] { word(shadow_table(4, 0), 7) = word(shadow_table(4, 0), 0); });
}

TEST_F(SabotageDeathTest, M2) {
    expect_caught("M2", [&] { std::swap(word(shadow_table(4, 0), 0), word(shadow_table(5, 0), 0)); });
}

TEST_F(SabotageDeathTest, M3) {
    expect_caught("M3", [&] { ++shadow(4, 0); });
    expect_caught("M3", [&] { word(table(4, 1), 5) = 0; });
}

TEST_F(SabotageDeathTest, M4) {
    expect_caught("M4", [&] { node(5, 0, 0).prev = 0; });
    expect_caught("M4", [&] { node(4, 0, 0).next = 0; });
}

TEST_F(SabotageDeathTest, M5) {
    expect_caught("M5", [&] { word(shadow_table(4, 1), 7) = word(shadow_table(4, 0), 0); });
    expect_caught("M5", [&] { word(table(4, 1), 7) += page_size; });
}

TEST_F(SabotageDeathTest, M6) {
    expect_caught("M6", [&] { node(5, 0, 0).set_parent(1); });
    expect_caught("M6", [&] { node(5, 0, 0).depth = 7; });
}

TEST_F(SabotageDeathTest, M7) {
    expect_caught("M7", [&] { word(table(5, 0), 0) += page_size; });
}

TEST_F(SabotageDeathTest, M8) {
    expect_caught("M8", [&] { word(table(4, 0), 0) &= ~ia32::writable; });
}

TEST_F(SabotageDeathTest, M9) {
    expect_caught("M9", [&] { word(w.space(4).port_bitmap(0), 0) |= 1; });
}

TEST_F(SabotageDeathTest, M10) {
    expect_caught("M10", [&] { word(w.space(5).port_bitmap(0), 0) = ~0x100u; });
}

TEST_F(SabotageDeathTest, M11) {
    expect_caught("M11", [&] { (void)w.account(5).take_node(); });
}

TEST_F(SabotageDeathTest, M12) {
    const auto put_by = [&](kern::Fill fill) {
        kern::Steps all(~0u);
        EXPECT_TRUE(w.pool.put_by(fill, 100, all));
        const kern::PAddr frame = *w.pool.take(fill);
        w.pool.give(frame, fill);
        return frame;
    };
    expect_caught("M12", [&] { word(put_by(kern::Fill::zeros), 1) = 1; });
    expect_caught("M12", [&] { word(put_by(kern::Fill::ones), 1023) = 0; });
    expect_caught("M12", [&] { word(put_by(kern::Fill::zeros), 0) = 0; });
}

} // namespace
} // namespace test
