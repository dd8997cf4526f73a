// SPDX-License-Identifier: BSD-2-Clause
// Many jobs at once, each a few steps at a time, given up now and then: the invariants hold at every moment,
// and what was flushed is gone.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "l4/abi/limits.h"
#include "test/memory/memory_world.h"

namespace test {
namespace {

using Word = std::uint32_t;
constexpr Word page_size = 4096, super_size = 1u << 22;
constexpr std::array<std::uint16_t, 5> tasks{2, 4, 5, 6, 7};

/// A 4 KiB page of a flushed page's tree, when the flush began.
struct Below {
    std::uint64_t serial = 0, root = 0;
    Word part = 0, root_va = 0;
};

struct Slot {
    std::optional<InFrame<kern::MapJob>> map;
    std::optional<InFrame<kern::UnmapJob>> unmap;
    std::uint16_t task = 0;
    std::vector<Below> doomed;
    bool free() const { return !map && !unmap; }
    void give_up() {
        map.reset();
        unmap.reset();
    }
};

class Crowd {
public:
    explicit Crowd(std::uint64_t seed) : dice_(seed) {
        const bool scarce = below(2);
        for (const std::uint16_t t : tasks) {
            w.open_account(t, scarce && t != 2 ? 8 + below(20) : 150);
            w.open_space(t, t);
        }
        EXPECT_TRUE(w.db.give_all_ports(w.space(2)).ok());
        w.db.activate(w.space(tasks[below(5)]));
        gives_up_ = below(2);
    }
    ~Crowd() {
        for (Slot& slot : slots_) slot.give_up();
        w.db.check();
        w.close_all();
    }
    void step();
    MemoryWorld w;

private:
    Word below(Word n) { return static_cast<Word>(dice_() % n); }
    template <std::size_t N>
    Word pick(const Word (&from)[N]) {
        return from[below(N)];
    }
    std::uint16_t any_task() { return tasks[below(5)]; }
    Word address() {
        return pick({0, super_size, 2 * super_size, 3 * super_size}) +
               page_size * pick({0, 1, 2, 511, 512, 1023});
    }
    Word fpage() { return l4_fpage(address(), pick({12, 12, 13, 21, 22, 22, 22, 23, 32}), 0); }
    Word ports() { return l4_io_fpage(below(65536), pick({0, 3, 9, 11, 16, 16}), 0); }
    void start(Slot& slot);
    void start_unmap(Slot& slot);
    void advance(Slot& slot);
    void expect_gone(const Slot& slot);
    std::vector<Below> tree_of(std::uint16_t task, Word range);
    std::optional<Below> find_root(std::uint16_t task, Word va, std::uint16_t of, const kern::Fpage& range);
    std::map<std::uint64_t, std::pair<std::uint16_t, Word>> everything();

