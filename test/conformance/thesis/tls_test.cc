// SPDX-License-Identifier: BSD-2-Clause
// TLS descriptors, and what becomes of selectors that a program could not load (docs/semantics.md 16, 17.3).
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "l4/abi/fpage.h"
#include "test/conformance/thesis/support/handler.h"

namespace conformance::thesis {
namespace {

using sim::data_segment;
using sim::ExRegs;
using Descriptors = std::array<std::uint64_t, 3>;

constexpr Word tls_flag = L4_EX_REGS_TLS, slots[] = {0x33, 0x3b, 0x43}, area = 0x10000000;
constexpr l4_threadid_t a1 = l4_threadid(5, 1), a2 = l4_threadid(5, 2);

sim::Routine<int> put_tls(User u, Descriptors d) {
    l4_utcb_t mine{};
    std::memcpy(mine.tls, d.data(), sizeof mine.tls);
    co_await u.utcb().store(mine);
    co_return 0;
}

/// Sets its own descriptors.
sim::Routine<int> set_tls(User u, Descriptors d) {
    co_await put_tls(u, d);
    co_await u(ExRegs{.target = u.id().lthread | tls_flag});
    co_return 0;
}

TEST(Tls, DescriptorsAreSegmentsOfTheThread) {
    ABI_ROW(tls_descriptors);
    World w;
    std::vector<Word> read;
    w.play({{a, [&](User u) -> Program {
                 for (Word i = 0; i < 3; ++i) co_await u.store32(area + 0x100 * i + 8, 0x7700 + i);
                 co_await set_tls(
                     u, {data_segment(area), data_segment(area + 0x100), data_segment(area + 0x200)});
                 for (const Word slot : slots) {
                     co_await u.segments(slot, slot);
                     read.push_back(co_await u.load_gs(8));
                 }
             }}});
    EXPECT_EQ(read, (std::vector<Word>{0x7700, 0x7701, 0x7702}));
    EXPECT_EQ(w.thread(a).tls(),
              (Descriptors{data_segment(area), data_segment(area + 0x100), data_segment(area + 0x200)}));
}

TEST(Tls, DescriptorsAreEachThreadsOwn) {
    ABI_ROW(tls_descriptors);
    World w;
    int rounds = 0;
    const auto body = [&](Word base) -> sim::Body {
        return [&, base](User u) -> Program {
            co_await u.store32(base, base);
            co_await set_tls(u, {0, data_segment(base), 0});
            co_await u.segments(slots[1], 0);
            for (int i = 0; i < 20; ++i, ++rounds) {
                const Word got = co_await u.load_gs(0);
                EXPECT_EQ(got, base);
                co_await u.compute(700);
                co_await u(sim::ThreadSwitch{});
            }
        };
    };
    w.play({{a, body(area)}, {a1, body(area + 0x100)}, {b, body(area + 0x200)}});
    EXPECT_EQ(rounds, 60);
}

/// What each of these becomes when it is set.
void expect_becomes(const std::vector<std::pair<std::uint64_t, std::uint64_t>>& cases) {
    World w;
    std::vector<std::uint64_t> become;
    w.play({{a, [&](User u) -> Program {
                 for (std::size_t i = 0; i < cases.size(); ++i) {
                     Descriptors d{};
                     d[i % 3] = cases[i].first;
                     co_await set_tls(u, d);
                     become.push_back(w.thread(a).tls()[i % 3]);
                     if (cases[i].second == 0) continue;
                     co_await u.segments(slots[i % 3], 0); // a program can load it
                 }
             }}});
    ASSERT_EQ(become.size(), cases.size());
    for (std::size_t i = 0; i < cases.size(); ++i)
        EXPECT_EQ(become[i], cases[i].second) << std::hex << cases[i].first;
}

TEST(Tls, TakesDataSegmentsOfUsersOnly) {
    ABI_ROW(tls_descriptors);
    std::vector<std::pair<std::uint64_t, std::uint64_t>> cases;
    for (Word access = 0; access < 0x100; ++access) {
        const std::uint64_t d = data_segment(area, 0x1234, static_cast<std::uint8_t>(access));
        const bool present_data_of_users = (access & 0xf8) == 0xf0;
        cases.emplace_back(d, present_data_of_users ? d : 0);
    }
    expect_becomes(cases);
}

TEST(Tls, HasNo64BitCode) {
    ABI_ROW(tls_descriptors);
    std::vector<std::pair<std::uint64_t, std::uint64_t>> cases;
    for (std::uint8_t flags = 0; flags < 16; ++flags)
        cases.emplace_back(data_segment(area, 0xfffff, 0xf2, flags),
                           data_segment(area, 0xfffff, 0xf2, flags & 0xd));
    expect_becomes(cases);
}

TEST(Tls, OfANewThreadIsEmpty) {
    ABI_ROW(tls_descriptors);
    World w;
    const sim::Entry created = w.program(sim::park);
    w.play({{a, [&](User u) -> Program {
                 co_await set_tls(u, {data_segment(1), data_segment(2), data_segment(3)});
                 co_await u(ExRegs{.target = 1, .esp = 0, .eip = created.eip});
                 co_await u(ExRegs{.target = 2 | tls_flag, .esp = 0, .eip = created.eip});
             }}});
    EXPECT_EQ(w.thread(a1).tls(), Descriptors{});
    EXPECT_EQ(w.thread(a2).tls(), (Descriptors{data_segment(1), data_segment(2), data_segment(3)}));
    w.as_root(deletion(a));
    w.play({{a, sim::park}});
    EXPECT_EQ(w.thread(a).tls(), Descriptors{});
}

/// GS and FS after they have been set so by state, in a thread with these descriptors.
struct Repaired {
    Word gs = ~0u, fs = ~0u;
    Repaired(Word set_gs, Word set_fs, Descriptors tls = {}) {
        World w;
        Landing landing;
        const sim::Entry there = w.program(landing.body());
        w.play({{a, [&](User u) -> Program {
                     co_await put_tls(u, tls);
                     l4_utcb_t mine{};
                     co_await u.utcb().load(mine);
                     mine.state.gs = set_gs, mine.state.fs = set_fs;
                     mine.snd_size = 2;
                     co_await u.utcb().store(mine);
                     co_await u(ExRegs{.target = 1 | tls_flag, .eip = L4_EX_REGS_KEEP});
                     co_await u(ExRegs{.target = 1 | L4_EX_REGS_STATE_SET, .esp = 0, .eip = there.eip});
                 }}});
        if (landing.arrived.size() != 1) return;
        gs = landing.arrived[0].gs, fs = landing.arrived[0].fs;
    }
};

TEST(TlsSelectors, OfEmptySlotsBecome0) {
    ABI_ROW(tls_selectors_are_repaired);
    for (Word i = 0; i < 3; ++i) {
        Descriptors one{};
        one[i] = data_segment(area);
        for (Word j = 0; j < 3; ++j) {
            const Repaired r(slots[j], slots[(j + 1) % 3], one);
            EXPECT_EQ(r.gs, i == j ? slots[j] : 0);
            EXPECT_EQ(r.fs, i == (j + 1) % 3 ? slots[i] : 0);
        }
    }
}

TEST(TlsSelectors, OfTheKernelsLdtsAndBeyondTheGdtBecome0) {
    ABI_ROW(tls_selectors_are_repaired);
    const Descriptors all{data_segment(area), data_segment(area), data_segment(area)};
    for (const Word bad :
         {0x08u, 0x0bu, 0x10u, 0x13u, 0x37u, 0x1fu, 0x2fu, 0x48u, 0x4bu, 0xfffbu, 0xfffffff8u}) {
        const Repaired r(bad, 0x2b, all);
        EXPECT_EQ(r.gs, 0u) << std::hex << bad;
        EXPECT_EQ(r.fs, 0x2bu);
    }
    for (const Word good : {0x33u, 0x30u, 0x3bu, 0x43u, 0x2bu, 0x23u, 0x1bu}) {
        const Repaired r(0, good, all);
        EXPECT_EQ(r.gs, 0u);
        EXPECT_EQ(r.fs, good);
    }
}

TEST(TlsSelectors, AreRepairedWhenTheirDescriptorIsEmptied) {
    ABI_ROW(tls_selectors_are_repaired);
    World w;
    arch::Frame before{}, after{};
    w.play({{a, [&](User u) -> Program {
                 co_await set_tls(u, {data_segment(area), data_segment(area), 0});
                 co_await u.segments(slots[0], slots[1]);
                 co_await u.look(before);
                 co_await set_tls(u, {0, data_segment(area + 4), 0});
                 co_await u.look(after);
             }}});
    EXPECT_EQ(before.gs, slots[0]);
    EXPECT_EQ(before.fs, slots[1]);
    EXPECT_EQ(after.gs, 0u);
    EXPECT_EQ(after.fs, slots[1]);
    EXPECT_EQ(w.state(a), For::sleep);
}

TEST(TlsSelectors, AreRepairedInAThreadThatWaits) {
    ABI_ROW(tls_selectors_are_repaired);
    World w;
    arch::Frame after{};
    bool got = false;
    w.start(a,
            [&](User u) -> Program {
                co_await set_tls(u, {data_segment(area), 0, 0});
                co_await u.segments(slots[0], slots[0]);
                co_await u.wait();
                got = true;
                co_await u.look(after);
            },
            {.pager = e});
    w.start(e, [](User u) -> Program {
        co_await until(u, 1000);
        co_await u(ExRegs{.target = l4_ex_regs_target(5, 0) | tls_flag}); // all empty
        co_await u.send(a, 1, 2);
    });
    w.run();
    EXPECT_TRUE(got);
    EXPECT_EQ(after.gs, 0u);
    EXPECT_EQ(after.fs, 0u);
}

/// A has the kernel execute lldt with descriptors at `area`; how `target` has them afterwards.
struct Lldt {
    World w;
    arch::Frame before{}, after{};
    Descriptors first{data_segment(1), data_segment(2), data_segment(3)};

