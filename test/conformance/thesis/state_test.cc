// SPDX-License-Identifier: BSD-2-Clause
// lthread_ex_regs with state: fetched, set, and both in an interruption (docs/semantics.md 14).
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "test/conformance/thesis/support/controlled.h"

namespace conformance::thesis {
namespace {

using sim::ExRegs;
using sim::ExRegsResult;

constexpr Word get = L4_EX_REGS_STATE_GET, set = L4_EX_REGS_STATE_SET, stop = L4_EX_REGS_STOP,
               no_cancel = L4_EX_REGS_NO_CANCEL, a0 = l4_ex_regs_target(5, 0);

TEST(State, IsFetchedOfAThreadThatRuns) {
    ABI_ROW(ex_regs_state_get);
    Controlled c;
    Words got{};
    ExRegsResult result;
    l4_utcb_t mine{}, after{};
    mine.state = state_of(pattern(1));
    mine.reserved[0] = 0x55;
    c.run(c.busy(), [&](User u) -> Program {
        co_await u.utcb().store(mine);
        co_await until(u, 1000);
        result = co_await u(ExRegs{.target = a0 | get});
        co_await u.utcb().load(after);
    });
    got = words(after.state);
    EXPECT_EQ(got, c.state());
    EXPECT_EQ(result.eip, next(c.before));
    EXPECT_EQ(result.esp, c.before.esp);
    EXPECT_EQ(after.reserved[0], 0x55u);
    EXPECT_EQ(after.snd_size, 0u);
    EXPECT_TRUE(c.ended);
}

TEST(State, IsFetchedOfAThreadThatWaits) {
    ABI_ROW(ex_regs_state_get);
    Controlled c;
    Words got{};
    IpcResult received;
    const Ipc call{.partner = {0x5eed, 0x600d}, .w0 = 1, .w1 = 2, .receive = L4_RCV_OPEN, .timeout = 0};
    c.run(
        [&](User u) -> Program {
            co_await u.look(c.before);
            received = co_await u(call);
        },
        [&](User u) -> Program {
            co_await until(u, 1000);
            co_await u(ExRegs{.target = a0 | get});
            got = co_await fetched(u);
            co_await u.send(a, 7, 8);
        });
    l4_utcb_state_t s = state_of(c.before);
    s.eip = next(c.before) + sim::instruction_length;
    const sim::Regs r = call.regs();
    s.eax = r.eax, s.ebx = r.ebx, s.ecx = r.ecx, s.edx = r.edx, s.esi = r.esi, s.edi = r.edi, s.ebp = r.ebp;
    EXPECT_EQ(got, words(s));
    EXPECT_EQ(received.w0, 7u);
}

TEST(State, OfAThreadInAFaultOrExceptionTellsOfIt) {
    ABI_ROW(ex_regs_state_get);
    constexpr Word missing = 0x10000003;
    struct Case {
        std::function<sim::Do(User)> trap;
        Word trapno, err, pfa;
    };
    for (const Case& x : {Case{[](User u) { return u.store8(missing, 1); }, 14, 6, missing},
                          Case{[](User u) { return u.out(0x60, 1); }, 13, 0, 0},
                          Case{[](User u) { return u.raise(17, 0); }, 17, 0, 0},
                          Case{[](User u) { return u.raise(12, 0x1230); }, 12, 0x1230, 0}}) {
        Controlled c;
        Words got{};
        c.run(
            [&](User u) -> Program {
                co_await u.look(c.before);
                co_await x.trap(u);
            },
            [&](User u) -> Program {
                l4_utcb_t mine = pager_utcb(L4_UTCB_EXCEPTIONS, 0);
                co_await u.utcb().store(mine);
                co_await u.wait();
                co_await u(ExRegs{.target = a0 | get});
                got = co_await fetched(u);
            });
        l4_utcb_state_t s = state_of(c.before);
        s.eip = next(c.before), s.trapno = x.trapno, s.err = x.err, s.pfa = x.pfa;
        EXPECT_EQ(got, words(s));
    }
}

TEST(State, StopAndFetchThenSetIsTwoCalls) {
    ABI_ROW(ex_regs_with_state);
    Controlled c;
    Words at_stop{}, later{};
    std::vector<For> states;
    c.run(c.busy(), [&](User u) -> Program {
        co_await until(u, 1000);
        co_await u(ExRegs{.target = a0 | stop | get});
        at_stop = co_await fetched(u);
        states.push_back(c.w.state(a));
        co_await until(u, 50000); // all of A's time, if it ran
        states.push_back(c.w.state(a));
        co_await u(ExRegs{.target = a0 | get});
        later = co_await fetched(u);
        EXPECT_FALSE(c.ended);
        co_await prepare(u, pattern_at(c.there));
        co_await u(ExRegs{.target = a0 | set});
    });
    EXPECT_EQ(at_stop, c.state());
    EXPECT_EQ(later, at_stop);
    EXPECT_EQ(states, (std::vector<For>{For::stopped, For::stopped}));
    ASSERT_EQ(c.landing.arrived.size(), 1u);
    EXPECT_EQ(words(state_of(c.landing.arrived[0])), seen(pattern_at(c.there)));
    EXPECT_FALSE(c.ended);
}

TEST(State, SetAsItWasFetchedGoesOnAsIfNothingHadHappened) {
    ABI_ROW(ex_regs_with_state);
    Controlled c;
    c.run(c.busy(), [&](User u) -> Program {
        for (Time t = 1000; t < 8000; t += 500) {
            co_await until(u, t);
            co_await u(ExRegs{.target = a0 | stop | get});
            co_await until(u, t + 250);
            co_await u.utcb().set(&l4_utcb_t::snd_size, L4_UTCB_STATE_WORDS);
            co_await u(ExRegs{.target = a0 | set});
        }
    });
    EXPECT_TRUE(c.ended);
    Words expected = words(state_of(c.before));
    expected[12] = next(c.before) + sim::instruction_length;
    EXPECT_EQ(words(state_of(c.after)), expected);
}

/// Counts the kernel entries of A and of calls that E makes about A; not its waiting for the next message.
class Entries : sim::Observer {
public:
    explicit Entries(World& w) { w.observe(*this); }
    unsigned count = 0;

private:
    void before(sim::World&, const kern::Event& event, const kern::Thread& running) override {
        using Kind = kern::Event::Kind;
        if (running.idle() || event.kind == Kind::timer || event.kind == Kind::irq) return;
        const bool wait =
            event.kind == Kind::syscall && event.code == L4_VEC_IPC && running.frame.eax == L4_IPC_NO_SEND;
        const bool theirs = running.id() == kern::ThreadId::of(a) || running.id() == kern::ThreadId::of(e);
        count += theirs && !wait;
    }
};

/// Thesis, figure 3.2: the server interrupts a user process and restarts it with another state.
TEST(State, InterruptionTakesTwoEntriesInsteadOfThree) {
    ABI_ROW(ex_regs_with_state);
    unsigned by_exception = 0, by_state = 0;
    {
        Controlled c;
        Entries entries(c.w);
        c.run(c.busy(), [&](User u) -> Program {
            l4_utcb_t mine = pager_utcb();
            co_await u.utcb().store(mine);
            co_await until(u, 1000);
            entries.count = 0;
            co_await u(ExRegs{.target = a0 | L4_EX_REGS_RAISE_EXCEPTION});
            const IpcResult m = co_await u.wait();
            EXPECT_EQ(Answer::of(m), exception_of(a));
            EXPECT_EQ(co_await fetched(u), [&] {
                Words s = c.state();
                s[10] = L4_TRAP_TRIGGERED;
                return s;
            }());
            co_await u.utcb().set(&l4_utcb_t::snd_size, L4_UTCB_STATE_WORDS);
            co_await u(words_to(m.from));
            by_exception = entries.count;
        });
        EXPECT_TRUE(c.ended);
    }
    {
        Controlled c;
        Entries entries(c.w);
        c.run(c.busy(), [&](User u) -> Program {
            co_await until(u, 1000);
            entries.count = 0;
            co_await u(ExRegs{.target = a0 | stop | get});
            EXPECT_EQ(co_await fetched(u), c.state());
            co_await u.utcb().set(&l4_utcb_t::snd_size, L4_UTCB_STATE_WORDS);
            co_await u(ExRegs{.target = a0 | set});
            by_state = entries.count;
        });
        EXPECT_TRUE(c.ended);
    }
    EXPECT_EQ(by_exception, 3u);
    EXPECT_EQ(by_state, 2u);
}

TEST(StateSet, CanNotRaisePrivileges) {
    ABI_ROW(ex_regs_state_set_is_sanitised);
    Controlled c;
    c.run(c.busy(), [&](User u) -> Program {
        co_await until(u, 1000);
        Words s = pattern_at(c.there);
        s[0] = 0x10, s[1] = 0x33; // the kernel's; an empty TLS slot
        s[13] = 8;
        s[14] = ~Word{0x300}; // all but IF and TF
        co_await prepare(u, s);
        co_await u(ExRegs{.target = a0 | set});
    });
    ASSERT_EQ(c.landing.arrived.size(), 1u);
    const arch::Frame& f = c.landing.arrived[0];
    EXPECT_EQ(f.gs, 0u);
    EXPECT_EQ(f.fs, 0u);
    EXPECT_EQ(f.cs, 0x1bu);
    EXPECT_EQ(f.eflags, (0x00240dd5u & ~0x100u) | 0x202u);
}

TEST(StateSet, SetsAsManyWordsAsAreSent) {
    ABI_ROW(ex_regs_state_set_is_sanitised);
    for (const Word size : {0u, 1u, 5u, 12u, 13u, 15u, 16u, 1000u}) {
        Controlled c;
        Words got{};
        c.run(c.busy(), [&](User u) -> Program {
            co_await until(u, 1000);
            co_await prepare(u, pattern_at(c.there), size);
            co_await u(ExRegs{.target = a0 | set | stop});
            co_await u(ExRegs{.target = a0 | get});
            got = co_await fetched(u);
        });
        Words expected = c.state(), given = pattern_at(c.there);
        for (Word i = 0; i < std::min(size, L4_UTCB_STATE_WORDS); ++i)
            if (i != 5 && i != 10 && i != 11 && i != 13) expected[i] = given[i];
        EXPECT_EQ(got, expected) << size;
    }
}

/// Words that a program may not have, each of them.
TEST(StateSet, MakesEachWordThatIsTakenSafeAndTouchesNoOther) {
    ABI_ROW(ex_regs_state_set_is_sanitised);
    constexpr Word bad_selector = 0x10, bad_code = 8, trap_flag = 1u << 8;
    for (Word size = 0; size <= L4_UTCB_STATE_WORDS; ++size) {
        Controlled c;
        Words got{};
        Words given = pattern(0xa0a0a0a0);
        given[0] = bad_selector, given[1] = 0x33; // the kernel's; an empty TLS slot
        given[13] = bad_code, given[14] = ~(0x200 | trap_flag);
        c.run(c.busy(), [&](User u) -> Program {
            co_await until(u, 1000);
            co_await prepare(u, given, size);
            co_await u(ExRegs{.target = a0 | set | stop});
            co_await u(ExRegs{.target = a0 | get});
            got = co_await fetched(u);
        });
        Words expected = c.state();
        for (Word i = 0; i < size; ++i)
            if (i != 5 && i != 10 && i != 11 && i != 13) expected[i] = given[i];
        if (size > 0) expected[0] = 0;
        if (size > 1) expected[1] = 0;
        if (size > 14) expected[14] = (0x00240dd5 & ~trap_flag) | 0x202;
        EXPECT_EQ(got, expected) << size;
    }
}

TEST(StateSet, IsOverwrittenByEipAndEspOfTheSameCall) {
    ABI_ROW(ex_regs_with_state);
    Controlled c;
    c.run(c.busy(), [&](User u) -> Program {
        co_await until(u, 1000);
        co_await prepare(u, pattern_at(c.elsewhere));
        co_await u(ExRegs{.target = a0 | set, .esp = 0x1234, .eip = c.there.eip});
    });
    ASSERT_EQ(c.landing.arrived.size(), 1u);
    Words expected = seen(pattern_at(c.there));
    expected[15] = 0x1234;
    EXPECT_EQ(words(state_of(c.landing.arrived[0])), expected);
    EXPECT_TRUE(c.other.arrived.empty());
}

TEST(StateSet, CancelsAnIpc) {
    ABI_ROW(ex_regs_state_set_cancels);
    Controlled c;
    ExRegsResult old;
    c.run([](User u) -> Program { co_await u.sleep(); },
          [&](User u) -> Program {
              co_await until(u, 1000);
              co_await prepare(u, pattern_at(c.there));
              old = co_await u(ExRegs{.target = a0 | set});
          });
    ASSERT_EQ(c.landing.arrived.size(), 1u);
    EXPECT_EQ(words(state_of(c.landing.arrived[0])), seen(pattern_at(c.there))); // no result over it
    EXPECT_TRUE(old.ok());
}

TEST(StateSet, CancelsASendOfWhichTheReceiverSeesNothing) {
    ABI_ROW(ex_regs_state_set_cancels);
    Controlled c;
    IpcResult late;
    c.run([](User u) -> Program { co_await u.send(e, 1, 2); },
          [&](User u) -> Program {
              co_await until(u, 1000);
              EXPECT_EQ(c.w.state(a), For::send);
              co_await prepare(u, pattern_at(c.there), 5); // EAX is not among them
              co_await u(ExRegs{.target = a0 | set, .eip = c.there.eip});
              late = co_await u.wait(L4_TIMEOUT_RCV_ZERO);
          });
    ASSERT_EQ(c.landing.arrived.size(), 1u);
    EXPECT_EQ(c.landing.arrived[0].eax, L4_IPC_SECANCELED);
    EXPECT_EQ(late.error(), L4_IPC_RETIMEOUT);
}

TEST(StateSet, WithNoCancelTheIpcGoesOnAndItsResultIsWrittenOverTheState) {
    ABI_ROW(ex_regs_state_set_cancels);
    Controlled c;
    For meanwhile{};
    IpcResult sent;
    c.run([](User u) -> Program { co_await u.wait(); },
          [&](User u) -> Program {
              co_await until(u, 1000);
              co_await prepare(u, pattern_at(c.there));
              co_await u(ExRegs{.target = a0 | set | no_cancel});
              meanwhile = c.w.state(a);
              co_await until(u, 2000);
              co_await prepare(u, {}, 0);
              sent = co_await u.send(a, 7, 8, L4_TIMEOUT_SND_ZERO);
          });
    EXPECT_EQ(meanwhile, For::receive_any);
    EXPECT_EQ(sent.dope, L4_IPC_OK);
    ASSERT_EQ(c.landing.arrived.size(), 1u);
    Words expected = seen(pattern_at(c.there));
    expected[9] = l4_msgdope(2, 0), expected[7] = 7, expected[6] = 8;
    expected[3] = from_root(e).low, expected[2] = from_root(e).high;
    EXPECT_EQ(words(state_of(c.landing.arrived[0])), expected);
}

TEST(StateSet, WithNoCancelTheCallKeepsTheWordsItWasMadeWith) {
    ABI_ROW(ex_regs_state_set_cancels);
    Controlled c;
    IpcResult got;
    c.run([](User u) -> Program { co_await u.send(e, 0x1234, 0x5678); },
          [&](User u) -> Program {
              co_await until(u, 1000);
              co_await prepare(u, pattern_at(c.there));
              co_await u(ExRegs{.target = a0 | set | no_cancel});
              co_await until(u, 2000);
              got = co_await u.wait();
          });
    EXPECT_EQ(Answer::of(got), ipc::message(a, 0x1234, 0x5678));
    ASSERT_EQ(c.landing.arrived.size(), 1u);
    EXPECT_EQ(c.landing.arrived[0].eax, L4_IPC_OK);
    EXPECT_EQ(c.landing.arrived[0].ebx, pattern_at(c.there)[6]);
}

TEST(State, StartsAThreadThatDoesNotExist) {
    ABI_ROW(ex_regs_creates_with_state);
    Controlled c;
    ExRegsResult made{.eflags = 1};
    c.run([](User u) -> Program { co_await u.sleep(); },
          [&](User u) -> Program {
              co_await until(u, 1000);
              co_await prepare(u, pattern_at(c.there));
              made = co_await u(ExRegs{.target = l4_ex_regs_target(5, 3) | set, .pager = e});
          });
    EXPECT_EQ(made.eflags, 0u);
    ASSERT_EQ(c.landing.arrived.size(), 1u);
    EXPECT_EQ(words(state_of(c.landing.arrived[0])), seen(pattern_at(c.there)));
}

TEST(State, OfPartStartsAThreadAtAddress0) {
    ABI_ROW(ex_regs_creates_with_state);
    Controlled c;
    IpcResult fault;
    ExRegsResult old;
    c.run([](User u) -> Program { co_await u.sleep(); },
          [&](User u) -> Program {
              co_await until(u, 1000);
              co_await prepare(u, pattern_at(c.there), 5);
              co_await u(ExRegs{.target = l4_ex_regs_target(5, 3) | set, .pager = e});
              fault = co_await u.wait();
              old = co_await u(ExRegs{.target = l4_ex_regs_target(5, 3)});
          });
    EXPECT_EQ(Answer::of(fault), ipc::message(l4_threadid(5, 3), 0, 0)); // at address 0, EIP 0
    EXPECT_EQ(old.esp, 0u);
    EXPECT_EQ(old.eip, 0u);
}

TEST(State, StartsADeadThread) {
    ABI_ROW(ex_regs_creates_with_state);
    Controlled c;
    For dead{};
    c.run(
        [](User u) -> Program {
            co_await u(ExRegs{.target = 2, .pager = e});
            co_await u.sleep();
        },
        [&](User u) -> Program {
            co_await until(u, 1000);
            dead = c.w.state(l4_threadid(5, 2));
            co_await prepare(u, pattern_at(c.there));
            co_await u(ExRegs{.target = l4_ex_regs_target(5, 2) | set | no_cancel});
        });
    EXPECT_EQ(dead, For::dead);
    ASSERT_EQ(c.landing.arrived.size(), 1u);
}

} // namespace
} // namespace conformance::thesis
