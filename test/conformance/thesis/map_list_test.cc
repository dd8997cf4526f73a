// SPDX-License-Identifier: BSD-2-Clause
// Several flexpages in one answer to a fault: the list in the pager's UTCB (docs/semantics.md 17.5).
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "l4/abi/fpage.h"
#include "test/conformance/thesis/support/handler.h"

namespace conformance::thesis {
namespace {

constexpr Word theirs = 0x10000000, ours = 0x30000000, size = 0x1000, pages = 9;

/// Page `i` of ours, at page `i` of theirs.
Word base(Word i) { return theirs + i * size; }
Word fpage(Word i) { return l4_fpage(ours + i * size, L4_PAGE_SHIFT, L4_FP_WRITE); }

/// The words from `first` on are the pairs of pages 1, 2, and so on; `count` of them are in use.
void list(l4_utcb_t& utcb, Word first, Word count) {
    Words s = words(utcb.state);
    for (Word i = 0; first + 2 * i + 1 < s.size(); ++i) {
        s[first + 2 * i] = base(1 + i);
        s[first + 2 * i + 1] = fpage(1 + i);
    }
    utcb.state = state_of(s);
    utcb.snd_size = first;
    utcb.map_count = count;
}

/// A reads a word of page 0; E answers with page 0 and what `prepare` puts into its UTCB.  Which pages A then
/// has.
struct Listed {
    using Prepare = std::function<void(l4_utcb_t&)>;
    World w;
    Handler handler;
    arch::Frame before{}, after{};
    std::vector<bool> there;
    Word value = 0;

