// SPDX-License-Identifier: BSD-2-Clause
// Operations on ports that take several entries: one after another, whoever does them
// (docs/semantics.md 9.9).
#include <functional>
#include <optional>

#include "test/memory/io_ports.h"

namespace test {
namespace {

/// 2 takes ports of which 4 gave all to 5 and 6; between its entries of 32 steps somebody else does
/// something.
class IoPortsTaken : public IoPorts {
protected:
    IoPortsTaken() {
        give(2, 4, 0, 16);
        give(4, 5, 0, 16);
        give(4, 6, 0, 16);
    }
    /// In how many entries.
    unsigned take(std::uint32_t fpage, const std::function<void()>& between) {
        constexpr unsigned enough = 1000;
        InFrame<kern::UnmapJob> job(w.desk);
        job->start(w.space(2), fpage, L4_FP_FLUSH);
        for (unsigned entry = 1; entry < enough; ++entry) {
            kern::Steps steps(32);
            if (w.db.run(*job, steps) == kern::Progress::done) return entry;
            between();
            w.db.check();
        }
        ADD_FAILURE() << "it has not ended after " << enough << " entries";
        return enough;
    }
    /// A job on others' ports, which ends and begins anew.  Where nobody holds any it takes nothing, and is
    /// long nevertheless.
    void end_and_begin(kern::UnmapJob& job) {
        w.run(job);
        job.start(w.space(2), l4_io_fpage(0x8000, 15, 0), L4_FP_FLUSH);
        kern::Steps one(1);
        EXPECT_EQ(w.db.run(job, one), kern::Progress::more);
    }
    /// A give with so few steps in an entry.
    void give_port_0(std::uint16_t to, std::uint32_t at_once = ~0u) {
        w.map(4, to, l4_io_fpage(0, 0, 0), 0, whole, at_once);
    }
    void expect_nobody_has_port_0() {
        for (std::uint16_t task : {4, 5, 6}) EXPECT_FALSE(holds(task, 0)) << "task " << task;
    }
};

TEST_F(IoPortsTaken, AreNotGivenAgainByWhoLosesThem) {
    for (std::uint32_t at_once : {1u, 32u, ~0u}) {
        take(L4_FP_IO_WHOLE, [&] { give_port_0(5, at_once); });
        expect_nobody_has_port_0();
        give(2, 4, 0, 16);
        give(4, 5, 0, 16);
    }
}

TEST_F(IoPortsTaken, AreNotGivenAgainToWhoDroppedThem) {
    take(L4_FP_IO_WHOLE, [&] {
        w.unmap(5, L4_FP_IO_WHOLE, L4_FP_FLUSH | L4_FP_ALL_SPACES);
        give_port_0(5);
    });
    expect_nobody_has_port_0();
}

TEST_F(IoPortsTaken, AreTakenInTheEndHoweverOftenTheyAreGiven) {
    const unsigned alone = take(l4_io_fpage(0, 15, 0), [] {});
    give(2, 4, 0, 15);
    give(4, 5, 0, 15);
    give(4, 6, 0, 15);
    unsigned n = 0;
    EXPECT_LE(take(l4_io_fpage(0, 15, 0), [&] { give_port_0(++n % 2 ? 5 : 6, 1); }), alone);
    expect_nobody_has_port_0();
    EXPECT_TRUE(holds(5, 0x8000) && holds(6, 0xffff));
}

TEST_F(IoPortsTaken, AreTakenByOneAtATime) {
    InFrame<kern::UnmapJob> other(w.desk);
    other->start(w.space(4), l4_io_fpage(0, 4, 0), L4_FP_FLUSH);
    kern::Progress progress = kern::Progress::more;
    take(L4_FP_IO_WHOLE, [&] {
        kern::Steps steps(3);
        if (progress == kern::Progress::more) progress = w.db.run(*other, steps);
    });
    w.run(*other);
    expect_nobody_has_port_0();
}

TEST_F(IoPortsTaken, WhatIsGivenUpHalfWayLeavesTheRest) {
    {
        InFrame<kern::UnmapJob> job(w.desk);
        job->start(w.space(2), L4_FP_IO_WHOLE, L4_FP_FLUSH);
        kern::Steps steps(200);
        EXPECT_EQ(w.db.run(*job, steps), kern::Progress::more);
    }
    w.db.check();
    EXPECT_TRUE(holds(4, 0));
    give_port_0(6);
    EXPECT_TRUE(holds(6, 0));
}

/// The entries of 32 steps in which a job ends; before each somebody else does something.
template <class Job>
unsigned entries(MemoryWorld& w, Job& job, const std::function<void()>& before) {
    constexpr unsigned enough = 1000;
    for (unsigned entry = 1; entry < enough; ++entry) {
        before();
        kern::Steps steps(32);
        if (w.db.run(job, steps) == kern::Progress::done) return entry;
    }
    ADD_FAILURE() << "it has not ended after " << enough << " entries";
    return enough;
}

TEST_F(IoPortsTaken, InTurnsSoThatNobodyWaitsForEver) {
    w.unmap(2, l4_io_fpage(0x8000, 15, 0), L4_FP_FLUSH);
    InFrame<kern::UnmapJob> mine(w.desk), theirs(w.desk);
    mine->start(w.space(4), l4_io_fpage(0, 0, 0), L4_FP_FLUSH);
    const auto others = [&] { end_and_begin(*theirs); };
    theirs->start(w.space(2), l4_io_fpage(0x8000, 15, 0), L4_FP_FLUSH);
    EXPECT_LE(entries(w, *mine, others), 2u);
    EXPECT_TRUE(holds(4, 0) && !holds(5, 0) && !holds(6, 0));
}

TEST_F(IoPortsTaken, GiversTakeTheirTurnsToo) {
    w.open_account(7, 10);
    w.open_space(7, 7);
    InFrame<kern::UnmapJob> theirs(w.desk);
    theirs->start(w.space(2), l4_io_fpage(0x8000, 15, 0), L4_FP_FLUSH);
    const auto others = [&] { end_and_begin(*theirs); };
    InFrame<kern::MapJob> gift(w.desk, w.space(4), w.space(7), l4_io_fpage(0, 15, 0), 0, whole);
    EXPECT_LE(entries(w, *gift, others), 3u);
    EXPECT_TRUE(gift->received() && holds(7, 0x7fff));
}

TEST_F(IoPortsTaken, AreNoConcernOfWhoHasNone) {
    w.open_account(7, 10);
    w.open_space(7, 7);
    InFrame<kern::UnmapJob> theirs(w.desk);
    theirs->start(w.space(2), L4_FP_IO_WHOLE, L4_FP_FLUSH);
    kern::Steps one(1);
    ASSERT_EQ(w.db.run(*theirs, one), kern::Progress::more);
    const auto nothing = [] {};
    InFrame<kern::UnmapJob> drop(w.desk), read_only(w.desk);
    drop->start(w.space(7), L4_FP_IO_WHOLE, L4_FP_FLUSH | L4_FP_ALL_SPACES);
    read_only->start(w.space(4), L4_FP_IO_WHOLE, 0);
    InFrame<kern::MapJob> gift(w.desk, w.space(7), w.space(4), L4_FP_IO_WHOLE, 0, whole);
    InFrame<kern::MapJob> beside(w.desk, w.space(4), w.space(7), l4_io_fpage(0, 3, 0), 0,
                                 l4_io_fpage(8, 3, 0));
    EXPECT_EQ(entries(w, *drop, nothing), 1u);
    EXPECT_EQ(entries(w, *read_only, nothing), 1u);
    EXPECT_EQ(entries(w, *gift, nothing), 1u);
    EXPECT_EQ(entries(w, *beside, nothing), 1u);
    kern::Steps still(1);
    EXPECT_EQ(w.db.run(*theirs, still), kern::Progress::more);
    InFrame<kern::ClearJob> end(w.desk);
    end->start(w.space(7));
    w.run(*end);
    EXPECT_EQ(w.db.run(*theirs, still), kern::Progress::more) << "the end of a task without ports waited";
    EXPECT_TRUE(holds(4, 0xffff));
}

/// 4 grants all to 7; with the grant half done others change who has what from whom: that comes after it.
class IoPortsGranted : public IoPortsTaken {
protected:
    IoPortsGranted() {
        w.open_account(7, 10);
        w.open_space(7, 7);
        grant.emplace(w.desk, w.space(4), w.space(7), l4_io_fpage(0, 16, L4_FP_GRANT), 0, whole);
        kern::Steps steps(2 * kern::steps_per_frame + 10); // the bitmap, and some lines
        EXPECT_EQ(w.db.run(**grant, steps), kern::Progress::more);
        EXPECT_TRUE(holds(7, 0) && holds(4, 0));
    }
    void TearDown() override {
        EXPECT_EQ(w.run(**grant), kern::Progress::done);
        EXPECT_TRUE((*grant)->received());
        grant.reset();
        IoPortsTaken::TearDown();
    }
    std::optional<InFrame<kern::MapJob>> grant;
};

TEST_F(IoPortsGranted, BeforeTheReceiverDropsThem) {
    w.unmap(7, L4_FP_IO_WHOLE, L4_FP_FLUSH | L4_FP_ALL_SPACES);
    for (std::uint16_t task : {4, 5, 6, 7}) EXPECT_FALSE(holds(task, 0) || holds(task, 0xffff)) << task;
    give(4, 7, 0, 16);
    EXPECT_FALSE(w.received);
}

TEST_F(IoPortsGranted, BeforeTheGiverHasNewOnes) {
    w.unmap(4, L4_FP_IO_WHOLE, L4_FP_FLUSH | L4_FP_ALL_SPACES);
    give(7, 4, 0, 4);
    EXPECT_TRUE(w.received && holds(4, 0) && holds(7, 0xffff));
    EXPECT_EQ(w.db.port_giver(w.space(4)), kern::TaskNo{7});
}

TEST_F(IoPortsGranted, ByOthersThoughMemoryLacks) {
    w.open_account(8, 10);
    w.open_space(8, 8);
    EXPECT_TRUE(w.account(8).reserve(w.account(8).free() - 1).ok());
    InFrame<kern::MapJob> gift(w.desk, w.space(2), w.space(8), l4_io_fpage(0, 16, 0), 0, whole);
    kern::Steps one(1);
    EXPECT_EQ(w.db.run(*gift, one), kern::Progress::more);
    w.unmap(7, l4_io_fpage(0, 0, 0), L4_FP_FLUSH | L4_FP_ALL_SPACES); // does the gift as well
    kern::Steps none(0);
    EXPECT_EQ(w.db.run(*gift, none), kern::Progress::no_memory);
    EXPECT_FALSE(gift->received() || holds(8, 0) || holds(7, 0));
    w.account(8).unreserve(w.account(8).used() - 2);
}

TEST_F(IoPortsTaken, WithNothingToDoCostAStepEach) {
    InFrame<kern::UnmapJob> first(w.desk), second(w.desk), third(w.desk);
    kern::Steps none(0);
    for (kern::UnmapJob* job : {&*first, &*second, &*third}) {
        job->start(w.space(6), L4_FP_IO_WHOLE, L4_FP_FLUSH | L4_FP_ALL_SPACES);
        EXPECT_EQ(w.db.run(*job, none), kern::Progress::more);
    }
    w.run(*first);
    EXPECT_EQ(w.db.run(*third, none), kern::Progress::more);
    kern::Steps two(2);
    EXPECT_EQ(w.db.run(*third, two), kern::Progress::done);
    EXPECT_EQ(w.db.run(*second, none), kern::Progress::done);
}

/// Who had to wait takes what it was to take, and is not stopped when what it waited for is given up.
TEST_F(IoPortsTaken, AreTakenByWhoHadToWaitToo) {
    InFrame<kern::UnmapJob> mine(w.desk);
    {
        InFrame<kern::UnmapJob> first(w.desk);
        first->start(w.space(2), l4_io_fpage(0x8000, 15, 0), L4_FP_FLUSH);
        kern::Steps one(1);
        ASSERT_EQ(w.db.run(*first, one), kern::Progress::more);
        mine->start(w.space(4), l4_io_fpage(0, 15, 0), L4_FP_FLUSH);
        while (holds(4, 0x8000) || holds(5, 0)) {
            kern::Steps steps(1);
            ASSERT_EQ(w.db.run(*mine, steps), kern::Progress::more);
        }
        EXPECT_TRUE(holds(6, 0) || holds(5, 0x7fff)) << "mine is half way";
    }
    w.run(*mine);
    for (std::uint16_t task : {5, 6})
        for (std::uint16_t port : {0, 0x7fff, 0x8000}) EXPECT_FALSE(holds(task, port)) << task << " " << port;
    EXPECT_TRUE(holds(4, 0));
}

/// A give of many lines comes before a taking that begins after it, whoever does it.
TEST_F(IoPortsTaken, AreNotGivenAgainByAGiveThatIsHalfWay) {
    const std::uint32_t half = l4_io_fpage(0, 15, 0);
    for (const bool helps : {false, true}) {
        w.unmap(6, half, L4_FP_FLUSH | L4_FP_ALL_SPACES);
        InFrame<kern::MapJob> gift(w.desk, w.space(4), w.space(6), half, 0, whole);
        kern::Steps some(10), none(0);
        ASSERT_EQ(w.db.run(*gift, some), kern::Progress::more);
        take(half, [&] {
            kern::Steps five(5);
            if (helps) (void)w.db.run(*gift, five);
        });
        EXPECT_EQ(w.db.run(*gift, none), kern::Progress::done);
        EXPECT_TRUE(gift->received());
        for (std::uint16_t task : {4, 5, 6})
            for (std::uint32_t port = 0; port < 32768; port += 512)
                EXPECT_FALSE(holds(task, static_cast<std::uint16_t>(port))) << task << " " << port;
        give(2, 4, 0, 15);
    }
}

/// Whose own were taken by another has done, whatever that other is doing by then.
TEST_F(IoPortsTaken, WhoseAreTakenByAnotherIsDone) {
    InFrame<kern::UnmapJob> mine(w.desk), other(w.desk);
    mine->start(w.space(2), l4_io_fpage(0x8000, 15, 0), L4_FP_FLUSH);
    kern::Steps one(1);
    ASSERT_EQ(w.db.run(*mine, one), kern::Progress::more);
    other->start(w.space(2), l4_io_fpage(0, 15, 0), L4_FP_FLUSH);
    while (holds(5, 0) && holds(6, 0)) {
        kern::Steps steps(1);
        ASSERT_EQ(w.db.run(*other, steps), kern::Progress::more);
    }
    EXPECT_TRUE(holds(4, 0)) << "the other's has begun";
    kern::Steps steps(1);
    EXPECT_EQ(w.db.run(*mine, steps), kern::Progress::done);
}

/// One port costs a line of each task, not all lines before it.
TEST_F(IoPortsTaken, OneHighPortIsTakenInAFewSteps) {
    InFrame<kern::UnmapJob> job(w.desk);
    job->start(w.space(2), l4_io_fpage(0xffff, 0, 0), L4_FP_FLUSH);
    kern::Steps steps(24);
    EXPECT_EQ(w.db.run(*job, steps), kern::Progress::done);
}

} // namespace
} // namespace test