    Lldt() {} // not an aggregate: its world has an explicit constructor
    Descriptors run(Word bytes, Word slot, l4_threadid_t named, l4_threadid_t target, Word edx = 0,
                    l4_threadid_t pager_of_b = a) {
        w.start(b, [](User u) -> Program { co_await u.sleep(); }, {.pager = pager_of_b});
        w.start(a1, [](User u) -> Program { co_await u.sleep(); });
        w.start(a, [&, bytes, slot, named, edx](User u) -> Program {
            co_await until(u, 1000);
            co_await u.store_block(area, reinterpret_cast<std::byte*>(first.data()), sizeof first);
            co_await u.look(before);
            co_await u.lldt(area, bytes, slot, named, edx);
            co_await u.look(after);
        });
        w.run();
        EXPECT_EQ(after.eip, next(before) + 3);
        return w.thread(target).tls();
    }
};

TEST(Lldt, SetsDescriptorsOfTheCallersTask) {
    ABI_ROW(tls_lldt);
    const Descriptors all{data_segment(1), data_segment(2), data_segment(3)};
    EXPECT_EQ(Lldt{}.run(24, 0, a, a), all);
    EXPECT_EQ(Lldt{}.run(24, 0, a1, a1), all);
    EXPECT_EQ(Lldt{}.run(31, 0, a1, a1), all); // whole descriptors
    EXPECT_EQ(Lldt{}.run(8, 2, a1, a1), (Descriptors{0, 0, data_segment(1)}));
    EXPECT_EQ(Lldt{}.run(16, 1, a1, a1), (Descriptors{0, data_segment(1), data_segment(2)}));
}

TEST(Lldt, SetsDescriptorsOfATaskThatTheCallersPages) {
    ABI_ROW(tls_lldt);
    const Descriptors all{data_segment(1), data_segment(2), data_segment(3)};
    EXPECT_EQ(Lldt{}.run(24, 0, b, b), all);
    EXPECT_EQ(Lldt{}.run(24, 0, b, b, 0, a1), all);
}

TEST(Lldt, SetsNothingOfOthers) {
    ABI_ROW(tls_lldt);
    EXPECT_EQ(Lldt{}.run(24, 0, b, b, 0, root), Descriptors{});
    EXPECT_EQ(Lldt{}.run(24, 0, root, root), Descriptors{});
    EXPECT_EQ(Lldt{}.run(24, 0, l4_nil_id(), a), Descriptors{});
    EXPECT_EQ(Lldt{}.run(24, 0, l4_invalid_id(), a), Descriptors{});
    EXPECT_EQ(Lldt{}.run(24, 0, l4_threadid(5, 9), a), Descriptors{});
    EXPECT_EQ(Lldt{}.run(24, 0, l4_threadid(99, 0), a), Descriptors{});
}

TEST(Lldt, SetsNothingBeyondTheSlots) {
    ABI_ROW(tls_lldt);
    struct Case {
        Word bytes, slot, edx;
    };
    for (const Case& c : {Case{32, 0, 0}, Case{24, 1, 0}, Case{8, 3, 0}, Case{8, ~0u, 0}, Case{24, ~1u, 0},
                          Case{0, 0, 0}, Case{7, 0, 0}, Case{~0u, 0, 0}, Case{24, 0, 1}, Case{24, 0, 5}})
        EXPECT_EQ(Lldt{}.run(c.bytes, c.slot, a1, a1, c.edx), Descriptors{}) << c.bytes << ' ' << c.slot;
}

TEST(Lldt, ReadsThroughThePagerAndSetsAllOrNothing) {
    ABI_ROW(tls_lldt);
    constexpr Word ours = 0x30000000, size = 0x1000;
    constexpr Word at = area + size - 8; // the second descriptor is on the next page
    World w;
    Descriptors two{data_segment(1), data_segment(2), 0};
    std::vector<Answer> faults;
    std::vector<Descriptors> then;
    arch::Frame before{}, after{};
    w.start(e, [&](User u) -> Program {
        co_await u.store_block(ours + size - 8, reinterpret_cast<std::byte*>(two.data()), 16);
        for (;;) {
            const IpcResult fault = co_await u.wait();
            const Word there = size * static_cast<Word>(faults.size());
            faults.push_back(Answer::of(fault));
            then.push_back(w.thread(a).tls());
            co_await u(
                fpage_to(fault.from, area + there, l4_fpage(ours + there, L4_PAGE_SHIFT, L4_FP_WRITE)));
        }
    });
    w.start(a1,
            [&](User u) -> Program {
                co_await until(u, 1000);
                co_await u.look(before);
                co_await u.lldt(at, 16, 0, a);
                co_await u.look(after);
            },
            {.pager = e});
    w.run();
    EXPECT_EQ(faults, (std::vector<Answer>{ipc::message(a1, at, next(before)),
                                           ipc::message(a1, area + size, next(before))}));
    EXPECT_EQ(then, (std::vector<Descriptors>{{}, {}})); // the second is missing: nothing is set
    EXPECT_EQ(after.eip, next(before) + 3);
    EXPECT_EQ(w.thread(a).tls(), two);
}

} // namespace
} // namespace conformance::thesis