    explicit Listed(Prepare prepare, Word status = 0, Word first_fpage = fpage(0))
        : handler(
              [=](std::size_t i, const Handler::Message& m, l4_utcb_t& utcb) {
                  if (i > 0) return words_to(m.from(), L4_PF_REFUSED);
                  prepare(utcb);
                  return fpage_to(m.from(), base(0), first_fpage);
              },
              pager_utcb(status)) {
        for (Word i = 0; i < pages; ++i) handler.pages.push_back(ours + i * size);
        w.start(e, handler.body());
        w.start(a,
                [this](User u) -> Program {
                    co_await until(u, 1000);
                    arch::Frame mine = registers(0x11110000);
                    co_await u.assume(mine);
                    co_await u.look(before);
                    value = co_await u.load32(theirs);
                    co_await u.look(after);
                },
                {.pager = e});
        w.run();
        for (Word i = 0; i < pages; ++i) there.push_back(w.page(a, base(i)).has_value());
    }
};

std::vector<bool> first(Word n) {
    std::vector<bool> v(pages);
    for (Word i = 0; i < n; ++i) v[i] = true;
    return v;
}

TEST(MapList, IsMappedWhole) {
    ABI_ROW(map_list_in_utcb);
    for (const Word status : {Word{0}, Word{L4_UTCB_PF_STATE}}) {
        Listed l([](l4_utcb_t& utcb) { list(utcb, 0, 7); }, status);
        EXPECT_EQ(l.there, first(8));
        EXPECT_EQ(l.handler.results[0].dope, L4_IPC_OK);
        EXPECT_EQ(l.value, ours);
        EXPECT_EQ(l.after.esi, l.before.esi); // what is in the list is no state
        for (Word i = 0; i < 8; ++i) {
            const auto page = l.w.page(a, base(i));
            EXPECT_TRUE(page->writable);
            EXPECT_EQ(page->parent, kern::TaskNo{9});
            EXPECT_EQ(page->parent_va, kern::VAddr{ours + i * size});
        }
    }
}

TEST(MapList, FollowsTheStateThatIsSent) {
    ABI_ROW(map_list_in_utcb);
    Listed l(
        [](l4_utcb_t& utcb) {
            utcb.state.esi = 0x5eed; // word 3
            list(utcb, 5, 3);
        },
        L4_UTCB_PF_STATE);
    EXPECT_EQ(l.there, first(4));
    EXPECT_EQ(l.after.esi, 0x5eedu);
    EXPECT_EQ(l.after.ebx, l.before.ebx);
}

TEST(MapList, HasAsManyPairsAsItSays) {
    ABI_ROW(map_list_ends);
    for (const Word count : {0u, 1u, 3u, 8u, 9u, 1000u, ~0u}) {
        Listed l([=](l4_utcb_t& utcb) { list(utcb, 0, count); });
        EXPECT_EQ(l.there, first(1 + std::min(count, 8u))) << count;
    }
}

TEST(MapList, EndsWithTheStateWords) {
    ABI_ROW(map_list_ends);
    struct Case {
        Word snd_size, mapped;
    };
    for (const Case& c : {Case{14, 1}, Case{15, 0}, Case{16, 0}, Case{1000, 0}, Case{13, 1}, Case{1, 7}})
        for (const Word status : {Word{0}, Word{L4_UTCB_PF_STATE}}) {
            Listed l(
                [=](l4_utcb_t& utcb) {
                    const l4_utcb_state_t state = utcb.state;
                    list(utcb, std::min(c.snd_size, 16u), 1000);
                    utcb.snd_size = c.snd_size;
                    // A's own state stays in the words that are sent.
                    Words s = words(utcb.state), own = words(state);
                    for (Word i = 0; i < std::min(c.snd_size, 16u); ++i) s[i] = own[i];
                    utcb.state = state_of(s);
                },
                status);
            EXPECT_EQ(l.there, first(1 + c.mapped)) << c.snd_size;
        }
}

TEST(MapList, EndsAtAnEmptyFpage) {
    ABI_ROW(map_list_ends);
    Listed l([](l4_utcb_t& utcb) {
        list(utcb, 0, 8);
        Words s = words(utcb.state);
        s[2 * 3 + 1] = 0;
        utcb.state = state_of(s);
    });
    EXPECT_EQ(l.there, first(4));
}

TEST(MapList, IsNotLookedAtWithoutAFpageInTheRegisters) {
    ABI_ROW(map_list_ends);
    Listed l([](l4_utcb_t& utcb) { list(utcb, 0, 8); }, 0, 0);
    EXPECT_EQ(l.there, first(0));
}

TEST(MapList, IsNotLookedAtInAMessageThatIsNoAnswerToAFault) {
    ABI_ROW(map_list_ends);
    World w;
    IpcResult got;
    w.start(a, [&](User u) -> Program { got = co_await u.receive_fpage(e, L4_FP_WHOLE_SPACE); });
    w.start(e, [&](User u) -> Program {
        for (Word i = 0; i < pages; ++i) co_await u.store32(ours + i * size, i);
        l4_utcb_t mine{};
        list(mine, 0, 8);
        co_await u.utcb().store(mine);
        co_await u.send_fpage(a, base(0), fpage(0));
    });
    w.run();
    EXPECT_EQ(got.dope, l4_msgdope(2, 0) | L4_MSGDOPE_FPAGE_RECEIVED);
    EXPECT_TRUE(w.page(a, base(0)));
    EXPECT_FALSE(w.page(a, base(1)));
}

TEST(MapList, WorksForAnAliensPageFault) {
    ABI_ROW(map_list_in_utcb);
    World w;
    Handler handler(
        [](std::size_t i, const Handler::Message& m, l4_utcb_t& utcb) {
            if (i > 0) return Ipc{};
            EXPECT_EQ(m.state().trapno, L4_TRAP_PAGE_FAULT);
            list(utcb, 0, 4);
            return fpage_to(m.from(), base(0), fpage(0));
        },
        pager_utcb());
    for (Word i = 0; i < pages; ++i) handler.pages.push_back(ours + i * size);
    const sim::Entry alien = w.program([](User u) -> Program {
        for (Word i = 0; i < 5; ++i) {
            const Word value = co_await u.load32(base(i));
            EXPECT_EQ(value, ours + i * size);
        }
    });
    w.start(e, handler.body());
    w.run();
    w.as_root(sim::TaskNew{.task = a, .mcp_or_chief = 255 | L4_TASK_NEW_ALIEN, .eip = alien.eip, .pager = e});
    EXPECT_EQ(handler.count(), 2u); // the second: the end of its program
}

TEST(MapList, WorksForAFaultOfATransfer) {
    ABI_ROW(map_list_in_utcb);
    World w;
    Handler handler([](std::size_t i, const Handler::Message& m, l4_utcb_t& utcb) {
        if (i > 0) return words_to(m.from(), L4_PF_REFUSED);
        EXPECT_EQ(m.answer.w1, L4_PF_EIP_NONE);
        list(utcb, 0, 4);
        return fpage_to(m.from(), base(0), fpage(0));
    });
    for (Word i = 0; i < pages; ++i) handler.pages.push_back(ours + i * size);
    IpcResult sent, got;
    w.start(e, handler.body());
    w.start(b, [&](User u) -> Program {
        sim::MessageBuffer room(0x20000000, 1000);
        co_await u.put(room);
        got = co_await u(Ipc{.receive = 0x20000000 | L4_RCV_OPEN});
    });
    w.start(a,
            [&](User u) -> Program {
                co_await until(u, 1000);
                sent = co_await u(Ipc{.partner = b, .send = theirs});
            },
            {.pager = e});
    w.run();
    EXPECT_EQ(handler.count(), 1u);
    EXPECT_EQ(sent.dope, L4_IPC_OK);
    EXPECT_TRUE(got.ok());
    EXPECT_TRUE(w.page(a, base(4)));
}

} // namespace
} // namespace conformance::thesis
