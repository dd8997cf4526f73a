// SPDX-License-Identifier: BSD-2-Clause
// Existing programs see no difference (thesis 3.2): programs that use V2 only, and so leave all of their
// UTCBs 0, get no message, no word and no register that V2 does not have.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <vector>

#include "kern/task.h"
#include "l4/abi/fpage.h"
#include "test/conformance/ipc/support/pager.h"
#include "test/conformance/thesis/support/world.h"

namespace conformance::thesis {
namespace {

/// Looks at all UTCBs of all tasks after every event: nobody has written a byte there.
class Untouched : sim::Observer {
public:
    explicit Untouched(World& w) : w_(w) { w.observe(*this); }
    unsigned looks = 0, written = 0;

private:
    void after(sim::World&, const kern::Event&, const kern::Thread&) override {
        for (std::uint16_t n = 0; n < 16; ++n) {
            const kern::Task* const task = w_.kernel().tasks().task(kern::TaskNo{n});
            if (task == nullptr || task->dying()) continue;
            for (Word i = 0; i < kern::Task::utcb_pages; ++i) {
                ++looks;
                const auto bytes = w_.machine().page(task->utcb_frame(i));
                written +=
                    std::any_of(bytes.begin(), bytes.end(), [](std::byte b) { return b != std::byte{}; });
            }
        }
    }
    World& w_;
};

constexpr Word buffer = 0x20000000, missing = 0x10000000;

/// All V2 calls, in many variants; some wait for others, some fail.
Program old_program(User u, l4_threadid_t partner, int rounds, int& done) {
    const l4_threadid_t self = u.raw_id();
    for (int i = 0; i < rounds; ++i) {
        sim::MessageBuffer message(buffer + 0x1000 * u.id().lthread, 40, 1);
        message.send(40);
        co_await u.put(message);
        co_await u.store32(missing + 0x1000 * static_cast<Word>(i), 1);
        co_await u.call(partner, 1, 2, sim::send_timeout(Micros{300}) | sim::receive_timeout(Micros{300}));
        co_await u.send(partner, 1, 2, sim::send_timeout(Micros{300}));
        co_await u.wait(sim::receive_timeout(Micros{200}));
        co_await u(
            Ipc{.partner = partner, .send = message.address(), .timeout = sim::send_timeout(Micros{300})});
        co_await u(
            Ipc{.receive = message.address() | L4_RCV_OPEN, .timeout = sim::receive_timeout(Micros{300})});
        co_await u.send_fpage(partner, 0, l4_fpage(missing, 12, L4_FP_WRITE), sim::send_timeout(Micros{100}));
        co_await u.receive_fpage(partner, l4_fpage(missing + 0x100000, 16, 0),
                                 sim::receive_timeout(Micros{400}));
        co_await u(sim::IdNearest{.id = partner});
        co_await u(sim::IdNearest{.id = l4_nil_id()});
        co_await u(sim::Unmap{.fpage = l4_fpage(missing, 14, 0), .mask = L4_FP_FLUSH | L4_FP_ALL_SPACES});
        co_await u(sim::ThreadSwitch{});
        co_await u(sim::ThreadSwitch{.to = partner});
        co_await u(sim::ThreadSchedule{.thread = self});
        co_await u(sim::ThreadSchedule{.thread = self, .param = l4_sched_param(16, 100, 12)});
        co_await u(sim::ExRegs{.target = u.id().lthread});
        co_await u(sim::ExRegs{.target = 77, .esp = 0, .eip = L4_EX_REGS_KEEP, .pager = root});
        co_await u(sim::TaskNew{.task = l4_threadid(1, 0)});
        co_await u.syscall(L4_VEC_IPC, {.eax = L4_IPC_NO_SEND, .ebp = L4_IPC_NO_RECV});
    }
    ++done;
}

TEST(OldPrograms, LeaveTheirUtcbsZero) {
    ABI_ROW(pf_without_state);
    World w(sim::WorldConfig{.machine = {.user_pages = 512}});
    Untouched untouched(w);
    int done = 0;
    const auto program = [&](l4_threadid_t partner) -> sim::Body {
        return [&done, partner](User u) { return old_program(u, partner, 4, done); };
    };
    w.start(e, sim::echo);
    w.start(a, program(b));
    w.start(l4_threadid(5, 1), program(e));
    w.start(b, program(a));
    w.start(c, program(l4_threadid(5, 1)));
    EXPECT_EQ(w.run(1000000), sim::End::idle);
    EXPECT_EQ(done, 4);
    EXPECT_GT(untouched.looks, 1000u);
    EXPECT_EQ(untouched.written, 0u);
}

TEST(OldPrograms, PagersGetPageFaultMessagesOnly) {
    ABI_ROW(pf_without_state);
    ABI_ROW(exc_not_enabled);
    World w;
    Untouched untouched(w);
    ipc::Pager pager({ipc::Pager::Reply::map});
    struct Trap {
        std::function<sim::Do(User)> execute;
        bool kills;
    };
    const Trap traps[] = {{[](User u) { return u.raise(L4_TRAP_DIVIDE); }, true},
                          {[](User u) { return u.raise(L4_TRAP_BREAKPOINT); }, true},
                          {[](User u) { return u.raise(L4_TRAP_PROTECTION, 0x18); }, true},
                          {[](User u) { return u.store32(missing, 1); }, false}};
    std::uint8_t lthread = 1;
    unsigned survivors = 0;
    w.start(e, pager.body());
    w.start(a, sim::park);
    for (const Trap& trap : traps)
        w.start(l4_threadid(5, lthread++),
                [&](User u) -> Program {
                    co_await until(u, 1000);
                    co_await trap.execute(u);
                    ++survivors;
                },
                {.pager = e});
    w.run();
    ASSERT_EQ(pager.messages.size(), 1u);
    EXPECT_EQ(pager.messages[0].w0, missing | L4_PF_WRITE);
    EXPECT_EQ(survivors, 1u);
    for (std::uint8_t i = 0; i < std::size(traps); ++i)
        EXPECT_EQ(w.state(l4_threadid(5, i + 1)) == For::dead, traps[i].kills) << unsigned{i};
    EXPECT_EQ(untouched.written, 0u);
}

/// A handler of its own page faults and messages, whose answers carry no state although its UTCB could.
TEST(OldPrograms, AnswersOfPagersSetNothing) {
    ABI_ROW(pf_without_state);
    World w;
    ipc::Pager pager({ipc::Pager::Reply::words, ipc::Pager::Reply::map});
    arch::Frame before{}, after{};
    w.start(e, pager.body());
    w.start(a,
            [&](User u) -> Program {
                co_await until(u, 1000);
                arch::Frame mine = registers(0x11110000);
                co_await u.assume(mine);
                co_await u.look(before);
                co_await u.load32(missing);
                co_await u.look(after);
            },
            {.pager = e});
    w.run();
    EXPECT_EQ(pager.messages.size(), 2u);
    l4_utcb_state_t expected = state_of(before);
    expected.eip += 2 * sim::instruction_length;
    EXPECT_EQ(words(state_of(after)), words(expected));
    EXPECT_EQ(w.thread(a).time_limit(), kern::never);
}

TEST(OldPrograms, ThreadsHaveNothingOfTheExtensions) {
    ABI_ROW(tls_descriptors);
    World w;
    int done = 0;
    w.play({{a, [&](User u) { return old_program(u, root, 2, done); }}});
    const kern::Thread& t = w.thread(a);
    EXPECT_EQ(done, 1);
    EXPECT_FALSE(t.alien());
    EXPECT_FALSE(t.triggered() || t.time_fault() || t.stop());
    EXPECT_EQ(t.after_call(), 0u);
    EXPECT_EQ(t.time_limit(), kern::never);
    EXPECT_EQ(t.tls(), (std::array<std::uint64_t, 3>{}));
    EXPECT_EQ(t.idt_limit(), 0u);
}

} // namespace
} // namespace conformance::thesis
