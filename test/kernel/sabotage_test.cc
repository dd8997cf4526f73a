// SPDX-License-Identifier: BSD-2-Clause
// Each invariant K of docs/invariants.md, broken on purpose: check_invariants() must name it.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <type_traits>

#include "l4/abi/exception.h"
#include "sim/world.h"

namespace kern {

/// What only the kernel may write.
struct Saboteur {
    static Wait& wait(Thread& t) { return t.wait_; }
    static Op& op(Thread& t) { return t.op_; }
    static Fault& fault(Thread& t) { return t.fault_; }
    static Transfer& transfer(Thread& t) { return t.transfer_; }
    static Prio& prio(Thread& t) { return t.prio_; }
    static bool& irq_attached(Thread& t) { return t.irq_attached_; }
    static void set_donee(Thread& t) { t.is_donee_ = true; }
    static void set_iopl(Thread& t) { t.set_iopl(true); }
    static void push_own(Kernel& k, Thread& t) { k.scheduler_.queues_[t.prio().raw()].push_back(t); }
    static Scheduler& scheduler(Kernel& k) { return k.scheduler_; }
    static TaskTable& tasks(Kernel& k) { return k.tasks_; }
    static std::uint16_t& owned(Kernel& k, std::uint16_t no) { return k.tasks_.entries_[no].owned; }
    static IrqTable& irqs(Kernel& k) { return k.irqs_; }
    static void run(Kernel& k, Thread& t) { k.scheduler_.run(t); }
    static std::uint32_t& used(Account& a) { return a.used_; }
    static void put_first(Task& task, Thread& t) {
        task.present_.remove(t);
        task.present_.push_front(t);
    }
    static PAddr& utcb_frame(Task& task) { return task.utcb_frames_[0]; }
    static Deferred& deferred(Thread& t) { return t.deferred_; }
    static bool& dealien(Thread& t) { return t.dealien_; }
    static std::uint64_t& tls(Thread& t) { return t.tls_[0]; }
    static Micros& time_limit(Thread& t) { return t.time_limit_; }
    static bool& has_time_limit(Thread& t) { return t.has_time_limit_; }
    static PAddr& utcb(Thread& t) { return t.utcb_; }
    static l4_threadid_t& reported(Task& task) { return task.reported_; }
    static Thread*& fpu_owner(Kernel& k) { return k.fpu_owner_; }
    template <class Job>
    static void begin(Thread& t) {
        if constexpr (std::is_same_v<Job, MapJob>)
            t.job_.emplace<Job>(t.task().space(), t.task().space(), 0u, 0u, 0u);
        else
            t.job_.emplace<Job>();
    }
    static void forget(Task& task, Thread& t) { task.present_.remove(t); }
};

} // namespace kern

