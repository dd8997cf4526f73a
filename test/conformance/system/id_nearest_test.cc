// SPDX-License-Identifier: BSD-2-Clause
#include <gtest/gtest.h>

#include "test/conformance/system/support/clan.h"

namespace conformance::system {
namespace {
using sim::NearestResult;

/// What id_nearest tells thread 0 of `asker`.  Below root: 5 and 6; 20 below 5; 21 below 20; 30 below 6.
NearestResult nearest(std::uint16_t asker, l4_threadid_t id) {
    Stage s;
    s.spawn(5);
    s.spawn(6);
    Clan clan(s);
    NearestResult answer{.type = ~0u};
    s.play([&](User u) -> Program {
        co_await clan.make_below(u, 5, 20);
        co_await clan.make_below(u, 20, 21);
        co_await clan.make_below(u, 6, 30);
        if (asker == L4_TASK_ROOT)
            answer = co_await u(sim::IdNearest{.id = id});
        else
            answer = co_await s.call(u, l4_threadid(asker, 0), sim::IdNearest{.id = id});
    });
    return answer;
}

void expect_same_clan(const NearestResult& answer, l4_threadid_t id) {
    EXPECT_EQ(answer.type, L4_NC_SAME_CLAN);
    EXPECT_EQ(bits(answer.id), bits(id));
}

void expect_inner_clan(const NearestResult& answer, l4_threadid_t id) {
    EXPECT_EQ(answer.type, L4_NC_INNER_CLAN);
    EXPECT_EQ(bits(answer.id), bits(id));
}

void expect_outer_clan(const NearestResult& answer, l4_threadid_t id) {
    EXPECT_EQ(answer.type, L4_NC_OUTER_CLAN);
    EXPECT_EQ(bits(answer.id), bits(id));
}

constexpr l4_threadid_t chief_5 = reported(5, 0, 4), chief_20 = reported(20, 0, 5, 1),
                        chief_root = reported(4, 0, 0);

TEST(IdNearest, NilIsTheCaller) {
    ABI_ROW(id_nearest_nil_is_myself);
    expect_same_clan(nearest(20, {L4_NIL_LOW, 0xdeadbeef}), reported(20, 0, 5, 1));
    expect_same_clan(nearest(L4_TASK_ROOT, {L4_NIL_LOW, 0}), reported(4, 1, 0));
}

TEST(IdNearest, InvalidIsTheCallersChief) {
    ABI_ROW(id_nearest_invalid_is_my_chief);
    expect_outer_clan(nearest(21, {L4_INVALID_LOW, 0}), chief_20);
    expect_outer_clan(nearest(20, {L4_INVALID_LOW, 0x1234}), chief_5);
    expect_outer_clan(nearest(5, l4_invalid_id()), chief_root);
    expect_outer_clan(nearest(L4_TASK_ROOT, l4_invalid_id()), l4_threadid(0, 0));
}

TEST(IdNearest, AnotherThreadOfTheCallersTaskIsItself) {
    ABI_ROW(id_nearest_same_task);
    expect_same_clan(nearest(5, l4_threadid(5, 9)), reported(5, 9, 4));
    expect_same_clan(nearest(21, l4_threadid(21, 0)), reported(21, 0, 20, 2));
    expect_same_clan(nearest(L4_TASK_ROOT, l4_threadid(4, 0)), reported(4, 0, 0));
}

TEST(IdNearest, ASiblingIsItself) {
    ABI_ROW(id_nearest_sibling);
    expect_same_clan(nearest(5, l4_threadid(6, 2)), reported(6, 2, 4));
    expect_same_clan(nearest(5, sigma0), reported(L4_TASK_SIGMA0, 0, 4));
    expect_same_clan(nearest(6, l4_threadid(77, 1)), reported(77, 1, 4));
}

TEST(IdNearest, BelowASiblingIsTheSibling) {
    ABI_ROW(id_nearest_below_sibling);
    expect_inner_clan(nearest(6, l4_threadid(20, 3)), chief_5);
    expect_inner_clan(nearest(6, l4_threadid(21, 3)), chief_5);
}

TEST(IdNearest, AChildIsItself) {
    ABI_ROW(id_nearest_child);
    expect_inner_clan(nearest(5, l4_threadid(20, 3)), reported(20, 3, 5, 1));
    expect_inner_clan(nearest(20, l4_threadid(21, 3)), reported(21, 3, 20, 2));
}

TEST(IdNearest, AGrandchildIsTheChildAboveIt) {
    ABI_ROW(id_nearest_grandchild);
    expect_inner_clan(nearest(5, l4_threadid(21, 3)), chief_20);
    expect_inner_clan(nearest(L4_TASK_ROOT, l4_threadid(21, 3)), chief_5);
}

TEST(IdNearest, TheChiefsThreadsAreOutside) {
    ABI_ROW(id_nearest_my_chief);
    expect_outer_clan(nearest(5, l4_threadid(4, 3)), chief_root);
    expect_outer_clan(nearest(20, l4_threadid(5, 3)), chief_5);
}

TEST(IdNearest, OutsideIsTheCallersChief) {
    ABI_ROW(id_nearest_outside);
    expect_outer_clan(nearest(20, l4_threadid(6, 0)), chief_5);
    expect_outer_clan(nearest(20, l4_threadid(30, 0)), chief_5);
    expect_outer_clan(nearest(21, l4_threadid(5, 0)), chief_20);
    expect_outer_clan(nearest(5, l4_threadid(0, 5)), chief_root);
}

TEST(IdNearest, ANumberNeverCreatedIsReportedAllTheSame) {
    ABI_ROW(id_nearest_number_never_created);
    expect_inner_clan(nearest(L4_TASK_ROOT, l4_threadid(100, 7)), reported(100, 7, 4));
}

TEST(IdNearest, ToRootTheKernelsTaskIsASibling) {
    expect_same_clan(nearest(L4_TASK_ROOT, l4_threadid(0, 5)), l4_threadid(0, 5));
}

TEST(IdNearest, LooksAtTaskAndLthreadOnly) {
    const l4_threadid_t strange{l4_threadid(20, 3).low | L4_ID_VERSION_LOW_MASK | L4_ID_VERSION_HIGH_MASK,
                                ~0u};
    expect_inner_clan(nearest(5, strange), reported(20, 3, 5, 1));
}

} // namespace
} // namespace conformance::system
