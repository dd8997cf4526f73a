// SPDX-License-Identifier: BSD-2-Clause
// Flexpages in messages: which count, and what both sides are told (docs/semantics.md 7.5 b; where they go is
// the business of the mapping tests).
#include <gtest/gtest.h>

#include "l4/abi/fpage.h"
#include "test/conformance/ipc/support/exchange.h"

namespace conformance::ipc {
namespace {

constexpr Word from = 0x11000000, to = 0x22000000; ///< pages of A, places in B
constexpr Word whole = L4_FP_WHOLE_SPACE;
constexpr Word mapped = L4_MSGDOPE_FPAGE_RECEIVED, cut = L4_IPC_REMSGCUT;

constexpr Word at(Word base, Word i) { return base + i * 0x1000; }
constexpr Word page_of(Word address) { return l4_fpage(address, L4_PAGE_SHIFT, L4_FP_WRITE); }

/// A message whose pair 0 is in registers; A has four pages.
struct Mapping : Exchange {
    World w{sim::WorldConfig{.machine = {.user_pages = 256}}};

    Mapping(Word base, Word fpage, Word dwords = 2, Word room = 2) : Exchange(dwords, 0, room, 0) {
        for (Word i = 0; i < 4; ++i) sender.place(at(from, i), pattern(16, i));
        sender.call = {.partner = b, .w0 = base, .w1 = fpage, .send = L4_SND_MAP};
    }
    /// Pair `i` > 0, in a buffer.
    Mapping& pair(Word i, Word base, Word fpage) {
        sender.buffer.word(2 * i) = base;
        sender.buffer.word(2 * i + 1) = fpage;
        sender.call.send |= sender_buffer;
        return *this;
    }
    Mapping& window_in_registers(Word window, Word options = 0) {
        receiver.call.receive = User::rmap(window) | options;
        receiver.call.partner = a;
        return *this;
    }
    Mapping& window_in_buffer(Word window) {
        receiver.buffer.window() = window;
        return *this;
    }
    void run() {
        start(w);
        w.run();
    }
    /// What the receiver has there is page `i` of A's.
    bool has(Word address, Word i) {
        const auto page = w.page(b, address), source = w.page(a, at(from, i));
        return page && source && page->frame == source->frame && page->has_parent &&
               page->parent == kern::TaskNo{5} && page->parent_va == kern::VAddr{at(from, i)};
    }
    bool empty(Word address) { return !w.page(b, address); }
    Answer received(Word dope) const { return message(a, sender.call.w0, sender.call.w1, dope); }
};

void expect_success(const Mapping& x, Word dope) {
    EXPECT_EQ(x.got(), x.received(dope));
    EXPECT_EQ(x.sent(), x.sender.only(L4_IPC_OK));
}

void expect_cut(const Mapping& x, Word dope) {
    EXPECT_EQ(x.got(), x.received(dope | cut));
    EXPECT_EQ(x.sent(), x.sender.only(L4_IPC_SEMSGCUT));
}

TEST(MapItem, InRegistersIsMappedIntoTheWindow) {
    ABI_ROW(ipc_map_registers);
    Mapping x(to, page_of(from));
    x.window_in_registers(whole).run();
    expect_success(x, 0x4000 | mapped);
    EXPECT_TRUE(x.has(to, 0));
    EXPECT_TRUE(x.w.page(b, to)->writable);
}

TEST(MapItem, InRegistersIsMappedIntoTheBuffersWindow) {
    ABI_ROW(ipc_map_buffer_window);
    Mapping x(to, page_of(from));
    x.window_in_buffer(whole).run();
    expect_success(x, 0x4000 | mapped);
    EXPECT_TRUE(x.has(to, 0));
    EXPECT_EQ(x.receiver.buffer.word(0), 0xeeeeeeeeu);
    EXPECT_EQ(x.receiver.buffer.word(1), 0xeeeeeeeeu);
}

TEST(MapItem, WithoutAWindowIsCut) {
    ABI_ROW(ipc_map_no_window);
    for (const Word descriptor : {0u, L4_RCV_OPEN, Exchange::receiver_buffer | L4_RCV_OPEN}) {
        Mapping x(to, page_of(from));
        x.receiver.call.receive = descriptor;
        x.receiver.call.partner = a;
        x.run();
        expect_cut(x, 0x4000);
        EXPECT_TRUE(x.empty(to));
    }
}

TEST(MapItem, WithAnEmptyWindowInRegistersIsCut) {
    Mapping x(to, page_of(from));
    x.window_in_registers(0).run();
    expect_cut(x, 0x4000);
    EXPECT_TRUE(x.empty(to));
}

TEST(MapItem, IsNoneWithoutTheMapBit) {
    ABI_ROW(ipc_map_plain_to_window);
    Mapping x(to, page_of(from));
    x.sender.call.send = 0;
    x.window_in_registers(whole).run();
    expect_success(x, 0x4000);
    EXPECT_TRUE(x.empty(to));
}

TEST(MapItem, IsNoneWithANilFlexpage) {
    ABI_ROW(ipc_map_nil_flexpage);
    Mapping with(to, 0), without(to, 0);
    with.window_in_registers(whole).run();
    expect_success(with, 0x4000);
    EXPECT_TRUE(with.empty(to));
    without.run();
    expect_success(without, 0x4000);
}

TEST(MapItem, ListEndsAtANilFlexpage) {
    ABI_ROW(ipc_map_long_list);
    Mapping x(at(to, 0), page_of(at(from, 0)), 10, 10);
    x.pair(1, at(to, 1), page_of(at(from, 1))).pair(2, at(to, 2), page_of(at(from, 2)));
    x.pair(3, 0x77, 0).pair(4, at(to, 3), page_of(at(from, 3)));
    x.window_in_buffer(whole).run();
    expect_success(x, 0x14000 | mapped);
    for (Word i = 0; i < 3; ++i) EXPECT_TRUE(x.has(at(to, i), i)) << i;
    EXPECT_TRUE(x.empty(at(to, 3)));
    EXPECT_EQ(x.receiver.buffer.word(0), x.sender.call.w0);
    EXPECT_EQ(x.receiver.buffer.word(1), x.sender.call.w1);
    for (Word i = 2; i < 10; ++i) EXPECT_EQ(x.receiver.buffer.word(i), x.sender.buffer.word(i)) << i;
}

TEST(MapItem, ListEndsWithTheLastWholePair) {
    Mapping x(at(to, 0), page_of(at(from, 0)), 5, 10);
    x.sender.buffer.word(2) = at(to, 1);
    x.sender.buffer.word(3) = page_of(at(from, 1));
    x.sender.buffer.word(4) = at(to, 2);
    x.sender.call.send |= Exchange::sender_buffer;
    x.window_in_buffer(whole).run();
    expect_success(x, 0xa000 | mapped);
    EXPECT_TRUE(x.has(at(to, 1), 1));
    EXPECT_TRUE(x.empty(at(to, 2)));
    EXPECT_EQ(x.receiver.buffer.word(4), at(to, 2));
}

/// Three pairs to a receiver that takes the first.
Mapping& three_pairs(Mapping& x) {
    return x.pair(1, at(to, 1), page_of(at(from, 1))).pair(2, at(to, 2), page_of(at(from, 2)));
}

TEST(MapItem, ListIsCutAtTheEndOfTheReceiversBuffer) {
    ABI_ROW(ipc_map_long_list_cut);
    Mapping x(at(to, 0), page_of(at(from, 0)), 6, 3);
    three_pairs(x).window_in_buffer(whole).run();
    expect_cut(x, 0x6000 | mapped);
    EXPECT_TRUE(x.has(at(to, 0), 0));
    EXPECT_TRUE(x.empty(at(to, 1)));
    EXPECT_EQ(x.receiver.buffer.word(2), at(to, 1));
}

TEST(MapItem, ListIsCutToTheRegisters) {
    ABI_ROW(ipc_map_long_list_cut);
    Mapping x(at(to, 0), page_of(at(from, 0)), 6, 6);
    three_pairs(x).window_in_registers(whole).run();
    expect_cut(x, 0x4000 | mapped);
    EXPECT_TRUE(x.has(at(to, 0), 0));
    EXPECT_TRUE(x.empty(at(to, 1)));
}

TEST(MapItem, ListWithoutAWindowArrivesAsWords) {
    Mapping x(at(to, 0), page_of(at(from, 0)), 6, 6);
    three_pairs(x).run();
    expect_cut(x, 0xc000);
    for (Word i = 0; i < 3; ++i) EXPECT_TRUE(x.empty(at(to, i)));
    for (Word i = 2; i < 6; ++i) EXPECT_EQ(x.receiver.buffer.word(i), x.sender.buffer.word(i)) << i;
}

TEST(MapItem, OfNoPageIsASuccess) {
    ABI_ROW(ipc_map_nothing_to_map);
    Mapping x(to, page_of(0x19000000));
    x.window_in_registers(whole).run();
    expect_success(x, 0x4000);
    EXPECT_TRUE(x.empty(to));
}

TEST(MapItem, OfAnyListIsReportedWhenOneOfThemMapsSomething) {
    Mapping x(to, page_of(0x19000000), 6, 6);
    x.pair(1, at(to, 1), page_of(at(from, 1))).pair(2, at(to, 2), page_of(0x19000000));
    x.window_in_buffer(whole).run();
    expect_success(x, 0xc000 | mapped);
    EXPECT_TRUE(x.has(at(to, 1), 1));
}

TEST(MapItem, MayBeMappedAgain) {
    ABI_ROW(ipc_map_again);
    World w;
    const Ipc item{.partner = b, .w0 = to, .w1 = page_of(from), .send = L4_SND_MAP};
    const Ipc window{.partner = a, .receive = User::rmap(whole)};
    Script receiver({{0, window}, {0, window}});
    std::vector<Word> codes;
    w.start(b, receiver.body());
    w.start(a, [&](User u) -> Program {
        co_await u.store32(from, 1);
        for (int i = 0; i < 2; ++i) {
            const IpcResult result = co_await u(item);
            codes.push_back(result.dope);
        }
    });
    w.run();
    ASSERT_EQ(receiver.returned(), 2u);
    for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(receiver[i], message(a, item.w0, item.w1, 0x4000 | mapped));
    EXPECT_EQ(codes, (std::vector<Word>{L4_IPC_OK, L4_IPC_OK}));
}

/// A's call has more pages than B, who makes this call, can pay for.
void expect_unpaid(const Ipc& receive) {
    constexpr Word pages = 256, own = L4_KMEM_TASK + 1, paid = L4_KMEM_NODES_PER_FRAME;
    World w;
    // Root gives A the same frame for all pages.
    for (Word i = 1; i < pages; ++i) w.root_server().share(5, at(from, i), 5, from);
    Script receiver(receive), listener(wait_open());
    const Ipc call{
        .partner = b, .w0 = to, .w1 = l4_fpage(from, 20, L4_FP_WRITE), .send = L4_SND_MAP, .receive = 0};
    Answer sent;
    w.start(c, listener.body());
    w.start(b, receiver.body(), {.quota = own + L4_KMEM_TABLE + 1});
    w.start(a, [&](User u) -> Program {
        for (Word i = 0; i < pages; ++i) co_await u.load8(at(from, i));
        const IpcResult result = co_await u(call);
        sent = Answer::of(result);
    });
    w.run();
    EXPECT_EQ(sent, only(L4_IPC_SEMAPFAILED, call));
    ASSERT_EQ(receiver.returned(), 1u);
    EXPECT_EQ(receiver[0], receiver.only(L4_IPC_REMAPFAILED));
    EXPECT_TRUE(w.page(b, at(to, paid - 1)));
    EXPECT_FALSE(w.page(b, at(to, paid)));
}

TEST(MapItem, ThatTheReceiverCanNotPayEndsTheTransfer) {
    ABI_ROW(ipc_map_no_memory);
    ABI_ROW(ipc_receive_error_keeps_registers);
    expect_unpaid({.partner = a, .w0 = 1, .w1 = 2, .receive = User::rmap(whole)});
    expect_unpaid({.partner = c, .w0 = 1, .w1 = 2, .send = 0, .receive = User::rmap(whole) | L4_RCV_OPEN});
}

TEST(MapItem, ThatCanNotBePaidEndsTheMessageThere) {
    // The first pair is mapped and stored, the words behind it do not arrive any more.
    constexpr Word own = L4_KMEM_TASK + 1 + L4_KMEM_TABLE + 1; // B's buffer is in a table of its own
    Mapping x(at(Exchange::receiver_buffer, 1), page_of(at(from, 0)), 6, 6);
    x.pair(1, to, page_of(at(from, 1))).pair(2, at(to, 1), page_of(at(from, 2)));
    x.window_in_buffer(whole);
    x.start(x.w, {}, {.quota = own});
    x.w.run();
    EXPECT_EQ(x.got(), x.receiver.only(L4_IPC_REMAPFAILED));
    EXPECT_EQ(x.sent(), x.sender.only(L4_IPC_SEMAPFAILED));
    EXPECT_TRUE(x.has(at(Exchange::receiver_buffer, 1), 0));
    EXPECT_TRUE(x.empty(to));
    EXPECT_EQ(x.receiver.buffer.word(1), x.sender.call.w1);
    EXPECT_EQ(x.receiver.buffer.word(2), 0xeeeeeeeeu);
}

TEST(MapItem, ToTheOwnTaskIsAChildOfTheFirst) {
    ABI_ROW(ipc_map_same_task);
    World w;
    constexpr l4_threadid_t sibling = l4_threadid(5, 1);
    const Ipc item{.partner = sibling, .w0 = to, .w1 = page_of(from), .send = L4_SND_MAP};
    Script receiver({.partner = a, .receive = User::rmap(whole)});
    w.start(sibling, receiver.body());
    w.start(a, [&](User u) -> Program {
        co_await u.store32(from, 1);
        co_await u(item);
    });
    w.run();
    ASSERT_EQ(receiver.returned(), 1u);
    EXPECT_EQ(receiver[0], message(a, item.w0, item.w1, 0x4000 | mapped));
    const auto page = w.page(a, to);
    ASSERT_TRUE(page);
    EXPECT_EQ(page->parent, kern::TaskNo{5});
    EXPECT_EQ(page->parent_va, kern::VAddr{from});
    EXPECT_EQ(page->frame, w.page(a, from)->frame);
}

TEST(MapItem, IsMappedIntoTheWindowOfAnOpenWait) {
    ABI_ROW(ipc_map_open_window);
    Mapping x(0x12345000, page_of(from));
    x.window_in_registers(l4_fpage(to, L4_PAGE_SHIFT, 0), L4_RCV_OPEN).run();
    expect_success(x, 0x4000 | mapped);
    EXPECT_TRUE(x.has(to, 0));
}

} // namespace
} // namespace conformance::ipc
