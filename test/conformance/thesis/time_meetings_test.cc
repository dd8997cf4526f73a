// SPDX-License-Identifier: BSD-2-Clause
// Time limits that come while the thread is in the midst of something else: none is lost, none comes twice.
#include <gtest/gtest.h>

#include "l4/abi/fpage.h"
#include "test/conformance/ipc/support/holed.h"
#include "test/conformance/thesis/support/handler.h"

namespace conformance::thesis {
namespace {

/// Numbers that a seed determines.
class Dice {
public:
    explicit Dice(Word seed) : state_(seed * 2654435761u + 12345) {}
    Word roll(Word sides) {
        state_ = state_ * 1664525u + 1013904223u;
        return (state_ >> 8) % sides;
    }

private:
    Word state_;
};

/// A does all sorts of things, one of E's pages comes and goes, thread 1 of its task disturbs it; E gives it
/// limits. At most one limit is to come at a time, so that each message is that of the limit given last.
class Meetings {
public:
    static constexpr Time none = ~Time{0};
    Word given = 0, come = 0, lost = 0, early = 0, disturbed = 0;
    Time to_come = none;

    explicit Meetings(Word seed, Time end) : dice_(seed), disturber_(seed + 1), end_(end) {
        subject_ = w.program([this](User u) { return run_a(u); });
        w.start(e, [this](User u) { return handle(u); });
        w.start(l4_threadid(5, 1), [this](User u) { return disturb(u); });
        w.start(b, sim::echo);
        w.start(a,
                [this](User u) -> Program {
                    co_await until(u, 500); // E is ready for it
                    co_await u.jump(subject_);
                },
                {.pager = e});
        EXPECT_EQ(w.run(10000000), sim::End::stopped);
        w.kernel().check_invariants();
    }

private:
    static constexpr Word missing = 0x10000000, page = 0x30000000;

    /// It is about to execute an instruction: no limit may have passed.
    void running(User u) { lost += u.now().raw() >= to_come; }

    Program run_a(User u) {
        for (;;) {
            running(u);
            if (u.now().raw() > end_) break;
            switch (dice_.roll(8)) {
                case 0: co_await u.compute(dice_.roll(20)); break;
                case 1: co_await u.compute(dice_.roll(400)); break;
                case 2: co_await u.call(b, 1, 2); break;
                case 3: co_await u.sleep(receive_timeout(Micros{1 + dice_.roll(60)})); break;
                case 4: co_await u(sim::ThreadSwitch{}); break;
                case 5: co_await u.raise(L4_TRAP_OVERFLOW); break;
                case 6:
                    co_await u(sim::Unmap{.fpage = l4_fpage(missing, L4_PAGE_SHIFT, 0),
                                          .mask = L4_FP_FLUSH | L4_FP_ALL_SPACES});
                    running(u);
                    co_await u.store32(missing, 1);
                    break;
                default: co_await u(sim::ExRegs{.target = 0}); break;
            }
        }
        w.stop();
        co_await u.sleep();
    }

    Program handle(User u) {
        co_await u.store32(page, 0);
        l4_utcb_t mine = pager_utcb(L4_UTCB_EXCEPTIONS | L4_UTCB_TIME_LIMIT);
        co_await u.utcb().store(mine);
        for (;;) {
            const IpcResult m = co_await u.wait();
            co_await u.utcb().load(mine);
            const bool exception = m.w0 == L4_EXC_COOKIE_0;
            if (exception && mine.state.trapno == L4_TRAP_TIME) {
                ++come;
                early += to_come == none || u.now().raw() < to_come;
                to_come = none;
            }
            const Time before = to_come;
            if (to_come == none) to_come = u.now().raw() + dice_.roll(300);
            mine.time_limit[0] = static_cast<Word>(to_come);
            mine.time_limit[1] = static_cast<Word>(to_come >> 32);
            if (to_come == none) mine.time_limit[0] = mine.time_limit[1] = ~0u;
            co_await u.utcb().store(mine);
            const IpcResult sent =
                co_await u(exception ? words_to(m.from)
                                     : fpage_to(m.from, missing, l4_fpage(page, L4_PAGE_SHIFT, L4_FP_WRITE)));
            if (sent.ok())
                given += before == none;
            else
                to_come = before; // A has been sent elsewhere: it never got the limit
        }
    }