namespace {

using kern::Saboteur;
using kern::Wait;

/// Tasks 5 and 6 with two busy threads each, 7 asleep with a timeout and an interrupt, 8 queued at 7 with a
/// timeout.
class SabotageDeathTest : public ::testing::Test {
protected:
    SabotageDeathTest() {
        const sim::Entry busy = w.program([](sim::User u) -> sim::Program {
            for (;;) co_await u.compute(1);
        });
        for (const std::uint16_t task : {5, 6})
            for (const std::uint8_t lthread : {0, 1})
                w.spawn({.task = task, .lthread = lthread, .program = busy, .prio = 8});
        w.spawn({.task = 7,
                 .program = w.program([](sim::User u) -> sim::Program {
                     co_await u.attach(3);
                     co_await u.sleep(l4_timeout(0, 0, 200, 6));
                 }),
                 .prio = 200});
        w.spawn({.task = 8,
                 .program = w.program([](sim::User u) -> sim::Program {
                     co_await u.send(l4_threadid(7, 0), 0, 0, l4_timeout(100, 6, 0, 0));
                 }),
                 .prio = 100});
        w.run(30000); // slices are 10,000 steps of a busy thread
        kernel().check_invariants();
    }
    kern::Kernel& kernel() { return w.kernel(); }
    kern::Thread& thread(std::uint16_t task, std::uint8_t lthread = 0) {
        return *w.find(l4_threadid(task, lthread));
    }
    kern::Task& task(std::uint16_t no) { return *kernel().tasks().task(kern::TaskNo{no}); }
    void expect_caught(const std::string& invariant, const std::function<void()>& harm) {
        EXPECT_DEATH((harm(), kernel().check_invariants()), "kernel invariant broken: " + invariant + ":");
    }
    sim::World w;
};

TEST_F(SabotageDeathTest, TheSceneIsAsDescribed) {
    EXPECT_TRUE(thread(5).ready() && thread(5, 1).ready() && thread(6).ready() && thread(6, 1).ready());
    EXPECT_EQ(thread(7).wait().what, Wait::For::sleep);
    EXPECT_TRUE(thread(7).holds_irq() && thread(7).timeout.armed());
    EXPECT_EQ(thread(8).wait().what, Wait::For::send);
}

TEST_F(SabotageDeathTest, K1AThreadInTheQueueOfAnotherPriority) {
    expect_caught("K1", [&] { Saboteur::prio(thread(5)) = kern::Prio{77}; });
}

TEST_F(SabotageDeathTest, K1AWaitingThreadInAReadyQueue) {
    expect_caught("K1", [&] { Saboteur::wait(thread(5)).what = Wait::For::sleep; });
}

TEST_F(SabotageDeathTest, K2ADonationToAThreadThatIsNotReady) {
    expect_caught("K2", [&] {
        Saboteur::scheduler(kernel()).donate(thread(5), thread(6));
        Saboteur::scheduler(kernel()).unqueue(thread(6));
    });
}

TEST_F(SabotageDeathTest, K3AReadyThreadInNoQueue) {
    expect_caught("K3", [&] { Saboteur::scheduler(kernel()).unqueue(thread(6, 1)); });
}

TEST_F(SabotageDeathTest, K3ASenderInNoQueue) {
    expect_caught("K3", [&] { thread(7).senders.remove(thread(8)); });
}

TEST_F(SabotageDeathTest, K3ASenderQueuedAtAnotherThanItSendsTo) {
    expect_caught("K3", [&] { Saboteur::wait(thread(8)).with = &thread(5); });
}

TEST_F(SabotageDeathTest, K4ATransferOfWhichTheReceiverKnowsNothing) {
    expect_caught("K4", [&] { Saboteur::transfer(thread(5)).to = &thread(6); });
}

TEST_F(SabotageDeathTest, K5KernelWorkInAWaitingThread) {
    expect_caught("K5", [&] { Saboteur::op(thread(7)) = kern::Op::unmap; });
}

TEST_F(SabotageDeathTest, K6ADeadlineEarlierThanTheOneAbove) {
    expect_caught("K6", [&] {
        for (const std::uint16_t no : {7, 8})
            if (thread(no).timeout.parent) thread(no).timeout.deadline = kern::Micros{1};
    });
}

TEST_F(SabotageDeathTest, K6ATimeoutOfAThreadThatWaitsForNothing) {
    expect_caught("K6", [&] { Saboteur::wait(thread(7)) = {.what = Wait::For::dead}; });
}

TEST_F(SabotageDeathTest, K7ATaskUnderAnothersNumber) {
    expect_caught("K7", [&] { Saboteur::tasks(kernel()).set_task(kern::TaskNo{9}, &task(5)); });
}

TEST_F(SabotageDeathTest, K7ANumberThatBelongsToAnotherThanItsTasksChief) {
    expect_caught("K7", [&] { Saboteur::tasks(kernel()).set_chief(kern::TaskNo{5}, kern::TaskNo{6}); });
}

TEST_F(SabotageDeathTest, K8AnotherThreadBeforeThreadZero) {
    expect_caught("K8", [&] { Saboteur::put_first(task(5), thread(5, 1)); });
}

TEST_F(SabotageDeathTest, K8AThreadMissingInThePresentList) {
    expect_caught("K8", [&] { Saboteur::forget(task(5), thread(5, 1)); });
}

TEST_F(SabotageDeathTest, K9AnInterruptWhoseOwnerDoesNotKnow) {
    expect_caught("K9", [&] { Saboteur::irq_attached(thread(7)) = false; });
}

TEST_F(SabotageDeathTest, K9AThreadThatBelievesItHasAnInterrupt) {
    expect_caught("K9", [&] { Saboteur::irq_attached(thread(5)) = true; });
}

TEST_F(SabotageDeathTest, K10AFaultThatNobodyIsToldOf) {
    expect_caught("K10", [&] { Saboteur::fault(thread(5)).kind = kern::Fault::Kind::user; });
}

TEST_F(SabotageDeathTest, K11AnOverdrawnAccount) {
    expect_caught("K11", [&] { Saboteur::used(task(5).account()) = task(5).account().limit() + 1; });
}

TEST_F(SabotageDeathTest, K11AFrameThatIsPromisedTwice) {
    expect_caught("K11", [&] { --Saboteur::used(task(5).account()); });
}

TEST_F(SabotageDeathTest, K12AnotherThreadRunsThanTheQueuesSay) {
    expect_caught("K12", [&] { Saboteur::run(kernel(), thread(8)); });
}

TEST_F(SabotageDeathTest, K13ASenderWaitsAlthoughItsReceiverAcceptsIt) {
    expect_caught("K13", [&] { Saboteur::wait(thread(7)).what = Wait::For::receive_any; });
}

TEST_F(SabotageDeathTest, K13AnInterruptIsPendingAlthoughItsOwnerWaits) {
    expect_caught("K13", [&] {
        Saboteur::irqs(kernel())[kern::Line{3}].pending = true;
        Saboteur::wait(thread(7)).what = Wait::For::interrupt;
    });
}

TEST_F(SabotageDeathTest, K14AUtcbFrameThatIsNotMapped) {
    expect_caught("K14", [&] { Saboteur::utcb_frame(task(5)) = Saboteur::utcb_frame(task(6)); });
}

TEST_F(SabotageDeathTest, K15AStoppedThreadThatIsToBeStopped) {
    expect_caught("K15", [&] {
        Saboteur::scheduler(kernel()).unqueue(thread(6, 1));
        Saboteur::wait(thread(6, 1)).what = Wait::For::stopped;
        Saboteur::deferred(thread(6, 1)).stop = true;
    });
}

TEST_F(SabotageDeathTest, K16ACallThatOnlyAliensMake) {
    expect_caught("K16", [&] { Saboteur::dealien(thread(5)) = true; });
    expect_caught("K16", [&] { Saboteur::deferred(thread(5)).after_call = L4_EXC_ERR_IPC; });
}

TEST_F(SabotageDeathTest, K17ACodeSegmentAmongTheTlsDescriptors) {
    expect_caught("K17", [&] { Saboteur::tls(thread(5)) = 0x00cffa000000ffff; });
}

TEST_F(SabotageDeathTest, K18AThreadRunsBeyondItsTimeLimit) {
    expect_caught("K18", [&] { Saboteur::time_limit(kernel().current()) = kernel().now(); });
}

TEST_F(SabotageDeathTest, K18ATimeLimitThatNobodyKnowsOf) {
    expect_caught("K18", [&] { Saboteur::has_time_limit(thread(7)) = true; });
    expect_caught("K18", [&] { Saboteur::time_limit(thread(7)) = kern::Micros{1}; });
}

TEST_F(SabotageDeathTest, K2AThreadThatThinksItIsADonee) {
    expect_caught("K2", [&] { Saboteur::set_donee(thread(6)); });
}
TEST_F(SabotageDeathTest, K1TheRunningThreadInAQueueByAHookOfItsOwn) {
    expect_caught("K1", [&] { Saboteur::push_own(kernel(), kernel().current()); });
}
TEST_F(SabotageDeathTest, K19PortsThatTheTaskDoesNotHold) {
    expect_caught("K19", [&] { Saboteur::set_iopl(kernel().current()); });
    expect_caught("K19", [&] { kernel().current().frame.eflags |= ia32::eflags_iopl; }); // not known to have
}

TEST_F(SabotageDeathTest, K20ForeignFloatingPointRegisters) {
    expect_caught("K20", [&] { Saboteur::fpu_owner(kernel()) = &thread(7); });
}

TEST_F(SabotageDeathTest, K21AJobOfACallThatIsOver) {
    expect_caught("K21", [&] { Saboteur::begin<kern::MapJob>(thread(5)); });
    expect_caught("K21", [&] { Saboteur::begin<kern::UnmapJob>(thread(7)); });
    expect_caught("K21", [&] { Saboteur::begin<kern::TaskNewArgs>(thread(5)); });
    expect_caught("K21", [&] { Saboteur::begin<kern::TextJob>(thread(5)); });
}

TEST_F(SabotageDeathTest, K21ACallThatHasLostItsJob) {
    for (const kern::Op op : {kern::Op::unmap, kern::Op::task_new, kern::Op::text})
        expect_caught("K21", [&] { Saboteur::op(thread(6, 1)) = op; });
}

TEST_F(SabotageDeathTest, K14AThreadWithTheUtcbOfAnother) {
    expect_caught("K14", [&] { Saboteur::utcb(thread(5)) = Saboteur::utcb(thread(6)); });
}

TEST_F(SabotageDeathTest, K17ATlsDescriptorThatNobodyKnowsOf) {
    expect_caught("K17", [&] { Saboteur::tls(thread(7)) = 0x00cff2000000ffff; });
}

TEST_F(SabotageDeathTest, K23ATaskThatTellsAnotherChief) {
    expect_caught("K23", [&] { Saboteur::reported(thread(5).task()).high ^= 1u << L4_ID_CHIEF_SHIFT; });
}

TEST_F(SabotageDeathTest, K22ATaskThatIsThoughtToOwnANumber) {
    expect_caught("K22", [&] { ++Saboteur::owned(kernel(), 5); });
}

TEST_F(SabotageDeathTest, K22ATaskWhoseNumbersAreNotCounted) {
    Saboteur::tasks(kernel()).set_chief(kern::TaskNo{50}, kern::TaskNo{5});
    kernel().check_invariants();
    expect_caught("K22", [&] { Saboteur::owned(kernel(), 5) = 0; });
}

TEST_F(SabotageDeathTest, K22AChiefWhoseNumbersAreMiscounted) {
    expect_caught("K22", [&] { --Saboteur::owned(kernel(), L4_TASK_ROOT); });
}

} // namespace
