// SPDX-License-Identifier: BSD-2-Clause
// UTCBs: where they are, what messages copy between them, and that nobody maps them (docs/semantics.md 11).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "l4/abi/fpage.h"
#include "test/conformance/thesis/support/world.h"

namespace conformance::thesis {
namespace {

constexpr l4_threadid_t nobody = l4_threadid(99, 0), a1 = l4_threadid(5, 1);
using Area = std::vector<std::byte>;

/// All 16 KiB of the task's own area.
sim::Routine<int> load_area(User u, Area* to) {
    to->assign(L4_UTCB_AREA_SIZE, std::byte{});
    co_await u.load_block(L4_UTCB_AREA, to->data(), L4_UTCB_AREA_SIZE);
    co_return 0;
}

Area filled(unsigned seed) {
    Area area(L4_UTCB_AREA_SIZE);
    for (std::size_t i = 0; i < area.size(); ++i) area[i] = static_cast<std::byte>(i * 7 + (i >> 8) + seed);
    return area;
}

TEST(UtcbArea, IsThereZeroAndEachTasksOwn) {
    ABI_ROW(utcb_area_is_there);
    const Area zeros(L4_UTCB_AREA_SIZE);
    World w;
    Area before_a, before_b, after_a, after_b, mine_a = filled(1), mine_b = filled(2);
    const auto task = [](Area& before, Area& mine, Area& after) -> sim::Body {
        return [&](User u) -> Program {
            co_await load_area(u, &before);
            co_await u.store_block(L4_UTCB_AREA, mine.data(), L4_UTCB_AREA_SIZE);
            co_await until(u, 1000);
            co_await load_area(u, &after);
        };
    };
    w.play({{a, task(before_a, mine_a, after_a), {.pager = nobody}},
            {b, task(before_b, mine_b, after_b), {.pager = nobody}}});
    EXPECT_EQ(before_a, zeros);
    EXPECT_EQ(before_b, zeros);
    EXPECT_EQ(after_a, mine_a);
    EXPECT_EQ(after_b, mine_b);
}

TEST(UtcbArea, OfANumberThatIsUsedAgainIsZero) {
    ABI_ROW(utcb_area_is_there);
    World w;
    Area mine = filled(3), again;
    w.play({{a, [&](User u) -> Program {
                 co_await u.store_block(L4_UTCB_AREA, mine.data(), L4_UTCB_AREA_SIZE);
             }}});
    w.as_root(deletion(a));
    w.play({{a, [&](User u) -> Program { co_await load_area(u, &again); }, {.pager = nobody}}});
    EXPECT_EQ(again, Area(L4_UTCB_AREA_SIZE));
}

/// A message from A to B, whose UTCBs are filled; what is in all of B's area afterwards.
struct Copied {
    World w;
    l4_utcb_t sent{}, expected{}; ///< of A; of B, if nothing is copied
    Area area_a, area_b;
    IpcResult send, received;