    Program disturb(User u) {
        for (;;) {
            co_await u.sleep(receive_timeout(Micros{1 + disturber_.roll(200)}));
            ++disturbed;
            switch (disturber_.roll(6)) {
                case 0: co_await u(sim::ExRegs{.target = 0, .eip = subject_.eip}); break;
                case 1: co_await u(sim::ExRegs{.target = L4_EX_REGS_NO_CANCEL, .eip = subject_.eip}); break;
                case 2: co_await u(sim::ExRegs{.target = L4_EX_REGS_RAISE_EXCEPTION}); break;
                case 3: co_await u(sim::ExRegs{.target = L4_EX_REGS_STATE_GET}); break;
                case 4:
                    co_await u(sim::ExRegs{.target = L4_EX_REGS_STOP});
                    co_await u.sleep(receive_timeout(Micros{1 + disturber_.roll(100)}));
                    co_await u(sim::ExRegs{.target = 0, .eip = subject_.eip});
                    break;
                default: co_await u.compute(disturber_.roll(30)); break;
            }
        }
    }

    Dice dice_, disturber_;
    Time end_;
    sim::Entry subject_{};

public:
    LongWorld w{sim::WorldConfig{.instruction_time = Micros{1}}};
};

TEST(TimeFault, IsNeitherLostNorComesTwiceWhateverItMeets) {
    ABI_ROW(time_fault);
    ABI_ROW(time_fault_not_in_kernel);
    ABI_ROW(time_fault_once);
    Word come = 0, disturbed = 0;
    for (Word seed = 1; seed <= 60; ++seed) {
        Meetings m(seed, 20000);
        EXPECT_EQ(m.lost, 0u) << "seed " << seed;
        EXPECT_EQ(m.early, 0u) << "seed " << seed;
        EXPECT_LE(m.given - m.come, 1u) << "seed " << seed; // but for the last
        come += m.come;
        disturbed += m.disturbed;
    }
    EXPECT_GT(come, 3000u);
    EXPECT_GT(disturbed, 3000u);
}

/// A's transfer waits for a page of B's until A's limit has passed; then A is in the kernel still.
TEST(TimeFault, ComesAfterTheTransferInWhichItsTimePassed) {
    ABI_ROW(time_fault_not_in_kernel);
    constexpr Word given = 0x40000000, touched = 0x50000000;
    ipc::Holed h(ipc::Holed::Side::receiver, {ipc::Pager::Reply::map}, 500);
    Handler handler(
        [](std::size_t i, const Handler::Message& m, l4_utcb_t& utcb) {
            utcb.time_limit[0] = i == 0 ? 1200 : ~0u;
            utcb.time_limit[1] = i == 0 ? 0 : ~0u;
            return i == 0 ? fpage_to(m.from(), touched, l4_fpage(given, L4_PAGE_SHIFT, 0))
                          : words_to(m.from());
        },
        pager_utcb(L4_UTCB_EXCEPTIONS | L4_UTCB_TIME_LIMIT));
    handler.pages = {given};
    h.x.sender.touched = {touched}; // before it sends, to get the limit
    h.x.sender.pager = d;
    h.w.start(d, handler.body());
    h.run();
    ipc::expect_completed(h);
    ASSERT_EQ(handler.count(), 2u);
    EXPECT_EQ(handler[1].at, 1500u);
    EXPECT_EQ(handler[1].state().trapno, L4_TRAP_TIME);
    EXPECT_EQ(handler[1].state().eax, L4_IPC_OK) << "the call's result";
}

} // namespace
} // namespace conformance::thesis
