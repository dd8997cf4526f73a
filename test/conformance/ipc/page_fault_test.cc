// SPDX-License-Identifier: BSD-2-Clause
// Page faults of programs as messages to their pagers (docs/semantics.md 9.11).
#include <gtest/gtest.h>

#include <cstring>

#include "l4/abi/fpage.h"
#include "l4/abi/sigma0.h"
#include "test/conformance/ipc/support/pager.h"

namespace conformance::ipc {
namespace {

using enum Pager::Reply;

constexpr Word missing = 0x10000000;

/// The address of the instruction after the one that looked.
Word next(const arch::Frame& f) { return f.eip + sim::instruction_length; }

/// A, whose pager is E.
struct Faulting {
    World w;
    Pager pager;
    explicit Faulting(std::vector<Pager::Reply> replies, Time delay = 0) : pager(std::move(replies), delay) {}
    void run(sim::Body body, sim::Spawn how = {.pager = e}) {
        w.play({{e, pager.body()}, {a, std::move(body), how}});
    }
};

TEST(PageFault, OfAReadIsSentToThePager) {
    ABI_ROW(pf_message);
    arch::Frame frame{};
    Faulting f({map});
    f.run([&](User u) -> Program {
        co_await u.look(frame);
        co_await u.load8(missing + 7);
    });
    EXPECT_EQ(f.pager.messages, (std::vector<Answer>{message(a, missing + 4, next(frame))}));
}

TEST(PageFault, OfAWriteIsSentToThePager) {
    ABI_ROW(pf_message);
    arch::Frame frame{};
    Faulting f({map});
    f.run([&](User u) -> Program {
        co_await u.look(frame);
        co_await u.store8(missing + 7, 1);
    });
    EXPECT_EQ(f.pager.messages, (std::vector<Answer>{message(a, (missing + 4) | L4_PF_WRITE, next(frame))}));
}

TEST(PageFault, OfAWriteToAReadOnlyPageIsSentToThePager) {
    ABI_ROW(pf_message);
    arch::Frame frame{};
    Faulting f({map_read_only, map});
    f.run([&](User u) -> Program {
        co_await u.load8(missing);
        co_await u.look(frame);
        co_await u.store32(missing + 0xffc, 1);
    });
    ASSERT_EQ(f.pager.messages.size(), 2u);
    EXPECT_EQ(f.pager.messages[1], message(a, (missing + 0xffc) | L4_PF_WRITE | L4_PF_PRESENT, next(frame)));
    EXPECT_TRUE(f.w.page(a, missing)->writable);
}

TEST(PageFault, OfAnInstructionFetchIsSentToThePager) {
    ABI_ROW(pf_message);
    Faulting f({map});
    f.run([](User u) -> Program { co_await u.jump({missing + 2}); });
    EXPECT_EQ(f.pager.messages, (std::vector<Answer>{message(a, missing, missing + 2)}));
}

TEST(PageFault, AtAKernelAddressIsSentToThePagerWhoCanNotHelp) {
    ABI_ROW(pf_message_kernel_address);
    for (const Word address : {L4_USER_TOP, 0xfffff000u}) {
        arch::Frame frame{};
        Faulting f({map, map, refuse});
        f.run([&](User u) -> Program {
            co_await u.look(frame);
            co_await u.load8(address);
        });
        ASSERT_EQ(f.pager.messages.size(), 3u);
        for (const Answer& m : f.pager.messages) EXPECT_EQ(m, message(a, address, next(frame)));
        EXPECT_EQ(f.pager.results[0].dope, L4_IPC_OK);
        EXPECT_EQ(f.w.state(a), For::dead);
    }
}

/// A reads a page, of which the pager answers the fault so; looks before and after.
struct Answered : Faulting {
    arch::Frame before{}, after{};
    Word value = 0;
    explicit Answered(std::vector<Pager::Reply> replies) : Faulting(std::move(replies)) {
        run([this](User u) -> Program {
            co_await u.syscall(L4_VEC_IPC, {.eax = L4_IPC_NO_SEND,
                                            .ebx = 1,
                                            .ecx = 2,
                                            .edx = 3,
                                            .esi = 4,
                                            .edi = 5,
                                            .ebp = L4_IPC_NO_RECV}); // nothing but registers
            co_await u.look(before);
            value = co_await u.load32(missing);
            co_await u.look(after);
        });
    }
    void expect_registers_kept() {
        before.eip = next(before) + sim::instruction_length; // only the instruction pointer has moved on
        before.cr2 = after.cr2, before.trapno = after.trapno, before.err = after.err; // not the thread's
        EXPECT_EQ(before.eip, after.eip);
        EXPECT_EQ(Answer::of(before), Answer::of(after));
        EXPECT_EQ(before.ecx, after.ecx);
        EXPECT_EQ(before.ebp, after.ebp);
        EXPECT_EQ(before.esp, after.esp);
        EXPECT_EQ(before.eflags, after.eflags);
    }
};

Word first_word(const Bytes& bytes) {
    Word word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    return word;
}

TEST(PageFault, AnswerMapsThePage) {
    ABI_ROW(pf_answer_maps);
    Answered f({map});
    EXPECT_EQ(f.value, first_word(Pager::contents(0)));
    const auto page = f.w.page(a, missing);
    ASSERT_TRUE(page);
    EXPECT_TRUE(page->writable);
    EXPECT_EQ(page->parent, kern::TaskNo{9});
    EXPECT_EQ(page->parent_va, kern::VAddr{Pager::window});
    EXPECT_EQ(f.pager.results[0].dope, L4_IPC_OK);
    f.expect_registers_kept();
}

TEST(PageFault, AnswerWithoutAPageBringsTheSameFaultAgain) {
    ABI_ROW(pf_answer_words);
    Answered f({words, words, map});
    ASSERT_EQ(f.pager.messages.size(), 3u);
    EXPECT_EQ(f.pager.messages[0], message(a, missing, next(f.before)));
    EXPECT_EQ(f.pager.messages[1], f.pager.messages[0]);
    EXPECT_EQ(f.pager.messages[2], f.pager.messages[0]);
    f.expect_registers_kept();
}

TEST(PageFault, AnswerInALongMessageCountsForItsRegistersOnly) {
    ABI_ROW(pf_answer_long);
    Answered f({words_long, map_long});
    EXPECT_EQ(f.pager.messages.size(), 2u);
    for (const Answer& result : f.pager.results) EXPECT_EQ(result.dope, L4_IPC_OK);
    EXPECT_EQ(f.value, first_word(Pager::contents(0)));
    f.expect_registers_kept();
}

TEST(PageFault, AnswerMayBeAGrant) {
    ABI_ROW(pf_answer_grants_or_superpage);
    Answered f({grant});
    EXPECT_EQ(f.value, first_word(Pager::contents(0)));
    EXPECT_FALSE(f.w.page(e, Pager::window));
    EXPECT_EQ(f.w.page(a, missing)->parent, kern::TaskNo{L4_TASK_ROOT});
    f.expect_registers_kept();
}

TEST(PageFault, AnswerMayBeASuperpage) {
    ABI_ROW(pf_answer_grants_or_superpage);
    constexpr Word super = 1u << L4_SUPERPAGE_SHIFT, own = 0x30000000, at = 0x10412345;
    World w(sim::WorldConfig{.machine = {.user_pages = 2048}});
    Word value = 0;
    w.start(e, [](User u) -> Program {
        co_await u.call_for_fpage(sigma0, super | L4_SIGMA0_SUPERPAGE, L4_SIGMA0_SUPERPAGE_W1,
                                  l4_fpage(own, L4_SUPERPAGE_SHIFT, 0));
        co_await u.store8(own + 0x12345, 42);
        const IpcResult m = co_await u.wait();
        co_await u.send_fpage(m.from, m.w0, l4_fpage(own, L4_SUPERPAGE_SHIFT, L4_FP_WRITE));
    });
    w.start(a, [&](User u) -> Program { value = co_await u.load8(at); }, {.pager = e});
    w.run();
    EXPECT_EQ(value, 42u);
    const auto page = w.page(a, 0x10400000);
    ASSERT_TRUE(page);
    EXPECT_TRUE(page->super);
    EXPECT_EQ(page->frame, kern::PAddr{super});
}

TEST(PageFault, ThatThePagerRefusesKillsTheThread) {
    ABI_ROW(pf_answer_refused);
    Answered f({refuse});
    EXPECT_EQ(f.w.state(a), For::dead);
    EXPECT_EQ(f.pager.results[0].dope, L4_IPC_OK);
    EXPECT_EQ(f.after.eip, 0u);
}

TEST(PageFault, ThatTheAccountCanNotPayIsTriedAgain) {
    ABI_ROW(pf_answer_no_memory);
    Faulting f({map, map, refuse});
    f.run([](User u) -> Program { co_await u.load8(missing); }, {.quota = L4_KMEM_TASK + 1, .pager = e});
    ASSERT_EQ(f.pager.messages.size(), 3u);
    EXPECT_EQ(f.pager.messages[1], f.pager.messages[0]);
    EXPECT_EQ(f.pager.results[0].error(), L4_IPC_SEMAPFAILED);
    EXPECT_EQ(f.pager.results[1].error(), L4_IPC_SEMAPFAILED);
    EXPECT_EQ(f.w.state(a), For::dead);
}

Program fault_at_100(User u) {
    co_await until(u, 100);
    co_await u.load8(missing);
}

TEST(PageFault, WithoutAPagerKillsTheThread) {
    ABI_ROW(pf_no_pager);
    World w;
    w.start(a, [](User u) -> Program {
        co_await u(sim::ExRegs{.pager = {}});
        co_await u.load8(missing);
    });
    w.run();
    EXPECT_EQ(w.state(a), For::dead);
}

TEST(PageFault, WithAPagerThatNeverWasKillsTheThread) {
    ABI_ROW(pf_no_pager);
    World w;
    w.play({{a, fault_at_100, {.pager = l4_threadid(99, 0)}}});
    EXPECT_EQ(w.state(a), For::dead);
}

TEST(PageFault, WithADeletedPagerKillsTheThread) {
    ABI_ROW(pf_no_pager);
    World w;
    w.start(e, sim::park);
    w.start(a, fault_at_100, {.pager = e});
    w.spawn(L4_TASK_ROOT, 1, [](User u) -> Program {
        co_await until(u, 50);
        co_await u(deletion(e));
    });
    w.run();
    EXPECT_EQ(w.state(a), For::dead);
}

TEST(PageFault, WithADeadPagerKillsTheThread) {
    ABI_ROW(pf_no_pager);
    World w;
    w.start(e, [](User u) -> Program { co_await u(sim::ExRegs{.target = 1}); });
    w.play({{a, fault_at_100, {.pager = l4_threadid(9, 1)}}});
    EXPECT_EQ(w.state(l4_threadid(9, 1)), For::dead);
    EXPECT_EQ(w.state(a), For::dead);
}

TEST(PageFault, IsOverWhenThePagerIsDeletedBeforeItTakesIt) {
    ABI_ROW(pf_pager_deleted_in_queue);
    World w;
    w.play({{e, sim::park}, {a, fault_at_100, {.pager = e}}});
    EXPECT_EQ(w.state(a), For::send);
    w.as_root(deletion(e));
    EXPECT_EQ(w.state(a), For::dead);
}

TEST(PageFault, WaitsOnWhenThePagerIsDeletedAfterItTookIt) {
    ABI_ROW(pf_pager_deleted_after_message);
    World w;
    Script first(wait_open());
    Pager third({map});
    w.play({{e, first.body()}, {a, fault_at_100, {.pager = e}}});
    EXPECT_EQ(first.returned(), 1u);
    w.as_root(deletion(e));
    EXPECT_EQ(w.state(a), For::receive);
    const sim::Entry pager = w.program(third.body());
    const sim::Entry again = w.program([&](User u) -> Program {
        const IpcResult result = co_await u.send(a, 0, 0);
        EXPECT_EQ(result.dope, L4_IPC_OK);
        co_await u.jump(pager);
    });
    w.as_root(sim::TaskNew{.task = e, .eip = again.eip, .pager = root});
    EXPECT_EQ(third.messages.size(), 1u); // it had run on, and faulted again
    EXPECT_TRUE(w.page(a, missing));
}

TEST(PageFault, OfAThreadThatIsItsOwnPagerWaitsForEver) {
    ABI_ROW(pf_pager_is_itself);
    World w;
    Landing landing;
    const sim::Entry there = w.program(landing.body());
    For meanwhile{};
    w.start(a, [](User u) -> Program { co_await u.load8(missing); }, {.pager = a});
    w.start(l4_threadid(5, 1), ex_regs_at(1000, 0, there));
    w.start(b, [&](User u) -> Program {
        co_await until(u, 999);
        meanwhile = w.state(a);
    });
    w.run();
    EXPECT_EQ(meanwhile, For::send);
    EXPECT_EQ(landing.arrived.size(), 1u);
}

TEST(PageFault, MessagesQueueAtABusyPager) {
    ABI_ROW(pf_queues_at_busy_pager);
    World w;
    Script pager({{1000, wait_open()}, {0, wait_open()}});
    const auto fault_at = [](User u, Time when, Word address) -> Program {
        co_await until(u, when);
        co_await u.load8(address);
    };
    w.start(e, pager.body());
    w.start(b, [&](User u) { return fault_at(u, 200, 0x2000); }, {.pager = e});
    w.start(a, [&](User u) { return fault_at(u, 100, 0x1000); }, {.pager = e});
    w.run();
    ASSERT_EQ(pager.returned(), 2u);
    EXPECT_EQ(pager[0].w0, 0x1000u);
    EXPECT_EQ(pager[1].w0, 0x2000u);
    EXPECT_EQ(bits(pager[0].id), bits(from_root(a)));
    EXPECT_EQ(bits(pager[1].id), bits(from_root(b)));
}

TEST(PageFault, IsAnsweredByThePagerOnly) {
    ABI_ROW(pf_only_the_pager_answers);
    World w;
    Script pager(wait_open()), other({{200, send_to(a, 1, 2, L4_TIMEOUT_SND_ZERO)}, {0, send_to(a, 1, 2)}});
    w.play({{e, pager.body()}, {a, fault_at_100, {.pager = e}}, {c, other.body()}});
    ASSERT_EQ(other.returned(), 1u);
    EXPECT_EQ(other[0], other.only(L4_IPC_SETIMEOUT));
    EXPECT_EQ(w.state(c), For::send);
    EXPECT_EQ(w.state(a), For::receive);
    EXPECT_EQ(w.thread(a).wait().peer, kern::ThreadId::of(e));
}

TEST(PageFault, IsAnsweredByThePagerThatGotItAndRepeatedToTheNewOne) {
    ABI_ROW(pf_new_pager_during_fault);
    World w;
    Pager before({words}, 500), after({map});
    w.start(d, after.body());
    w.start(e, before.body());
    w.start(a, fault_at_100, {.pager = e});
    w.start(l4_threadid(5, 1), [](User u) -> Program {
        co_await until(u, 200);
        co_await u(sim::ExRegs{.target = 0, .pager = d});
    });
    w.run();
    EXPECT_EQ(before.messages.size(), 1u);
    EXPECT_EQ(before.results[0].dope, L4_IPC_OK);
    ASSERT_EQ(after.messages.size(), 1u);
    EXPECT_EQ(after.messages[0], before.messages[0]);
    EXPECT_TRUE(w.page(a, missing));
}

TEST(PageFault, IsWhatThreadScheduleReports) {
    ABI_ROW(pf_states);
    World w;
    Script pager({{200, wait_open()}});
    sim::ScheduleResult queued, taken;
    w.start(e, pager.body());
    w.start(a, fault_at_100, {.pager = e});
    w.spawn(L4_TASK_ROOT, 1, [&](User u) -> Program {
        co_await until(u, 150);
        queued = co_await u(sim::ThreadSchedule{.thread = a});
        co_await until(u, 250);
        taken = co_await u(sim::ThreadSchedule{.thread = a});
    });
    w.run();
    EXPECT_EQ(queued.state(), L4_STATE_PENDING_SEND);
    EXPECT_EQ(bits(queued.partner), bits(from_root(e)));
    EXPECT_EQ(taken.state(), L4_STATE_WAITING);
    EXPECT_EQ(bits(taken.partner), bits(from_root(e)));
}

} // namespace
} // namespace conformance::ipc
