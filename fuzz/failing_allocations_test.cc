// SPDX-License-Identifier: BSD-2-Clause
// Every operation that takes kernel memory, with its k-th allocation failing, for k = 1, 2, ... until none is
// reached. The kernel must do what the specification does when one payment fails: nothing, or the documented
// part; the invariants hold; every frame is accounted for, then and after the tasks are gone; and tried again
// it works.
#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <string>

#include "fuzz/support/stage.h"
#include "l4/abi/fpage.h"
#include "l4/abi/ipc.h"
#include "l4/abi/limits.h"
#include "l4/abi/thread.h"
#include "l4/abi/utcb.h"
#include "sim/calls.h"
#include "test/lockstep/run.h"

namespace fuzz {
namespace {

using test::Action;

constexpr l4_threadid_t sigma0 = l4_threadid(2, 0), root = l4_threadid(4, 0), five = l4_threadid(5, 0),
                        five_1 = l4_threadid(5, 1), six = l4_threadid(6, 0);
constexpr std::uint32_t page = 0x1000;     // of 5.0 and 6.0; a part of a 4 MiB page of root's
constexpr std::uint32_t super = 0x400000;  // a 4 MiB region
constexpr std::uint32_t empty = 4 * super; // in which nobody has anything
constexpr std::uint32_t writable = L4_FP_WRITE, granted = L4_FP_WRITE | L4_FP_GRANT;

/// The stage, and who does what on it.
class Play {
public:
    Play() : on_(stage({.kernel_pages = 160}).reset()) {}

