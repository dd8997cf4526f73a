// SPDX-License-Identifier: BSD-2-Clause
// One page that is mapped at once, and one that is flushed at once, do what jobs do: two worlds are the same
// until one goes the short way and the other one the long way.
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "l4/abi/limits.h"
#include "test/memory/memory_world.h"

namespace test {
namespace {

constexpr std::uint32_t rw = L4_FP_WRITE, page_size = 4096, super_size = 1u << 22;
constexpr std::uint32_t everything = L4_FP_WHOLE_SPACE;
constexpr std::uint32_t super_page(std::uint32_t va) { return l4_fpage(va, 22, rw); }
constexpr std::uint32_t small_page(std::uint32_t va) { return l4_fpage(va, 12, rw); }
/// Tasks and addresses at which a test may do something.
constexpr std::uint16_t tasks[] = {2, 4, 5, 6};
constexpr std::uint32_t page(std::uint32_t n) { return n * page_size; }

/// What can be told of a world.
struct State {
    std::vector<std::optional<kern::MapDb::Page>> pages;
    std::vector<std::uint32_t> numbers; ///< of mappings, tables and frames
    bool operator==(const State&) const = default;

    static State of(MemoryWorld& w) {
        State s;
        for (const std::uint16_t task : tasks) {
            for (std::uint32_t n = 0; n < 16; ++n) {
                s.pages.push_back(w.page(task, page(n)));
                s.pages.push_back(w.page(task, super_size + page(n)));
            }
            for (const std::uint32_t at : {L4_UTCB_AREA, L4_KIP_ADDRESS, L4_USER_TOP - page_size})
                s.pages.push_back(w.page(task, at));
            for (const std::uint32_t n :
                 {w.space(task).nodes(), w.space(task).frames(), w.account(task).used()})
                s.numbers.push_back(n);
        }
        return s;
    }
};

/// sigma0 (2) has two 4 MiB pages; 4 has page 1, and 5 has page 2, of the first.
class ShortWays : public ::testing::Test {
protected:
    ShortWays() {
        both([](MemoryWorld& w) {
            for (const std::uint16_t n : tasks) {
                w.open_account(n, 200);
                w.open_space(n, n);
            }
            EXPECT_TRUE(w.fault(2, 0) && w.fault(2, super_size));
            w.map(2, 4, small_page(page(1)), page(1));
            w.map(2, 5, small_page(page(2)), page(2));
        });
    }
    ~ShortWays() override {
        both([](MemoryWorld& w) { w.close_all(); });
    }

