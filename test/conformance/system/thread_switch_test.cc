// SPDX-License-Identifier: BSD-2-Clause
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "test/conformance/system/support/order.h"
#include "test/conformance/system/support/timeline.h"

namespace conformance::system {
namespace {
using sim::SwitchResult;
using sim::ThreadSwitch;

constexpr std::uint64_t infinite = ~std::uint64_t{0};

std::uint64_t remaining(User u, l4_threadid_t id) { return u.world().find(id)->remaining().raw(); }

TEST(ThreadSwitch, YieldGoesBehindEqualThreadsWithAFullSlice) {
    ABI_ROW(switch_yield);
    World w;
    std::string order;
    SwitchResult yielded;
    std::uint64_t left = 0;
    w.spawn(5, [&](User u) -> Program {
        co_await u.compute(3000);
        yielded = co_await u(ThreadSwitch{});
        order += 'A';
        left = remaining(u, a);
    });
    w.spawn(6, says(order, 'B'));
    w.spawn(7, says(order, 'C'));
    w.run();
    EXPECT_EQ(order, "BCA");
    EXPECT_EQ(yielded.status, 0u);
    EXPECT_EQ(left, L4_SLICE_DEFAULT_US);
}

TEST(ThreadSwitch, WithATimeSliceIdIsRefused) {
    ABI_ROW(switch_bad_slice_id);
    World w;
    std::string order;
    sim::Regs nil, ready;
    const sim::Regs in{.eax = 1, .ebx = 2, .ecx = 3, .edx = 4, .esi = b.low, .edi = 5, .ebp = 6};
    w.spawn(5, [&](User u) -> Program {
        sim::Regs to_nil = in;
        to_nil.esi = L4_NIL_LOW;
        nil = co_await u.syscall(L4_VEC_THREAD_SWITCH, to_nil);
        ready = co_await u.syscall(L4_VEC_THREAD_SWITCH, in);
        order += 'A';
    });
    w.spawn(6, says(order, 'B'));
    w.run();
    EXPECT_EQ(order, "AB");
    sim::Regs expected = in;
    expected.eax = L4_SWITCH_ERROR;
    EXPECT_EQ(ready, expected);
    expected.esi = L4_NIL_LOW;
    EXPECT_EQ(nil, expected);
}

TEST(ThreadSwitch, ToNoThreadIsRefused) {
    ABI_ROW(switch_no_such_thread);
    World w;
    std::string order;
    std::vector<std::uint32_t> status;
    const std::vector<l4_threadid_t> nobody{l4_threadid(99, 0), l4_threadid(6, 1), l4_threadid(5, 1),
                                            l4_invalid_id(),    l4_irq_id(3),      l4_irq_id(254)};
    w.spawn(5, [&](User u) -> Program {
        co_await u(sim::ExRegs{.target = 1}); // dead
        for (const l4_threadid_t to : nobody) {
            const SwitchResult r = co_await u(ThreadSwitch{.to = to});
            status.push_back(r.status);
        }
        order += 'A';
    });
    w.spawn(6, says(order, 'B'));
    w.run();
    EXPECT_EQ(order, "AB");
    EXPECT_EQ(status, std::vector<std::uint32_t>(6, L4_SWITCH_ERROR));
}

TEST(ThreadSwitch, ToAThreadThatIsNotReadyDoesNothing) {
    ABI_ROW(switch_to_thread_not_ready);
    World w;
    std::string order;
    SwitchResult waiting{.status = ~0u}, self{.status = ~0u};
    std::uint64_t left = 0;
    w.spawn(6, [&](User u) -> Program { co_await u.wait(); });
    w.spawn(5, [&](User u) -> Program {
        co_await u.compute(3000);
        waiting = co_await u(ThreadSwitch{.to = b});
        self = co_await u(ThreadSwitch{.to = a});
        order += 'A';
        left = remaining(u, a);
    });
    w.spawn(7, says(order, 'C'));
    w.run();
    EXPECT_EQ(order, "AC");
    EXPECT_EQ(waiting.status, 0u);
    EXPECT_EQ(self.status, 0u);
    EXPECT_EQ(left, L4_SLICE_DEFAULT_US - 3000);
}

TEST(ThreadSwitch, DonatesToAReadyThreadUntilItBlocks) {
    ABI_ROW(switch_donates);
    World w;
    std::string order;
    SwitchResult switched{.status = ~0u};
    w.spawn(5, [&](User u) -> Program {
        switched = co_await u(ThreadSwitch{.to = d});
        order += 'A';
    });
    w.spawn(6, says(order, 'B'));
    w.spawn(8, says(order, 'D'));
    w.run();
    EXPECT_EQ(order, "DAB");
    EXPECT_EQ(switched.status, 0u);
}

TEST(ThreadSwitch, DonatesToAThreadOfLowerPriority) {
    ABI_ROW(switch_donates_to_lower_priority);
    World w;
    std::string order;
    w.spawn({.task = 8, .program = w.program(says(order, 'D')), .prio = 10});
    w.spawn({.task = 7, .program = w.program(says(order, 'C')), .prio = 15});
    const sim::Entry donor = w.program([&](User u) -> Program {
        co_await u(ThreadSwitch{.to = d});
        order += 'A';
    });
    w.spawn({.task = 5, .program = donor, .prio = 20});
    w.run();
    EXPECT_EQ(order, "DAC");
}

TEST(ThreadSwitch, DonationLastsAsLongAsTheDonorsSlice) {
    ABI_ROW(switch_donation_uses_the_donors_slice);
    World w;
    const Timeline timeline(w);
    std::uint64_t donor_left = 0, donee_left = 0, donee_consumed = 0;
    w.spawn(5, [&](User u) -> Program {
        co_await u.compute(6000);
        co_await u(ThreadSwitch{.to = d});
    });
    w.spawn(6, [&](User u) -> Program {
        donor_left = remaining(u, a);
        donee_left = remaining(u, d);
        donee_consumed = u.world().find(d)->consumed().raw();
        co_await u.compute(100);
    });
    w.spawn(8, [&](User u) -> Program { co_await u.compute(7000); });
    w.run();
    EXPECT_EQ(timeline.text(), "5@0 8@6000 6@10000 8@10100 idle@13100");
    EXPECT_EQ(donor_left, L4_SLICE_DEFAULT_US);
    EXPECT_EQ(donee_left, L4_SLICE_DEFAULT_US);
    EXPECT_EQ(donee_consumed, 4000u);
}

TEST(ThreadSwitch, DonationEndsWithTheDonorsSliceThoughNobodyElseWaits) {
    ABI_ROW(switch_donation_uses_the_donors_slice);
    World w;
    const Timeline timeline(w);
    std::uint64_t donor_left = 0;
    const sim::Entry donor = w.program([&](User u) -> Program {
        co_await u.compute(6000);
        co_await u(ThreadSwitch{.to = d});
        donor_left = remaining(u, a);
        co_await u.compute(100);
    });
    const sim::Entry donee = w.program([](User u) -> Program { co_await u.compute(7000); });
    w.spawn({.task = 8, .program = donee, .prio = 10});
    w.spawn({.task = 5, .program = donor, .prio = 20});
    w.run();
    EXPECT_EQ(timeline.text(), "5@0 8@6000 5@10000 8@10100 idle@13100");
    EXPECT_EQ(donor_left, L4_SLICE_DEFAULT_US);
}

TEST(ThreadSwitch, DonationEndsWhenAHigherPriorityRuns) {
    ABI_ROW(switch_donation_ends_by_higher_priority);
    World w;
    std::string order;
    const sim::Entry urgent = w.program([&](User u) -> Program {
        co_await u.sleep(sim::receive_timeout(Micros{1000}));
        order += 'H';
    });
    w.spawn({.task = 9, .program = urgent, .prio = 20});
    w.spawn(5, [&](User u) -> Program {
        co_await u(ThreadSwitch{.to = d});
        order += 'A';
    });
    w.spawn(8, [&](User u) -> Program {
        order += 'D';
        co_await u.compute(5000);
        order += 'd';
    });
    w.run();
    EXPECT_EQ(order, "DHAd");
}

TEST(ThreadSwitch, DonationIsNotTakenUpAgainWhenTheDoneeIsReadyAgain) {
    ABI_ROW(switch_donation_ends_when_donee_blocks);
    World w;
    std::string order;
    w.spawn(5, [&](User u) -> Program {
        co_await u(ThreadSwitch{.to = d});
        order += 'A';
        co_await u(sim::Ipc{.partner = d, .send = L4_SND_DECEIT});
        order += 'a';
    });
    w.spawn(6, says(order, 'B'));
    w.spawn(8, [&](User u) -> Program {
        order += 'D';
        co_await u.wait();
        order += 'd';
    });
    w.run();
    EXPECT_EQ(order, "DAaBd");
}

TEST(ThreadSwitch, DonationEndsWhenTheDoneeSwitches) {
    ABI_ROW(switch_donation_ends_when_donee_switches);
    World w;
    std::string order;
    w.spawn(5, [&](User u) -> Program {
        co_await u(ThreadSwitch{.to = d});
        order += 'A';
        co_await u(ThreadSwitch{.to = d});
        order += 'a';
    });
    w.spawn(8, [&](User u) -> Program {
        order += 'D';
        co_await u(ThreadSwitch{});
        order += 'd';
        co_await u(ThreadSwitch{.to = e});
        order += 'x';
    });
    w.spawn(9, says(order, 'E'));
    w.run();
    EXPECT_EQ(order, "DAdaEx");
}

TEST(ThreadSwitch, DonationOutlivesARefusedSwitchOfTheDonee) {
    World w;
    std::string order;
    w.spawn(5, [&](User u) -> Program {
        co_await u(ThreadSwitch{.to = d});
        order += 'A';
    });
    w.spawn(8, [&](User u) -> Program {
        co_await u(ThreadSwitch{.to = l4_threadid(99, 0)});
        order += 'D';
    });
    w.run();
    EXPECT_EQ(order, "DA");
}

TEST(ThreadSwitch, DonationEndsWhenTheDoneeDeletesTheDonor) {
    World w;
    std::string order;
    const l4_threadid_t donee = l4_threadid(L4_TASK_ROOT, 1);
    w.spawn(5, [&](User u) -> Program { co_await u(ThreadSwitch{.to = donee}); });
    w.spawn(6, says(order, 'B'));
    w.spawn(L4_TASK_ROOT, 1, [&](User u) -> Program {
        co_await u(sim::TaskNew{.task = a, .mcp_or_chief = root.low});
        order += 'R';
    });
    w.run();
    EXPECT_EQ(order, "BR");
    EXPECT_EQ(w.find(a), nullptr);
}

TEST(ThreadSwitch, TellsWhatIsLeftOfTheCallersSlice) {
    ABI_ROW(switch_reports_remaining_slice);
    World w;
    std::vector<std::uint64_t> left;
    const std::vector<l4_threadid_t> destinations{a, b, c, l4_nil_id()}; // itself, waiting, ready, yield
    std::uint64_t of_infinite = 0;
    w.spawn(6, [&](User u) -> Program { co_await u.wait(); });
    w.spawn(5, [&](User u) -> Program {
        co_await u.compute(3000);
        for (const l4_threadid_t to : destinations) {
            const SwitchResult r = co_await u(ThreadSwitch{.to = to});
            left.push_back(r.remaining);
        }
        co_await u(sim::ThreadSchedule{.thread = a, .param = l4_sched_param(16, 0, 0)});
        co_await u.compute(3000);
        const SwitchResult r = co_await u(ThreadSwitch{});
        of_infinite = r.remaining;
    });
    w.spawn(7, [&](User) -> Program { co_return; });
    w.run();
    EXPECT_EQ(left, std::vector<std::uint64_t>(4, 7000));
    EXPECT_EQ(of_infinite, infinite);
}

TEST(ThreadSwitch, LooksAtTheLowWordOnly) {
    World w;
    std::string order;
    w.spawn(5, [&](User u) -> Program {
        co_await u(ThreadSwitch{.to = {d.low | L4_ID_VERSION_LOW_MASK, ~0u}});
        order += 'A';
    });
    w.spawn(6, says(order, 'B'));
    w.spawn(8, says(order, 'D'));
    w.run();
    EXPECT_EQ(order, "DAB");
}

} // namespace
} // namespace conformance::system