    std::mt19937_64 dice_;
    std::array<Slot, 6> slots_;
    bool gives_up_ = false;
};

void Crowd::step() {
    const Word what = below(32);
    Slot& slot = slots_[below(6)];
    if (what == 0) {
        w.fault(2, address());
    } else if (what == 1) {
        w.db.translate(w.space(any_task()), kern::VAddr{address()},
                       below(2) ? kern::Access::write : kern::Access::read);
    } else if (what == 2) {
        w.db.activate(w.space(any_task()));
    } else if (what == 3 && gives_up_) {
        slot.give_up();
    } else if (slot.free()) {
        start(slot);
    } else {
        advance(slot);
    }
}

void Crowd::start(Slot& slot) {
    const std::uint16_t from = any_task(), to = any_task();
    const Word flags = (below(3) ? L4_FP_WRITE : 0) | (below(8) ? 0 : L4_FP_GRANT);
    switch (below(8)) {
        case 0:
            slot.map.emplace(w.desk, w.space(from), w.space(to), ports() | (flags & L4_FP_GRANT), 0,
                             L4_FP_WHOLE_SPACE);
            break;
        case 1:
        case 2:
        case 3:
        case 4:
            slot.map.emplace(w.desk, w.space(from), w.space(to), fpage() | flags, address(),
                             below(3) ? L4_FP_WHOLE_SPACE : fpage());
            break;
        default: start_unmap(slot);
    }
}

void Crowd::start_unmap(Slot& slot) {
    slot.task = any_task();
    Word mask = (below(4) ? L4_FP_FLUSH : 0) | (below(4) ? 0 : L4_FP_ALL_SPACES) |
                (below(2) ? L4_UNMAP_RESET : 0) | l4_unmap_in_task(below(2) ? 0 : any_task());
    const Word range = below(6) ? fpage() : ports();
    slot.unmap.emplace(w.desk);
    (*slot.unmap)->start(w.space(slot.task), range, mask);
    slot.doomed.clear();
    const bool all = (mask & (L4_FP_ALL_SPACES | L4_UNMAP_TASK_MASK)) == 0;
    if (all && (mask & L4_FP_FLUSH) && !l4_fpage_is_io(range)) slot.doomed = tree_of(slot.task, range);
}

void Crowd::advance(Slot& slot) {
    kern::Steps steps(1 + below(5));
    if (slot.map) {
        if (w.db.run(**slot.map, steps) != kern::Progress::more) slot.map.reset();
    } else if (w.db.run(**slot.unmap, steps) != kern::Progress::more) {
        expect_gone(slot);
        slot.unmap.reset();
    }
}

std::vector<Below> Crowd::tree_of(std::uint16_t task, Word range) {
    std::vector<Below> tree;
    for (const std::uint16_t t : tasks) {
        for (Word va : {0u, 1u, 2u, 511u, 512u, 1023u, 1024u, 1025u, 1535u, 2048u, 2049u, 3072u, 4095u})
            if (const auto found = find_root(t, va * page_size, task, kern::Fpage(range)))
                tree.push_back(*found);
    }
    return tree;
}

/// The page of `of` in the range from which this one was mapped, not itself.
std::optional<Below> Crowd::find_root(std::uint16_t task, Word va, std::uint16_t of,
                                      const kern::Fpage& range) {
    const auto page = w.page(task, va);
    if (!page) return {};
    Below found{.serial = w.db.origin(w.space(task), kern::VAddr{va}).serial,
                .part = page->super ? va % super_size / page_size : 0};
    for (auto up = page; up && up->has_parent;) {
        const std::uint16_t t = up->parent.raw();
        const Word at = up->parent_va.raw();
        if (t == of && at >= range.first() && at < range.end()) {
            found.root = w.db.origin(w.space(t), kern::VAddr{at}).serial;
            found.root_va = at;
            return found;
        }
        up = w.page(t, at);
    }
    return {};
}

/// Where the mapping of each serial number is.
std::map<std::uint64_t, std::pair<std::uint16_t, Word>> Crowd::everything() {
    std::map<std::uint64_t, std::pair<std::uint16_t, Word>> all;
    for (const std::uint16_t t : tasks) {
        const Word* const directory = w.pool.at<Word>(w.space(t).directory());
        for (Word va = 0; va < 4 * super_size; va += page_size) {
            if (directory[va / super_size] == 0) continue;
            const auto page = w.page(t, va);
            if (!page) continue;
            all[w.db.origin(w.space(t), kern::VAddr{va}).serial] = {
                t, page->super ? va & ~(super_size - 1) : va};
        }
    }
    return all;
}

void Crowd::expect_gone(const Slot& slot) {
    if (slot.doomed.empty()) return;
    const auto all = everything();
    for (const Below& b : slot.doomed) {
        // Only below a page that was there all the time: one that left took its tree along.
        if (w.db.origin(w.space(slot.task), kern::VAddr{b.root_va}).serial != b.root) continue;
        const auto found = all.find(b.serial);
        if (found == all.end()) continue;
        EXPECT_FALSE(w.page(found->second.first, found->second.second + b.part * page_size))
            << "task " << found->second.first << " at " << found->second.second;
    }
}

class Interleaved : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(Interleaved, InvariantsHoldAndFlushedPagesAreGone) {
    const char* const more = std::getenv("MEMORY_SEEDS"); // how many worlds, for a long run
    const std::uint64_t worlds = more ? std::strtoull(more, nullptr, 10) : 3;
    for (std::uint64_t i = 0; i < worlds; ++i) {
        const std::uint64_t seed = GetParam() * 1000003 + i;
        SCOPED_TRACE("seed " + std::to_string(seed));
        Crowd crowd(seed);
        for (int n = 0; n < 3000; ++n) {
            crowd.step();
            crowd.w.db.check();
            ASSERT_FALSE(HasFailure()) << "step " << n;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Interleaved, ::testing::Range<std::uint64_t>(0, 4));

} // namespace
} // namespace test
