// SPDX-License-Identifier: BSD-2-Clause
// What sim::World's processor does with instructions that trap, that are executed again, or that somebody
// else executes; with segments, single steps and the interrupt flag.
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "ia32/trap_frame.h"
#include "l4/abi/exception.h"
#include "l4/abi/fpage.h"
#include "sim/segments.h"
#include "sim/world.h"

namespace {
using kern::Micros;
using sim::Program;
using sim::User;
using sim::World;

constexpr l4_threadid_t handler = l4_threadid(6, 0);

/// Task 5 runs a program; task 6 is its pager, is told its exceptions, and answers with the state that this
/// leaves.
struct Handled {
    using Answer = std::function<void(std::size_t, l4_utcb_state_t&)>;
    World w;
    std::vector<l4_utcb_state_t> states;

    void run(const sim::Body& program, Answer answer) {
        w.spawn(6, [this, answer](User u) -> Program {
            l4_utcb_t mine{};
            mine.status = L4_UTCB_EXCEPTIONS | L4_UTCB_DEBUG;
            mine.rcv_size = mine.snd_size = L4_UTCB_STATE_WORDS;
            co_await u.utcb().store(mine);
            for (;;) {
                const sim::IpcResult m = co_await u.wait();
                l4_utcb_state_t s{};
                co_await u.utcb().load_state(s);
                states.push_back(s);
                answer(states.size() - 1, s);
                co_await u.utcb().store_state(s);
                co_await u.send(m.from, 0, 0);
            }
        });
        w.spawn({.task = 5, .program = w.program(program), .pager = handler});
        EXPECT_EQ(w.run(), sim::End::idle);
    }
};

void skip(std::size_t, l4_utcb_state_t& s) { s.eip += sim::instruction_length; }

TEST(Processor, ExecutesAnInstructionAgainAtTheSameAddress) {
    Handled h;
    bool survived = false;
    h.run(
        [&](User u) -> Program {
            co_await u.raise(L4_TRAP_DIVIDE);
            survived = true;
        },
        [](std::size_t i, l4_utcb_state_t& s) {
            if (i == 3) skip(i, s);
        });
    EXPECT_EQ(h.states.size(), 4u);
    EXPECT_TRUE(survived);
}

TEST(Processor, ReadsTheRegistersOfAnIntOnlyTheFirstTime) {
    Handled h;
    sim::Regs result;
    h.run([&](User u) -> Program { result = co_await u.syscall(0x80, {.eax = 1, .ebx = 2}); },
          [](std::size_t i, l4_utcb_state_t& s) {
              if (i == 0) s.eax = 77; // the program executes the int again, and does not load EAX again
              if (i == 1) skip(i, s);
          });
    ASSERT_EQ(h.states.size(), 2u);
    EXPECT_EQ(h.states[1].eax, 77u);
    EXPECT_EQ(result.eax, 77u);
    EXPECT_EQ(result.ebx, 2u);
}

TEST(Processor, TakesEaxForTheValueOfAnInstructionThatAnotherExecuted) {
    World w;
    std::uint32_t value = 0;
    w.spawn(6, [](User u) -> Program {
        l4_utcb_t mine{};
        mine.status = L4_UTCB_PF_STATE;
        mine.rcv_size = mine.snd_size = L4_UTCB_STATE_WORDS;
        co_await u.utcb().store(mine);
        const sim::IpcResult m = co_await u.wait();
        l4_utcb_state_t s{};
        co_await u.utcb().load_state(s);
        s.eax = 0x1234;
        s.eip += sim::instruction_length;
        co_await u.utcb().store_state(s);
        co_await u.send(m.from, 0, 0);
    });
    w.spawn({.task = 5,
             .program = w.program([&](User u) -> Program { value = co_await u.in(0x60); }),
             .pager = handler});
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(value, 0x1234u);
}

TEST(Processor, RaisesExceptionsWithTheirErrorCode) {
    Handled h;
    h.run([](User u) -> Program { co_await u.raise(L4_TRAP_STACK, 0x1238); }, skip);
    ASSERT_EQ(h.states.size(), 1u);
    EXPECT_EQ(h.states[0].trapno, L4_TRAP_STACK);
    EXPECT_EQ(h.states[0].err, 0x1238u);
}

TEST(Processor, FindsAProgramAgainWhereItWasLeft) {
    World w;
    std::vector<int> order;
    std::uint32_t trapped = 0;
    const sim::Entry away = w.program([&](User u) -> Program {
        order.push_back(2);
        co_await u.compute(1);
        co_await u.jump({trapped + sim::instruction_length});
    });
    w.spawn(6, [&](User u) -> Program {
        l4_utcb_t mine{};
        mine.status = L4_UTCB_EXCEPTIONS;
        mine.rcv_size = mine.snd_size = L4_UTCB_STATE_WORDS;
        co_await u.utcb().store(mine);
        const sim::IpcResult m = co_await u.wait();
        l4_utcb_state_t s{};
        co_await u.utcb().load_state(s);
        trapped = s.eip;
        s.eip = away.eip;
        co_await u.utcb().store_state(s);
        co_await u.send(m.from, 0, 0);
    });
    w.spawn({.task = 5,
             .program = w.program([&](User u) -> Program {
                 order.push_back(1);
                 co_await u.raise(L4_TRAP_DIVIDE);
                 order.push_back(3);
             }),
             .pager = handler});
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(Processor, GoesOnBeyondTheEndOfAProgramsWindow) {
    Handled h;
    unsigned done = 0;
    h.run(
        [&](User u) -> Program {
            for (; done < 5000; ++done) co_await u.syscall(0x80, {.eax = done});
        },
        skip);
    EXPECT_EQ(done, 5000u);
    EXPECT_EQ(h.states.size(), 5000u);
}

TEST(Processor, TrapsAfterEachInstructionThatBeganWithTheTrapFlag) {
    Handled h;
    std::uint32_t first = 0;
    h.run(
        [&](User u) -> Program {
            arch::Frame f{};
            co_await u.look(f);
            first = f.eip;
            f.eflags |= sim::eflags_trap;
            co_await u.assume(f); // does not trap itself
            co_await u.compute(1);
            co_await u.syscall(L4_VEC_IPC, {.eax = L4_IPC_NO_SEND, .ebp = L4_IPC_NO_RECV}); // nor does int
            co_await u.compute(1);
            co_await u.compute(1);
        },
        [](std::size_t i, l4_utcb_state_t& s) {
            if (i == 1) s.eflags &= ~sim::eflags_trap;
        });
    ASSERT_EQ(h.states.size(), 2u);
    EXPECT_EQ(h.states[0].trapno, L4_TRAP_DEBUG);
    EXPECT_EQ(h.states[0].eip, first + 3 * sim::instruction_length);
    EXPECT_EQ(h.states[1].eip, first + 5 * sim::instruction_length);
}

TEST(Processor, RefusesSelectorsThatAProgramMayNotLoad) {
    Handled h;
    std::vector<std::uint32_t> refused;
    h.run(
        [&](User u) -> Program {
            for (const std::uint32_t s : {0x08u, 0x10u, 0x33u, 0x4bu, 0x1fu}) co_await u.segments(s, 0x23);
            for (const std::uint32_t s : {0x00u, 0x03u, 0x1bu, 0x23u, 0x2bu}) co_await u.segments(0x2b, s);
        },
        [&](std::size_t i, l4_utcb_state_t& s) {
            refused.push_back(s.err);
            EXPECT_EQ(s.trapno, L4_TRAP_PROTECTION);
            skip(i, s);
        });
    EXPECT_EQ(refused, (std::vector<std::uint32_t>{0x08, 0x10, 0x30, 0x48, 0x1c}));
}

TEST(Processor, FindsTheUtcbAtGs0AndNothingBehind) {
    Handled h;
    std::uint32_t at = 0, through_null = 1;
    h.run(
        [&](User u) -> Program {
            at = co_await u.load_gs(0);
            co_await u.load_gs(4);
            co_await u.segments(0, 0);
            through_null = co_await u.load_gs(0);
        },
        [](std::size_t i, l4_utcb_state_t& s) {
            s.eax = 0;
            skip(i, s);
        });
    EXPECT_EQ(at, L4_UTCB_AREA);
    EXPECT_EQ(through_null, 0u);
    ASSERT_EQ(h.states.size(), 2u);
    EXPECT_EQ(h.states[0].err, 0u);
}

TEST(Segments, HaveBaseAndLimit) {
    arch::Machine m;
    m.set_tls({sim::data_segment(0x1000, 0xff, 0xf2, 0x4), sim::data_segment(0xfffffff0, 0xfffff),
               sim::data_segment(0x2000, 0xff, 0xf6, 0x4)});
    EXPECT_TRUE(sim::loadable(m, 0x33));
    EXPECT_EQ(sim::linear(m, 0x33, 0xfc, 4), 0x10fcu);
    EXPECT_FALSE(sim::linear(m, 0x33, 0xfd, 4));
    EXPECT_EQ(sim::linear(m, 0x3b, 0x20, 4), 0x10u); // wraps
    EXPECT_FALSE(sim::linear(m, 0x43, 0xff, 1));     // expand-down
    EXPECT_EQ(sim::linear(m, 0x43, 0x100, 4), 0x2100u);
    EXPECT_EQ(sim::linear(m, 0x23, 0x12345678, 4), 0x12345678u);
    EXPECT_FALSE(sim::linear(m, 0, 0, 4));
    m.set_tls({});
    EXPECT_FALSE(sim::loadable(m, 0x33));
    EXPECT_FALSE(sim::linear(m, 0x33, 0, 4));
}

/// Gives all ports to whoever asks.
Program port_pager(User u) {
    co_await u.call_for_fpage(l4_threadid(L4_TASK_SIGMA0, 0), L4_FP_IO_WHOLE, 0, L4_FP_IO_WHOLE);
    for (;;) {
        const sim::IpcResult m = co_await u.wait();
        co_await u.send_fpage(m.from, 0, L4_FP_IO_WHOLE);
    }
}

TEST(Processor, TakesNoInterruptsBetweenCliAndSti) {
    World w;
    std::vector<std::uint64_t> times;
    w.spawn(6, port_pager);
    w.run();
    w.spawn({.task = 7,
             .program = w.program([&](User u) -> Program {
                 co_await u.attach(3);
                 for (;;) {
                     co_await u.receive(l4_irq_id(3));
                     times.push_back(u.now().raw());
                 }
             }),
             .prio = 20});
    w.spawn({.task = 5,
             .program = w.program([](User u) -> Program {
                 co_await u.cli();
                 co_await u.compute(1000);
                 co_await u.sti();
                 co_await u.compute(1000);
             }),
             .pager = handler});
    w.at(Micros{500}, kern::Line{3});
    w.at(Micros{1500}, kern::Line{3});
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(times, (std::vector<std::uint64_t>{1000, 1500}));
}

TEST(Processor, LetsAProgramWithPrivilegeUseAllPorts) {
    World w;
    std::vector<unsigned> used;
    w.machine().ports().on_out = [&](std::uint16_t port, unsigned, std::uint32_t) { used.push_back(port); };
    w.spawn(6, port_pager);
    w.run();
    w.spawn({.task = 5,
             .program = w.program([](User u) -> Program {
                 co_await u.sti();
                 co_await u.out(0x60, 1);
                 co_await u.out(0xfffc, 1, 4);
             }),
             .pager = handler});
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(used, (std::vector<unsigned>{0x60, 0xfffc}));
}

TEST(ProcessorDeathTest, NoticesRegistersThatTheHardwareWouldRefuse) {
    struct Case {
        std::uint32_t arch::Frame::*field;
        std::uint32_t value;
        const char* message;
    };
    for (const Case& c :
         {Case{&arch::Frame::gs, 0x10, "selector"}, Case{&arch::Frame::fs, 0x33, "selector"},
          Case{&arch::Frame::cs, 0x08, "code segment"}, Case{&arch::Frame::eflags, 2, "interrupts"},
          Case{&arch::Frame::eflags, 0x4202, "flags"}}) {
        World w;
        w.current().frame.*c.field = c.value;
        EXPECT_DEATH(w.run(), c.message);
    }
}

TEST(Utcb, IsOrdinaryMemoryOfItsTask) {
    World w;
    l4_utcb_t got{};
    std::uint32_t snd_size = 0, neighbour = 1;
    w.spawn(5, [&](User u) -> Program {
        l4_utcb_t mine{};
        mine.status = 1, mine.state.gs = 2, mine.state.esp = 3, mine.reserved[3] = 4;
        co_await u.utcb().store(mine);
        co_await u.utcb().set(&l4_utcb_t::snd_size, 5);
        snd_size = co_await u.utcb().get(&l4_utcb_t::snd_size);
        co_await sim::Utcb(0).load(got);
        neighbour = co_await sim::Utcb(1).get(&l4_utcb_t::status);
    });
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(got.status, 1u);
    EXPECT_EQ(got.state.gs, 2u);
    EXPECT_EQ(got.state.esp, 3u);
    EXPECT_EQ(got.snd_size, 5u);
    EXPECT_EQ(got.reserved[3], 4u);
    EXPECT_EQ(snd_size, 5u);
    EXPECT_EQ(neighbour, 0u);
    EXPECT_EQ(sim::Utcb(127).address(), 0xbff03f80u);
}

} // namespace