    void both(const std::function<void(MemoryWorld&)>& what) {
        what(quick);
        what(slow);
    }
    void map_both(std::uint16_t from, std::uint16_t to, std::uint32_t fpage, std::uint32_t base) {
        both([=](MemoryWorld& w) {
            EXPECT_EQ(w.map(from, to, fpage, base), kern::Progress::done);
            EXPECT_TRUE(w.received);
        });
    }
    void unmap_both(std::uint16_t task, std::uint32_t fpage, std::uint32_t mask) {
        both([=](MemoryWorld& w) { w.unmap(task, fpage, mask); });
    }
    MemoryWorld quick, slow;
};

// --- One page mapped at once.

class MapAtOnce : public ShortWays {
protected:
    /// Was it mapped?  If so, as by a job that needs no memory; if not, nothing has happened.
    bool at_once(std::uint16_t from, std::uint16_t to, std::uint32_t fpage, std::uint32_t base,
                 std::uint32_t window = everything) {
        const State before = State::of(quick);
        const std::uint32_t taken = quick.pool.taken();
        const bool done = quick.db.map_page(quick.space(from), quick.space(to), fpage, base, window);
        quick.db.check();
        EXPECT_EQ(quick.pool.taken(), taken) << "frames are written whole: that takes too long";
        if (!done) {
            EXPECT_TRUE(State::of(quick) == before) << "something has happened";
            return false;
        }
        EXPECT_EQ(slow.map(from, to, fpage, base, window), kern::Progress::done);
        EXPECT_TRUE(slow.received);
        EXPECT_TRUE(State::of(quick) == State::of(slow)) << "a job does something else";
        return true;
    }
    /// 4's 4 MiB page, of which the first part is gone.
    void split_page_of_4() {
        map_both(2, 4, super_page(super_size), super_size);
        unmap_both(4, small_page(super_size), L4_FP_FLUSH | L4_FP_ALL_SPACES);
        both([](MemoryWorld& w) {
            ASSERT_TRUE(w.page(4, super_size + page(1))->split);
            ASSERT_FALSE(w.page(4, super_size));
        });
    }
};

TEST_F(MapAtOnce, IsAsByAJob) { EXPECT_TRUE(at_once(4, 5, small_page(page(1)), page(3))); }

TEST_F(MapAtOnce, WithinATask) { EXPECT_TRUE(at_once(4, 4, small_page(page(1)), page(3))); }

TEST_F(MapAtOnce, HasTheRightsOfItemAndSource) {
    EXPECT_TRUE(at_once(4, 5, l4_fpage(page(1), 12, 0), page(3)));
    EXPECT_FALSE(quick.page(5, page(3))->writable);
    EXPECT_TRUE(at_once(4, 5, small_page(page(1)), page(4)));
    EXPECT_TRUE(quick.page(5, page(4))->writable);
    unmap_both(4, small_page(page(1)), L4_FP_ALL_SPACES);
    EXPECT_TRUE(at_once(4, 5, small_page(page(1)), page(5)));
    EXPECT_FALSE(quick.page(5, page(5))->writable);
}

TEST_F(MapAtOnce, TheHotSpotPicksTheWindowsPart) {
    EXPECT_TRUE(at_once(4, 5, small_page(page(1)), page(3) + 0xf13));
    EXPECT_TRUE(quick.page(5, page(3)));
    EXPECT_TRUE(at_once(4, 5, small_page(page(1)), 0xabcd9f13, l4_fpage(page(4), 14, 0)));
    EXPECT_TRUE(quick.page(5, page(5)));
    EXPECT_TRUE(at_once(4, 5, small_page(page(1)), 0xabcd9f13, l4_fpage(page(7), 12, 0)));
    EXPECT_TRUE(quick.page(5, page(7)));
}

TEST_F(MapAtOnce, AGrantMovesThePage) {
    at_once(4, 5, small_page(page(1)) | L4_FP_GRANT, page(3));
    EXPECT_EQ(quick.page(5, page(3)).has_value(), !quick.page(4, page(1)));
}

TEST_F(MapAtOnce, AnItemOfAnotherSizeIsNotOnePage) {
    map_both(2, 4, small_page(page(0)), page(0));
    for (const std::uint32_t log2 : {0u, 1u, 11u, 13u, 14u, 22u, 32u, 33u})
        at_once(4, 5, l4_fpage(page(0), log2, rw), page(8));
}

TEST_F(MapAtOnce, AnItemOfPortsIsNoPage) { at_once(4, 5, l4_io_fpage(0x1000, 12, 0) | rw, page(3)); }

TEST_F(MapAtOnce, AWindowThatIsNoMemoryTakesNothing) {
    for (const std::uint32_t window :
         {0u, l4_fpage(page(3), 11, 0), l4_fpage(page(3), 33, 0), L4_FP_IO_WHOLE, l4_io_fpage(0x3000, 12, 0)})
        at_once(4, 5, small_page(page(1)), page(3), window);
}

TEST_F(MapAtOnce, NothingGoesBeyondTheUsersEnd) {
    both([](MemoryWorld& w) { w.map(2, 5, small_page(page(2)), L4_USER_TOP - 2 * page_size); });
    for (const std::uint32_t at : {L4_USER_TOP, L4_USER_TOP + page(3), 0xfffff000u})
        EXPECT_FALSE(at_once(4, 5, small_page(page(1)), at));
    EXPECT_TRUE(at_once(4, 5, small_page(page(1)), L4_USER_TOP - page_size));
}

TEST_F(MapAtOnce, ProtectedPagesAreNeitherSourceNorTarget) {
    both([](MemoryWorld& w) {
        for (const std::uint16_t task : {4, 5}) w.add_utcbs(task);
        EXPECT_TRUE(
            w.db.fix(w.space(4), kern::VAddr{L4_KIP_ADDRESS}, std::array{kern::PAddr{0}}, kern::Access::read)
                .ok());
    });
    for (const std::uint32_t at : {L4_UTCB_AREA, L4_UTCB_AREA + page(3), L4_KIP_ADDRESS}) {
        EXPECT_FALSE(at_once(4, 5, small_page(page(1)), at));
        EXPECT_FALSE(at_once(4, 5, small_page(at), page(3)));
    }
    EXPECT_TRUE(at_once(4, 5, small_page(page(1)), L4_UTCB_AREA - page_size));
    EXPECT_TRUE(at_once(4, 5, small_page(page(1)), L4_UTCB_AREA + L4_UTCB_AREA_SIZE));
    EXPECT_TRUE(at_once(4, 5, small_page(page(1)), L4_KIP_ADDRESS + page_size));
}

TEST_F(MapAtOnce, OfNothingIsNothing) {
    split_page_of_4();
    map_both(4, 6, small_page(super_size + page(1)), page(1)); // its fan-out
    for (const std::uint32_t at : {page(0), page(7), super_size, 2 * super_size, L4_USER_TOP, 0xfffff000u})
        EXPECT_FALSE(at_once(4, 5, small_page(at), page(3))) << at;
}

TEST_F(MapAtOnce, APartsOwnerPaysForTheFirst) {
    at_once(2, 5, small_page(super_size + page(1)), page(3));
    split_page_of_4();
    at_once(4, 5, small_page(super_size + page(1)), page(4));
    map_both(2, 6, small_page(super_size + page(2)), page(1));
    map_both(4, 6, small_page(super_size + page(2)), page(2));
    EXPECT_TRUE(at_once(2, 5, small_page(super_size + page(1)), page(5)));
    EXPECT_TRUE(at_once(4, 5, small_page(super_size + page(1)), page(6)));
}

TEST_F(MapAtOnce, TheTargetIsEmpty) {
    map_both(4, 5, l4_fpage(page(1), 12, 0), page(3));
    map_both(2, 5, super_page(super_size), super_size);
    for (const std::uint32_t at : {page(2), page(3), super_size, super_size + page(1)}) {
        at_once(4, 5, small_page(page(1)), at);
        EXPECT_FALSE(at == page(3) && quick.page(5, at)->writable) << "a job adds the right";
    }
    unmap_both(5, small_page(super_size), L4_FP_FLUSH | L4_FP_ALL_SPACES); // a hole, and parts
    for (const std::uint32_t at : {super_size, super_size + page(1)}) {
        EXPECT_FALSE(at_once(4, 5, small_page(page(1)), at));
        EXPECT_EQ(quick.page(5, at).has_value(), at != super_size);
    }
}

TEST_F(MapAtOnce, ATableIsNotMade) {
    at_once(4, 5, small_page(page(1)), 2 * super_size);
    at_once(4, 6, small_page(page(1)), page(1));
    EXPECT_EQ(quick.space(6).frames(), 0u);
}

TEST_F(MapAtOnce, TheReceiversAccountHasAMapping) {
    constexpr std::uint32_t far = 2 * super_size;
    both([](MemoryWorld& w) {
        std::uint32_t n = 0;
        while (w.account(5).has_node()) w.map(4, 5, small_page(page(1)), far + page(n++));
        EXPECT_EQ(w.account(5).nodes(), L4_KMEM_NODES_PER_FRAME);
    });
    at_once(4, 5, small_page(page(1)), page(3));
    unmap_both(5, small_page(far), L4_FP_FLUSH | L4_FP_ALL_SPACES);
    EXPECT_TRUE(at_once(4, 5, small_page(page(1)), page(3)));
}

TEST_F(MapAtOnce, TheDeepestChainIsNotMadeLonger) {
    MemoryWorld& w = quick;
    w.open_account(9, 1200);
    w.open_space(9, 9);
    w.map(2, 9, small_page(0), 0);
    std::uint32_t depth = 1;
    while (w.map(9, 9, small_page(page(depth - 1)), page(depth)) == kern::Progress::done) ++depth;
    const std::uint32_t last = page(depth - 1);
    EXPECT_FALSE(w.db.map_page(w.space(9), w.space(5), small_page(last), page(3), everything));
    EXPECT_FALSE(w.page(5, page(3)));
    EXPECT_TRUE(w.db.map_page(w.space(9), w.space(5), small_page(last - page_size), page(3), everything));
    EXPECT_TRUE(w.page(5, page(3)));
    w.unmap(2, small_page(0), L4_FP_FLUSH);
}

// --- One page flushed at once.

/// With all the steps that it may want, an unmap does what it does with one at a time.
class FlushAtOnce : public ShortWays {
protected:
    struct Unmapped {
        std::uint32_t status = 0, steps = 0;
    };
    static Unmapped unmap(MemoryWorld& w, std::uint16_t task, std::uint32_t fpage, std::uint32_t mask,
                          std::uint32_t at_once) {
        Unmapped result;
        InFrame<kern::UnmapJob> job(w.desk);
        job->start(w.space(task), fpage, mask);
        for (kern::Progress progress = kern::Progress::more; progress == kern::Progress::more;) {
            kern::Steps steps(at_once);
            progress = w.db.run(*job, steps);
            w.db.check();
            result.steps += at_once - steps.left();
        }
        result.status = job->status();
        return result;
    }
    /// A walk pays for what takes long, as far as anything is left; what goes at once takes half of it all.
    static void expect_steps_alike(const Unmapped& at_once, const Unmapped& in_steps) {
        EXPECT_LE(at_once.steps, 3 * in_steps.steps);
        EXPECT_LE(in_steps.steps, 2 * at_once.steps);
    }
    void expect_as_in_steps(std::uint32_t fpage, std::uint32_t mask, std::uint32_t entry = 1000,
                            std::uint16_t task = 4) {
        const Unmapped at_once = unmap(quick, task, fpage, mask, entry);
        const Unmapped in_steps = unmap(slow, task, fpage, mask, 1);
        EXPECT_EQ(at_once.status, in_steps.status);
        expect_steps_alike(at_once, in_steps);
        EXPECT_TRUE(State::of(quick) == State::of(slow));
    }
    static void touch(MemoryWorld& w, std::uint16_t task, std::uint32_t va, kern::Access access) {
        EXPECT_TRUE(w.db.translate(w.space(task), kern::VAddr{va}, access));
    }
};

constexpr std::uint32_t ours = page(1), all = L4_FP_FLUSH | L4_FP_ALL_SPACES;

/// A page that is mapped from another: tasks and page numbers.
struct Edge {
    std::uint16_t from;
    std::uint32_t at;
    std::uint16_t to;
    std::uint32_t where;
    std::uint32_t rights = rw;
};
constexpr Edge own{2, 1, 4, 1}, child{4, 1, 5, 3};
using Tree = std::vector<Edge>;

void make(MemoryWorld& w, const Tree& tree) {
    w.unmap(2, small_page(ours), L4_FP_FLUSH);
    for (const Edge& e : tree) w.map(e.from, e.to, l4_fpage(page(e.at), 12, e.rights), page(e.where));
}

TEST_F(FlushAtOnce, DoesWhatTheMaskSays) {
    const std::vector<Tree> trees{
        {},
        {own},
        {own, child},
        {own, {4, 1, 5, 3, 0}},
        // Two children; a child with one.
        {own, child, {4, 1, 5, 4}},
        {own, child, {4, 1, 6, 3}},
        {own, {4, 1, 6, 3}, child},
        {own, child, {5, 3, 6, 3}},
        {own, child, {5, 3, 5, 4}},
        // In 4 itself.
        {own, {4, 1, 4, 3}},
        {own, {4, 1, 4, 0}},
        {own, child, {5, 3, 4, 2}},
        // A sibling, elder or younger.
        {{2, 1, 6, 3}, own},
        {{2, 1, 6, 3}, {6, 3, 5, 4}, own},
        {{2, 1, 6, 3}, own, child},
        {own, {2, 1, 6, 3}},
        {own, child, {2, 1, 6, 3}},
        // A grandchild of the part, and its uncle.
        {{2, 1, 6, 3}, {2, 1, 5, 3}, {5, 3, 4, 1}},
        {{2, 1, 6, 3}, {2, 1, 5, 3}, {5, 3, 4, 1}, {4, 1, 6, 4}},
        {{2, 1, 5, 3}, {5, 3, 6, 3}, {5, 3, 4, 1}},
    };
    for (const std::uint32_t entry : {2u, 3u, 4u, 1000u})
        for (const std::uint32_t filter : {0u, l4_unmap_in_task(4), l4_unmap_in_task(5), l4_unmap_in_task(6)})
            for (const std::uint32_t mask : {0u, L4_FP_FLUSH, L4_FP_ALL_SPACES, all, all | L4_UNMAP_RESET})
                for (std::size_t n = 0; n < trees.size(); ++n) {
                    SCOPED_TRACE("tree " + std::to_string(n) + ", mask " + std::to_string(filter | mask) +
                                 ", steps " + std::to_string(entry));
                    both([&](MemoryWorld& w) { make(w, trees[n]); });
                    expect_as_in_steps(l4_fpage(page(0), 14, 0), filter | mask, entry);
                }
}

/// Of sigma0's 4 MiB page: what is mapped from the part goes, the page stays whole.  At the first of 32 parts
/// a step is for looking at these.
TEST_F(FlushAtOnce, APartOfA4MiBPageStays) {
    const std::vector<Tree> trees{
        {},
        {own},
        {own, child},
        {own, {2, 1, 6, 3}},
        {own, child, {2, 1, 6, 3}, {5, 3, 6, 4}},
        {{2, 1, 5, 4}, own, {2, 1, 6, 3}, {4, 1, 5, 3}},
        {{2, 0, 5, 4}, {5, 4, 6, 3}, {2, 0, 4, 6}},
        {own, {2, 0, 4, 6}, {4, 6, 5, 4}},
    };
    for (const std::uint32_t entry : {1u, 2u, 3u, 4u, 5u, 1000u})
        for (const std::uint32_t filter : {0u, l4_unmap_in_task(2), l4_unmap_in_task(4), l4_unmap_in_task(5)})
            for (const std::uint32_t mask : {0u, L4_FP_FLUSH})
                for (const std::uint32_t at : {0u, 1u})
                    for (std::size_t n = 0; n < trees.size(); ++n) {
                        SCOPED_TRACE("tree " + std::to_string(n) + ", part " + std::to_string(at) +
                                     ", mask " + std::to_string(filter | mask) + ", steps " +
                                     std::to_string(entry));
                        both([&](MemoryWorld& w) {
                            w.unmap(2, small_page(0), L4_FP_FLUSH);
                            make(w, trees[n]);
                        });
                        expect_as_in_steps(small_page(page(at)), filter | mask, entry, 2);
                        EXPECT_FALSE(quick.page(2, 0)->split);
                    }
}

TEST_F(FlushAtOnce, ChildrenOf4MiBAreSplit) {
    for (const std::uint32_t filter : {0u, l4_unmap_in_task(4)})
        for (const std::uint32_t at : {super_size, super_size + page(1)}) {
            both([](MemoryWorld& w) {
                w.unmap(2, super_page(super_size), L4_FP_FLUSH);
                w.map(2, 4, super_page(super_size), super_size);
            });
            const std::uint32_t mask =
                filter | L4_FP_FLUSH; // for frames a job pays what is left of its steps
            EXPECT_EQ(unmap(quick, 2, small_page(at), mask, 1000).status,
                      unmap(slow, 2, small_page(at), mask, 1).status);
            EXPECT_TRUE(State::of(quick) == State::of(slow));
            EXPECT_FALSE(quick.page(4, at));
            EXPECT_TRUE(quick.page(4, super_size + page(2)));
        }
}

TEST_F(FlushAtOnce, StopsBeforeProtectedPages) {
    constexpr std::uint32_t region = L4_UTCB_AREA & ~(super_size - 1);
    const auto map = [](MemoryWorld& w) {
        for (const std::uint32_t at : {region - page_size, region, L4_UTCB_AREA - page_size})
            w.map(4, 5, small_page(page(1)), at);
    };
    both([&](MemoryWorld& w) { w.add_utcbs(5), map(w); });
    const Unmapped at_once = unmap(quick, 5, everything, all, 1000);
    const Unmapped in_steps = unmap(slow, 5, everything, all, 1);
    expect_steps_alike(at_once, in_steps);
    EXPECT_TRUE(State::of(quick) == State::of(slow));
    EXPECT_TRUE(quick.page(5, L4_UTCB_AREA)) << "users do not unmap it";
    EXPECT_FALSE(quick.page(5, L4_UTCB_AREA - page_size));
}

// --- The same without a job.

class FlushPage : public FlushAtOnce {
protected:
    /// Was it flushed?  If so, as by a job; if not, nothing has happened.
    bool at_once(std::uint16_t task, std::uint32_t fpage, std::uint32_t mask, std::uint32_t steps = 1000) {
        const State before = State::of(quick);
        const auto status = quick.db.flush_page(quick.space(task), fpage, mask, steps);
        quick.db.check();
        if (!status) {
            EXPECT_TRUE(State::of(quick) == before) << "something has happened";
            return false;
        }
        const Unmapped by_job = unmap(slow, task, fpage, mask, 1);
        EXPECT_EQ(*status, by_job.status);
        EXPECT_LE(by_job.steps, steps) << "a job would not have ended in this entry";
        EXPECT_TRUE(State::of(quick) == State::of(slow)) << "a job does something else";
        return true;
    }
    void prepare(const Tree& tree) {
        both([&](MemoryWorld& w) {
            make(w, tree);
            for (const Edge& e : tree) touch(w, e.to, page(e.where), kern::Access::read);
        });
    }
};

TEST_F(FlushPage, IsAsByAJob) {
    const std::uint32_t filters[] = {0u, l4_unmap_in_task(4), l4_unmap_in_task(5), l4_unmap_in_task(6)};
    const std::vector<Tree> trees{
        {},
        {own},
        {own, child},
        {own, child, {4, 1, 6, 3}},
        {own, {4, 1, 6, 3}, child, {5, 3, 6, 4}},
        {own, child, {5, 3, 6, 3}, {6, 3, 5, 4}},
    };
    for (const std::uint16_t task : {2, 4})
        for (const std::uint32_t filter : filters)
            for (const std::uint32_t mask : {std::uint32_t{L4_FP_FLUSH}, all, all | L4_UNMAP_RESET})
                for (std::size_t n = 0; n < trees.size(); ++n)
                    for (const std::uint32_t steps : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u, 9u, 1000u}) {
                        SCOPED_TRACE("task " + std::to_string(task) + ", tree " + std::to_string(n) +
                                     ", mask " + std::to_string(filter | mask) + ", steps " +
                                     std::to_string(steps));
                        if (task == 2 && (mask & L4_FP_ALL_SPACES) != 0) continue;
                        prepare(trees[n]);
                        const bool done = at_once(task, small_page(ours), filter | mask, steps);
                        EXPECT_TRUE(done || steps < 1000);
                        if (!done) unmap(slow, task, small_page(ours), L4_FP_FLUSH, 1000);
                        if (!done) unmap(quick, task, small_page(ours), L4_FP_FLUSH, 1000);
                    }
}

TEST_F(FlushPage, NothingIsThere) {
    EXPECT_TRUE(at_once(4, small_page(page(9)), all));
    EXPECT_TRUE(at_once(4, small_page(3 * super_size), all));
    EXPECT_FALSE(at_once(4, small_page(page(9)), all, 0));
}

TEST_F(FlushPage, OtherSortsAreRefused) {
    prepare({own, child});
    EXPECT_FALSE(at_once(4, small_page(ours), 0));
    EXPECT_FALSE(at_once(4, small_page(ours), L4_FP_ALL_SPACES));
    EXPECT_FALSE(at_once(4, l4_fpage(0, 13, rw), L4_FP_FLUSH));
    EXPECT_FALSE(at_once(4, l4_fpage(ours, 11, rw), L4_FP_FLUSH));
    EXPECT_FALSE(at_once(4, everything, L4_FP_FLUSH));
    for (const std::uint32_t at :
         {L4_UTCB_AREA, L4_UTCB_AREA + page_size, L4_KIP_ADDRESS, L4_USER_TOP, 0xf0000000u, 0xfffff000u})
        EXPECT_FALSE(at_once(4, small_page(at), all)) << std::hex << at;
    EXPECT_FALSE(at_once(2, small_page(ours), all)) << "the page would be split";
    map_both(2, 6, super_page(super_size), super_size);
    EXPECT_FALSE(at_once(2, small_page(super_size), L4_FP_FLUSH)) << "another's page would be split";
    EXPECT_TRUE(at_once(4, small_page(ours), L4_FP_FLUSH));
}

/// Their place must not get lost.
TEST_F(FlushPage, OthersAreUnderWay) {
    prepare({own, child, {4, 1, 6, 3}});
    std::uint32_t refused = 0;
    for (std::uint32_t n = 1; n < 12; ++n) {
        InFrame<kern::UnmapJob> job(quick.desk);
        job->start(quick.space(2), small_page(ours), 0);
        kern::Steps steps(n);
        if (quick.db.run(*job, steps) == kern::Progress::done) break;
        const State before = State::of(quick);
        if (quick.db.flush_page(quick.space(4), small_page(ours), L4_FP_FLUSH, 1000)) {
            prepare({own, child, {4, 1, 6, 3}});
            continue;
        }
        ++refused;
        EXPECT_TRUE(State::of(quick) == before);
    }
    EXPECT_GE(refused, 2u);
}

TEST_F(FlushAtOnce, TellsWhatWasTouched) {
    using kern::Access;
    const std::function<void(MemoryWorld&)> touches[] = {
        [](MemoryWorld&) {},
        [](MemoryWorld& w) { touch(w, 4, ours, Access::read); },
        [](MemoryWorld& w) { touch(w, 5, page(3), Access::read); },
        [](MemoryWorld& w) { touch(w, 4, ours, Access::write), touch(w, 5, page(3), Access::read); },
        [](MemoryWorld& w) { touch(w, 5, page(3), Access::write); },
    };
    for (const std::uint32_t mask : {std::uint32_t{L4_FP_FLUSH}, all})
        for (const auto& access : touches) {
            both([](MemoryWorld& w) { make(w, {own, child}); });
            both(access);
            expect_as_in_steps(small_page(ours), mask);
        }
}

/// Others are under way in the tree: their places between the pages are no pages.
TEST_F(FlushAtOnce, PassesThePlacesOfOthers) {
    for (const std::uint32_t mask : {0u, std::uint32_t{L4_FP_FLUSH}, l4_unmap_in_task(6) | L4_FP_FLUSH})
        for (std::uint32_t n = 1; n < 16; ++n) {
            SCOPED_TRACE("after " + std::to_string(n) + " steps with mask " + std::to_string(mask));
            both([](MemoryWorld& w) { make(w, {own, child}); });
            const auto begin = [=](MemoryWorld& w, kern::UnmapJob& other) {
                other.start(w.space(2), small_page(ours), mask);
                kern::Steps steps(n);
                w.db.run(other, steps);
            };
            InFrame<kern::UnmapJob> one(quick.desk), two(slow.desk);
            begin(quick, *one);
            begin(slow, *two);
            unmap(quick, 4, small_page(ours), all, 1000);
            unmap(slow, 4, small_page(ours), all, 1);
            EXPECT_TRUE(State::of(quick) == State::of(slow));
            EXPECT_FALSE(quick.page(5, page(3)));
            quick.run(*one);
            slow.run(*two);
        }
}

} // namespace
} // namespace test