    Copied(Word snd_size, Word rcv_size) {
        sent.state = state_of(pattern(0xa0000000));
        sent.snd_size = snd_size;
        sent.rcv_size = 7;
        expected.state = state_of(pattern(0xb0000000));
        expected.snd_size = 9;
        expected.rcv_size = rcv_size;
        for (Word i = 0; i < 6; ++i) expected.tls[i] = 0xc0000000 + i;
        expected.map_count = 0xd0000000;
        expected.reserved[3] = 0xe0000000;
    }
    void run(const Ipc& call_a, const Ipc& call_b, sim::Spawn how_b = {},
             std::function<sim::Routine<int>(User)> prepare_a = {},
             std::function<sim::Routine<int>(User)> prepare_b = {}) {
        w.start(
            b,
            [&, call_b, prepare_b](User u) -> Program {
                l4_utcb_t mine = expected;
                co_await u.utcb().store(mine);
                if (prepare_b) co_await prepare_b(u);
                received = co_await u(call_b);
                co_await load_area(u, &area_b);
            },
            how_b);
        w.start(a, [&, call_a, prepare_a](User u) -> Program {
            l4_utcb_t mine = sent;
            co_await u.utcb().store(mine);
            if (prepare_a) co_await prepare_a(u);
            co_await until(u, 1000);
            send = co_await u(call_a);
            co_await load_area(u, &area_a);
        });
        w.run();
    }
    /// The first `n` state words of B are A's; not a byte else has changed, on either side.
    void expect_copied(Word n) {
        const auto image = [](const l4_utcb_t& utcb) {
            Area area(L4_UTCB_AREA_SIZE);
            std::memcpy(area.data(), &utcb, sizeof utcb);
            return area;
        };
        std::memcpy(&expected.state, &sent.state, n * sizeof(Word));
        EXPECT_EQ(area_a, image(sent));
        EXPECT_EQ(area_b, image(expected));
    }
};

constexpr Ipc to_b{.partner = b, .w0 = 1, .w1 = 2, .send = 0};
constexpr Ipc from_anybody{.receive = L4_RCV_OPEN};

TEST(UtcbWords, AreCopiedWithAMessage) {
    ABI_ROW(utcb_words_are_copied);
    for (const Word n : {0u, 1u, 5u, 16u}) {
        Copied x(n, 16);
        x.run(to_b, from_anybody);
        EXPECT_EQ(Answer::of(x.received), ipc::message(a, 1, 2));
        x.expect_copied(n);
    }
}

TEST(UtcbWords, AreCopiedWithAMessageThatHadToWait) {
    ABI_ROW(utcb_words_are_copied);
    Copied x(5, 16);
    x.run(to_b, from_anybody, {}, {}, [](User u) { return until(u, 2000); });
    EXPECT_EQ(Answer::of(x.received), ipc::message(a, 1, 2));
    x.expect_copied(5);
}

TEST(UtcbWords, AreLimitedByTheReceiver) {
    ABI_ROW(utcb_copy_is_limited_by_receiver);
    struct Case {
        Word sends, accepts, copied;
    };
    for (const Case& c :
         {Case{16, 3, 3}, Case{16, 0, 0}, Case{1000, 1000, 16}, Case{~0u, ~0u, 16}, Case{17, 16, 16}}) {
        Copied x(c.sends, c.accepts);
        x.run(to_b, from_anybody);
        EXPECT_EQ(x.received.dope, l4_msgdope(2, 0));
        x.expect_copied(c.copied);
    }
}

constexpr Word buffer_a = 0x10000000, buffer_b = 0x20000000;

std::function<sim::Routine<int>(User)> with_buffer(Word at, Word dwords) {
    return [=](User u) -> sim::Routine<int> {
        sim::MessageBuffer buffer(at, dwords);
        for (Word i = 0; i < dwords; ++i) buffer.word(i) = at + i;
        buffer.send(dwords);
        co_await u.put(buffer);
        co_return 0;
    };
}

TEST(UtcbWords, AreCopiedWithATransfer) {
    ABI_ROW(utcb_transfer_copies_words);
    Copied x(5, 16);
    x.run({.partner = b, .w0 = 1, .w1 = 2, .send = buffer_a}, {.receive = buffer_b | L4_RCV_OPEN}, {},
          with_buffer(buffer_a, 20), with_buffer(buffer_b, 30));
    EXPECT_EQ(x.received.dope, l4_msgdope(20, 0));
    EXPECT_EQ(x.send.dope, L4_IPC_OK);
    x.expect_copied(5);
}

TEST(UtcbWords, AreCopiedWithATransferThatIsCut) {
    ABI_ROW(utcb_transfer_copies_words);
    Copied x(5, 16);
    x.run({.partner = b, .w0 = 1, .w1 = 2, .send = buffer_a}, {.receive = buffer_b | L4_RCV_OPEN}, {},
          with_buffer(buffer_a, 20), with_buffer(buffer_b, 10));
    EXPECT_EQ(x.received.dope, l4_msgdope(10, 0) | L4_IPC_REMSGCUT);
    EXPECT_EQ(x.send.dope, L4_IPC_SEMSGCUT);
    x.expect_copied(5);
}

TEST(UtcbWords, AreNotCopiedWhenAMapFails) {
    ABI_ROW(utcb_transfer_copies_words);
    Copied x(5, 16);
    x.run({.partner = b,
           .w0 = buffer_b,
           .w1 = l4_fpage(buffer_a, L4_PAGE_SHIFT, L4_FP_WRITE),
           .send = L4_SND_MAP},
          {.partner = a, .receive = User::rmap(L4_FP_WHOLE_SPACE)}, {.quota = L4_KMEM_TASK + 1},
          with_buffer(buffer_a, 2));
    EXPECT_EQ(x.received.error(), L4_IPC_REMAPFAILED);
    EXPECT_EQ(x.send.error(), L4_IPC_SEMAPFAILED);
    x.expect_copied(0);
}

TEST(UtcbArea, IsNeitherMappedNorGrantedNorReceivedInto) {
    ABI_ROW(utcb_is_protected);
    constexpr Word page_a = 0x10000000, elsewhere = 0x20000000;
    struct Case {
        Word base, fpage, window;
    };
    const Word area = l4_fpage(L4_UTCB_AREA, 14, L4_FP_WRITE);
    const Case cases[] = {{elsewhere, area, L4_FP_WHOLE_SPACE},
                          {elsewhere, l4_fpage(L4_UTCB_AREA, 12, 0), L4_FP_WHOLE_SPACE},
                          {elsewhere, area | L4_FP_GRANT, L4_FP_WHOLE_SPACE},
                          {L4_UTCB_AREA, l4_fpage(page_a, 12, L4_FP_WRITE), L4_FP_WHOLE_SPACE},
                          {0, l4_fpage(page_a, 12, L4_FP_WRITE), l4_fpage(L4_UTCB_AREA + 0x3000, 12, 0)},
                          {L4_UTCB_AREA, l4_fpage(page_a, 12, L4_FP_WRITE | L4_FP_GRANT), L4_FP_WHOLE_SPACE}};
    for (const Case& c : cases) {
        World w;
        IpcResult got, sent;
        Area before = filled(5), after;
        Word kept = 0;
        w.start(b, [&](User u) -> Program {
            co_await u.store_block(L4_UTCB_AREA, before.data(), L4_UTCB_AREA_SIZE);
            got = co_await u.receive_fpage(a, c.window);
            co_await load_area(u, &after);
        });
        w.start(a, [&](User u) -> Program {
            co_await u.store32(page_a, 0x600d);
            sent = co_await u.send_fpage(b, c.base, c.fpage);
            co_await u.store32(L4_UTCB_AREA, 0x600d);
            kept = co_await u.load32(L4_UTCB_AREA);
        });
        w.run();
        EXPECT_EQ(got.dope, l4_msgdope(2, 0));
        EXPECT_EQ(sent.dope, L4_IPC_OK);
        EXPECT_EQ(before, after);
        EXPECT_EQ(kept, 0x600du);
        EXPECT_FALSE(w.page(b, elsewhere));
    }
}

TEST(UtcbArea, IsNotUnmapped) {
    ABI_ROW(utcb_is_protected);
    World w;
    Area mine = filled(6), after;
    Word status = ~0u;
    w.play({{a,
             [&](User u) -> Program {
                 co_await u.store_block(L4_UTCB_AREA, mine.data(), L4_UTCB_AREA_SIZE);
                 for (const Word fpage : {l4_fpage(L4_UTCB_AREA, 14, 0), l4_fpage(L4_UTCB_AREA, 12, 0),
                                          static_cast<Word>(L4_FP_WHOLE_SPACE)}) {
                     for (const Word how : {static_cast<Word>(L4_FP_FLUSH), Word{0}}) {
                         const sim::UnmapResult r =
                             co_await u(sim::Unmap{.fpage = fpage, .mask = how | L4_FP_ALL_SPACES});
                         status = r.status;
                         EXPECT_EQ(status, 0u);
                     }
                 }
                 co_await load_area(u, &after);
                 co_await u.store_block(L4_UTCB_AREA, mine.data(), L4_UTCB_AREA_SIZE);
             },
             {.pager = nobody}}});
    EXPECT_EQ(after, mine);
    EXPECT_EQ(w.state(a), For::sleep);
}

TEST(UtcbArea, IsPaidAndComesBackWithItsTask) {
    ABI_ROW(utcb_is_protected);
    World w;
    constexpr sim::TaskNew refused{};
    // Six threads come and go: from here on there is a place for each that follows, so that none takes a
    // frame.
    std::vector<World::Role> six;
    for (Word i = 0; i < 6; ++i) six.push_back({l4_threadid(5, i), sim::park});
    w.play(std::move(six));
    w.as_root(deletion(a));
    const Word before = w.as_root(refused).free_frames;
    w.play({{a, sim::park}});
    const Word while_there = w.as_root(refused).free_frames;
    w.as_root(deletion(a));
    const Word after = w.as_root(refused).free_frames;
    EXPECT_EQ(before - while_there, L4_KMEM_TASK);
    EXPECT_EQ(after, before);
}

TEST(Utcb, IsFoundThroughGs) {
    ABI_ROW(utcb_found_through_gs);
    World w;
    std::vector<Word> found;
    const sim::Body look = [&](User u) -> Program {
        for (int i = 0; i < 2; ++i) {
            const Word at = co_await u.load_gs(0);
            EXPECT_EQ(at, u.utcb().address()) << u.id().lthread;
            found.push_back(at);
            co_await until(u, 1000); // others run, then again
        }
    };
    w.start(b, look);
    w.start(a, look);
    w.start(a1, look);
    w.start(l4_threadid(5, 127), look);
    w.run();
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found,
              (std::vector<Word>{L4_UTCB_AREA, L4_UTCB_AREA, L4_UTCB_AREA, L4_UTCB_AREA, L4_UTCB_AREA + 128,
                                 L4_UTCB_AREA + 128, L4_UTCB_AREA + 127 * 128, L4_UTCB_AREA + 127 * 128}));
}

} // namespace
} // namespace conformance::thesis