    test::Lockstep& lockstep() { return on_; }
    void act(const Action& action) {
        test::perform(action, on_);
        on_.settle();
    }
    /// The others yield until it runs.
    Play& as(l4_threadid_t who) {
        const kern::ThreadId id = kern::ThreadId::of(who);
        for (unsigned n = 0; n < 10 && on_.current().id() != id; ++n) call(sim::ThreadSwitch{});
        EXPECT_EQ(on_.current().id(), id) << "it is not ready";
        return *this;
    }
    /// It waits for a message and gets one.
    Play& wake(l4_threadid_t who) {
        call(sim::Ipc{.partner = who, .send = 0});
        return as(who);
    }
    template <class Call>
    Play& call(const Call& c) {
        act(Action::call(Call::vector, c.regs()));
        return *this;
    }
    Play& store(std::uint32_t at, std::uint32_t value) {
        act(Action::store(at, value));
        return *this;
    }
    /// The running thread waits for a flexpage.
    Play& wait_for_pages() { return call(sim::Ipc{.receive = L4_FP_WHOLE_SPACE | L4_RCV_MAP | L4_RCV_OPEN}); }

private:
    test::Lockstep& on_;
};

struct Scenario {
    std::string name;
    std::function<void(Play&)> prepare;
    Action operation; ///< of whoever runs then
};

template <class Call>
Action call(const Call& c) {
    return Action::call(Call::vector, c.regs());
}

Action send_page(l4_threadid_t to, std::uint32_t at, std::uint32_t fpage) {
    return call(sim::Ipc{.partner = to, .w0 = at, .w1 = fpage, .send = L4_SND_MAP});
}
Action new_thread(std::uint32_t lthread) {
    return call(sim::ExRegs{.target = lthread, .esp = 0x9000, .eip = 0x8000, .pager = root});
}
Action new_task(std::uint32_t task, std::uint32_t quota) {
    return call(sim::TaskNew{
        .task = l4_threadid(task, 0), .mcp_or_chief = l4_task_new_create(255, quota), .pager = root});
}
Action unmap(std::uint32_t fpage, std::uint32_t mask) {
    return call(sim::Unmap{.fpage = fpage, .mask = mask});
}

void six_waits(Play& p) { p.as(six).wait_for_pages(); }
void root_waits_for_pages(Play& p) { p.wake(root).wait_for_pages(); }

/// A message of two pages at 0x1000 in the memory of 5.0, and room for it at the same address of 6.0.
void two_pages(Play& p) {
    p.as(six).store(page, L4_FP_WHOLE_SPACE).store(page + 4, l4_msgdope(4, 0));
    p.call(sim::Ipc{.receive = page | L4_RCV_OPEN}).as(five);
    const std::uint32_t words[] = {
        0, l4_msgdope(4, 0), l4_msgdope(4, 0), 0, 0, empty, l4_fpage(page, 12, writable)};
    for (std::uint32_t i = 0; i < 7; ++i) p.store(page + 4 * i, words[i]);
}

/// 5.0 has sent 6.0 a message that 6.0 has no page for, and root has been told so.
void fault_in_transfer(Play& p) {
    p.as(six).call(sim::Ipc{.receive = super | L4_RCV_OPEN});
    p.as(five).store(page + 4, l4_msgdope(3, 0)).store(page + 8, l4_msgdope(3, 0));
    p.call(sim::Ipc{.partner = six, .send = page}).as(root);
}

/// Root, who runs, sets a word of its UTCB.
void put_utcb(Play& p, std::uint32_t offset, std::uint32_t value) { p.store(L4_UTCB_AREA + offset, value); }

/// Root asks for that with faults, and 5.1 has faulted so; root runs.
void fault_with(Play& p, std::uint32_t status, kern::Fault::Kind kind) {
    put_utcb(p.wake(root), offsetof(l4_utcb_t, status), status);
    put_utcb(p, offsetof(l4_utcb_t, rcv_size), L4_UTCB_STATE_WORDS);
    p.call(sim::Ipc{.receive = L4_RCV_OPEN}).as(five_1).store(empty, 1).as(root);
    const kern::Fault& fault = p.lockstep().kernel().find(kern::ThreadId::of(five_1))->fault();
    EXPECT_EQ(fault.kind, kind);
    EXPECT_TRUE(fault.with_state);
}

/// Root's answer will have a list of two more pages, each in a region of its own.
void list_of_pages(Play& p) {
    p.as(five_1).store(empty, 1).as(root);
    const std::uint32_t words[] = {empty + super, l4_fpage(5 * page, 12, writable), empty + 2 * super,
                                   l4_fpage(6 * page, 12, writable)};
    for (std::uint32_t i = 0; i < 4; ++i) put_utcb(p, offsetof(l4_utcb_t, state) + 4 * i, words[i]);
    put_utcb(p, offsetof(l4_utcb_t, map_count), 2);
}

/// 5.1 is an alien whose page fault root has been told of, as an exception.
void fault_of_an_alien(Play& p) {
    p.as(five).call(sim::ExRegs{.target = 1 | L4_EX_REGS_ALIEN});
    fault_with(p, L4_UTCB_EXCEPTIONS, kern::Fault::Kind::exception);
}

const std::vector<Scenario>& scenarios() {
    static const std::vector<Scenario> all = {
        {"AThread", [](Play& p) { p.as(five); }, new_thread(2)},
        {"AThreadThatNeedsAnotherFrame",
         [](Play& p) {
             p.as(six);
             for (std::uint32_t n = 1; n < L4_KMEM_THREADS_PER_FRAME; ++n) p.act(new_thread(n));
         },
         new_thread(9)},
        {"AThreadOfAnotherTaskThatNeedsAnotherFrame",
         [](Play& p) {
             p.wake(root);
             for (std::uint32_t n = 1; n < L4_KMEM_THREADS_PER_FRAME; ++n)
                 p.act(new_thread(l4_ex_regs_target(6, n)));
         },
         new_thread(l4_ex_regs_target(6, 9))},
        {"ATask", [](Play& p) { p.wake(root); }, new_task(7, 0)},
        {"ATaskWithFramesOfItsOwn", [](Play& p) { p.wake(root); }, new_task(7, 12)},
        {"ATaskInThePlaceOfAnother", [](Play& p) { p.wake(root); }, new_task(6, 12)},
        {"APage", six_waits, send_page(six, empty, l4_fpage(page, 12, writable))},
        {"APageWhereThereIsATable", six_waits, send_page(six, 2 * page, l4_fpage(page, 12, writable))},
        {"APageGranted", six_waits, send_page(six, empty, l4_fpage(page, 12, granted))},
        {"APageForOneself", [](Play& p) { p.as(five_1).wait_for_pages().as(five); },
         send_page(five_1, empty, l4_fpage(page, 12, writable))},
        {"SeveralPages", [](Play& p) { p.as(six).wait_for_pages().wake(root); },
         send_page(six, empty, l4_fpage(0, 15, writable))},
        {"TheFirstPartOfALargePage", [](Play& p) { root_waits_for_pages(p), p.wake(sigma0); },
         send_page(root, empty, l4_fpage(0, 12, writable))},
        {"ALargePage", [](Play& p) { p.as(six).wait_for_pages().wake(root); },
         send_page(six, empty, l4_fpage(0, L4_FP_SUPERPAGE_SIZE, writable))},
        {"ALargePageGrantedWithItsFanOut", [](Play& p) { p.as(six).wait_for_pages().wake(root); },
         send_page(six, empty, l4_fpage(0, L4_FP_SUPERPAGE_SIZE, granted))},
        {"TwoItemsOfAMessage", two_pages,
         call(sim::Ipc{
             .partner = six, .w0 = 2 * page, .w1 = l4_fpage(page, 12, writable), .send = page | L4_SND_MAP})},
        {"APartOfALargePageTakenBack", [](Play& p) { p.wake(root); },
         unmap(l4_fpage(3 * page, 12, 0), L4_FP_FLUSH | L4_FP_ALL_SPACES)},
        {"APartOfALargePageMadeReadOnlyForOthers", [](Play& p) { p.wake(sigma0); },
         unmap(l4_fpage(3 * page, 12, 0), 0)},
        {"Ports", [](Play& p) { root_waits_for_pages(p), p.wake(sigma0); },
         send_page(root, 0, l4_io_fpage(0x60, 3, 0))},
        {"PortsGranted", [](Play& p) { root_waits_for_pages(p), p.wake(sigma0); },
         send_page(root, 0, l4_io_fpage(0x60, 3, 1))},
        {"APageOfSigma0", [](Play& p) { p.wake(sigma0); }, Action::store(0x20000000, 1)},
        {"ASmallPageOfSigma0", [](Play& p) { p.wake(sigma0); }, Action::store(0xbfc00000, 1)},
        {"AnAnswerToAPageFault", [](Play& p) { p.as(five_1).store(empty, 1).as(root); },
         send_page(five_1, empty, l4_fpage(3 * page, 12, writable))},
        {"AnAnswerToAPageFaultOfATransfer", fault_in_transfer,
         send_page(six, super, l4_fpage(3 * page, 12, writable))},
        {"AnAnswerWithAListOfPages", list_of_pages,
         send_page(five_1, empty, l4_fpage(3 * page, 12, writable))},
        {"AnAnswerWithAPageAndState",
         [](Play& p) {
             fault_with(p, L4_UTCB_PF_STATE, kern::Fault::Kind::user);
             put_utcb(p, offsetof(l4_utcb_t, snd_size), L4_UTCB_STATE_WORDS);
             put_utcb(p, offsetof(l4_utcb_t, state.ebx), 0x5eed);
         },
         send_page(five_1, empty, l4_fpage(3 * page, 12, writable))},
        {"AnAnswerToAPageFaultOfAnAlien", fault_of_an_alien,
         send_page(five_1, empty, l4_fpage(3 * page, 12, writable))},
        {"AMessageIntoAPageOfSigma0",
         [](Play& p) {
             p.wake(sigma0).call(sim::Ipc{.receive = 0x20000000 | L4_RCV_OPEN});
             p.as(five).store(page + 4, l4_msgdope(3, 0)).store(page + 8, l4_msgdope(3, 0));
         },
         call(sim::Ipc{.partner = sigma0, .send = page})},
    };
    return all;
}

/// Frames that some account has paid for, or that are sigma0's first bitmap.
std::uint32_t owned_frames(const kern::Kernel& kernel) {
    std::uint32_t frames = 0;
    for (std::uint16_t n = 0; n < L4_TASKS; ++n) {
        const kern::Task* const task = kernel.tasks().task(kern::TaskNo{n});
        if (!task || !task->owns_account()) continue;
        frames += task->account().used();
        if (task->chief()) frames -= task->account().limit(); // the chief's account has reserved them
    }
    constexpr std::uint32_t bitmap = L4_KMEM_IO_BITMAP;
    return frames + bitmap;
}

void expect_sound(Play& p, const std::string& when) {
    EXPECT_EQ(p.lockstep().mismatch(), "") << when;
    p.lockstep().kernel().check_invariants();
    kern::FramePool& pool = p.lockstep().kernel().tasks().task(kern::TaskNo{L4_TASK_ROOT})->account().pool();
    EXPECT_EQ(pool.used(), owned_frames(p.lockstep().kernel())) << when << ": a frame is lost";
}

class FailingAllocations : public ::testing::TestWithParam<Scenario> {};

TEST_P(FailingAllocations, ChangeNothingOrWhatIsDocumented) {
    const Scenario& s = GetParam();
    std::uint32_t k = 1;
    for (bool failed = true; failed; ++k) {
        Play p;
        s.prepare(p);
        expect_sound(p, "before");
        p.act(Action::fail(k));
        test::perform(s.operation, p.lockstep());
        failed = p.lockstep().allocation_failed();
        p.lockstep().settle();
        const std::string when = "with allocation " + std::to_string(k) + " failing";
        expect_sound(p, when);
        if (!p.lockstep().idle() && !p.lockstep().in_kernel()) p.act(s.operation);
        expect_sound(p, when + ", and once more");
        if (kern::Thread* const r = p.lockstep().kernel().find(kern::ThreadId::of(root)); r && !r->ready())
            p.call(sim::Ipc{.partner = root, .send = 0});
        p.lockstep().finish();
        expect_sound(p, when + ", at the end");
        ASSERT_FALSE(HasFailure());
    }
    EXPECT_GT(k, 2u) << "the operation takes no memory";
}

INSTANTIATE_TEST_SUITE_P(Every, FailingAllocations, ::testing::ValuesIn(scenarios()),
                         [](const auto& scenario) { return scenario.param.name; });

/// All that the tasks of a stage cost comes back when root kills them.
TEST(Teardown, LeavesNothingOfTheTasks) {
    unsigned torn_down = 0;
    for (const Scenario& s : scenarios()) {
        for (std::uint32_t k = 1; k < 4; ++k) {
            Play p;
            s.prepare(p);
            p.act(Action::fail(k));
            p.act(s.operation);
            kern::Kernel& kernel = p.lockstep().kernel();
            if (!kernel.find(kern::ThreadId::of(root))->ready() && !p.lockstep().idle())
                p.call(sim::Ipc{.partner = root, .send = 0});
            if (p.lockstep().idle() || p.lockstep().current().id() != kern::ThreadId::of(root)) continue;
            for (const std::uint32_t task : {5u, 6u, 7u})
                p.call(sim::TaskNew{.task = l4_threadid(task, 0), .mcp_or_chief = root.low});
            ++torn_down;
            expect_sound(p, s.name + ", torn down");
            const kern::Task& r = *kernel.tasks().task(kern::TaskNo{L4_TASK_ROOT});
            // Its space counts the table of the UTCB area as one of its own.
            EXPECT_EQ(r.account().used(), L4_KMEM_TASK - L4_KMEM_TABLE + r.account().thread_frames() +
                                              r.account().node_frames() + r.space().frames())
                << s.name << ": root still pays for a task that is gone";
        }
    }
    EXPECT_GT(torn_down, 2 * scenarios().size()) << "root hardly ever gets to it";
}

} // namespace
} // namespace fuzz
