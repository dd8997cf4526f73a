// SPDX-License-Identifier: BSD-2-Clause
// Ports as pages: faults of in, out, cli and sti (docs/semantics.md 17.1).
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "l4/abi/fpage.h"
#include "test/conformance/thesis/support/handler.h"

namespace conformance::thesis {
namespace {

constexpr Word port = 0x62, interrupts = 1u << 9, privilege = 3u << 12;
constexpr l4_threadid_t a1 = l4_threadid(5, 1);

/// A pager that has all ports, and answers each I/O fault as it is told.
class PortPager {
public:
    using Reply = std::function<Ipc(std::size_t i, const IpcResult& m)>;
    explicit PortPager(Reply reply, const l4_utcb_t& utcb = {}) : reply_(std::move(reply)), utcb_(utcb) {}
    std::vector<Answer> messages;
    std::vector<l4_utcb_t> utcbs;

    sim::Body body() {
        return [this](User u) { return run(u); };
    }

private:
    Program run(User u) {
        co_await u.call_for_fpage(sigma0, L4_FP_IO_WHOLE, 0, L4_FP_IO_WHOLE);
        co_await u.utcb().store(utcb_);
        for (;;) {
            const IpcResult m = co_await u.wait();
            messages.push_back(Answer::of(m));
            l4_utcb_t seen{};
            co_await u.utcb().load(seen);
            utcbs.push_back(seen);
            const Ipc call = reply_(messages.size() - 1, m);
            co_await u(call);
        }
    }
    Reply reply_;
    l4_utcb_t utcb_;
};

/// With the ports that the message is about.
Ipc grant_what_it_needs(std::size_t, const IpcResult& m) { return fpage_to(m.from, 0, m.w0); }
Ipc refuse(std::size_t, const IpcResult& m) { return words_to(m.from, L4_PF_REFUSED); }

struct Device {
    explicit Device(sim::World& w) {
        w.machine().ports().on_in = [this](std::uint16_t p, unsigned width) {
            accesses += "in " + std::to_string(p) + ' ' + std::to_string(width) + ';';
            return 0xa1b2c3d4u;
        };
        w.machine().ports().on_out = [this](std::uint16_t p, unsigned width, std::uint32_t value) {
            accesses +=
                "out " + std::to_string(p) + ' ' + std::to_string(width) + ' ' + std::to_string(value) + ';';
        };
    }
    std::string accesses;
};

TEST(IoFault, IsAMessageWithThePortsAndTheAccessSucceedsAfterwards) {
    ABI_ROW(io_fault_message);
    for (const Word width : {1u, 2u, 4u})
        for (const bool write : {false, true}) {
            const Word at = 0x60, log2 = width / 2;
            World w;
            Device device(w);
            PortPager pager(grant_what_it_needs);
            arch::Frame before{};
            Word value = 0;
            w.start(e, pager.body());
            w.start(a,
                    [&](User u) -> Program {
                        co_await until(u, 1000);
                        co_await u.look(before);
                        if (write)
                            co_await u.out(at, 42, width);
                        else
                            value = co_await u.in(at, width);
                    },
                    {.pager = e});
            w.run();
            EXPECT_EQ(pager.messages,
                      (std::vector<Answer>{ipc::message(a, l4_io_fpage(at, log2, 0), next(before))}));
            EXPECT_EQ(device.accesses, (write ? "out " : "in ") + std::to_string(at) + ' ' +
                                           std::to_string(width) + (write ? " 42;" : ";"));
            EXPECT_EQ(value, write ? 0u : width == 4 ? 0xa1b2c3d4 : width == 2 ? 0xc3d4u : 0xd4u);
        }
}

TEST(IoFault, SaysTheFirstPortEvenIfItIsNotAligned) {
    ABI_ROW(io_fault_message);
    World w;
    PortPager pager(
        [](std::size_t, const IpcResult& m) { return fpage_to(m.from, 0, l4_io_fpage(0x60, 4, 0)); });
    bool survived = false;
    w.start(e, pager.body());
    w.start(a,
            [&](User u) -> Program {
                co_await until(u, 1000);
                co_await u.in(0x61, 4);
                survived = true;
            },
            {.pager = e});
    w.run();
    ASSERT_EQ(pager.messages.size(), 1u);
    EXPECT_EQ(pager.messages[0].w0, 0xf0000000 | 0x61 << 12 | 2 << 2);
    EXPECT_TRUE(survived);
}

TEST(IoFault, ComesAgainWhenThePortIsNotAmongThoseOfTheAnswer) {
    ABI_ROW(io_fault_message);
    World w;
    PortPager pager([](std::size_t i, const IpcResult& m) {
        switch (i) {
            case 0: return words_to(m.from);
            case 1: return fpage_to(m.from, 0, l4_io_fpage(port, 0, 0)); // the first of two
            default: return fpage_to(m.from, 0, l4_io_fpage(port, 1, 0));
        }
    });
    bool survived = false;
    w.start(e, pager.body());
    w.start(a,
            [&](User u) -> Program {
                co_await until(u, 1000);
                co_await u.out(port, 1, 2);
                survived = true;
            },
            {.pager = e});
    w.run();
    ASSERT_EQ(pager.messages.size(), 3u);
    EXPECT_EQ(pager.messages[1], pager.messages[0]);
    EXPECT_EQ(pager.messages[2], pager.messages[0]);
    EXPECT_TRUE(survived);
}

TEST(IoFault, ThatIsRefusedKills) {
    ABI_ROW(io_fault_message);
    World w;
    PortPager pager(refuse);
    w.start(e, pager.body());
    w.start(a, [](User u) -> Program { co_await u.in(port); }, {.pager = e});
    w.run();
    EXPECT_EQ(pager.messages.size(), 1u);
    EXPECT_EQ(w.state(a), For::dead);
}

TEST(IoFault, WithoutAPagerKills) {
    ABI_ROW(io_fault_message);
    World w;
    w.play({{a, [](User u) -> Program { co_await u.in(port); }, {.pager = l4_threadid(99, 0)}},
            {b, [](User u) -> Program { co_await u.cli(); }, {.pager = l4_threadid(99, 0)}}});
    EXPECT_EQ(w.state(a), For::dead);
    EXPECT_EQ(w.state(b), For::dead);
}

TEST(IoFault, BringsTheStateToAPagerThatAsksForIt) {
    ABI_ROW(io_fault_message);
    World w;
    PortPager pager(refuse, pager_utcb(L4_UTCB_PF_STATE));
    arch::Frame before{};
    w.start(e, pager.body());
    w.start(a,
            [&](User u) -> Program {
                co_await until(u, 1000);
                arch::Frame mine = registers(0x11110000);
                co_await u.assume(mine);
                co_await u.look(before);
                co_await u.in(port);
            },
            {.pager = e});
    w.run();
    ASSERT_EQ(pager.utcbs.size(), 1u);
    l4_utcb_state_t s = state_of(before);
    s.eip = next(before), s.trapno = L4_TRAP_PROTECTION;
    EXPECT_EQ(words(pager.utcbs[0].state), words(s));
}

TEST(IoFault, CanBeAnsweredInPlaceOfTheDevice) {
    ABI_ROW(io_fault_message);
    World w;
    Word value = 0;
    Handler handler(
        [](std::size_t, const Handler::Message& m, l4_utcb_t& utcb) {
            utcb.state.eax = 0x77;
            return skip(m, utcb);
        },
        pager_utcb(L4_UTCB_PF_STATE));
    w.play({{e, handler.body()}, {a, [&](User u) -> Program { value = co_await u.in(port); }, {.pager = e}}});
    EXPECT_EQ(value, 0x77u);
    EXPECT_EQ(handler.count(), 1u);
}

TEST(IoFault, IsExecutedAgainIfTheTaskHasThePortByNow) {
    ABI_ROW(io_fault_message);
    World w;
    PortPager pager(
        [](std::size_t i, const IpcResult& m) { return i == 0 ? Ipc{} : fpage_to(m.from, 0, m.w0); });
    int survived = 0;
    w.start(e, pager.body());
    for (const l4_threadid_t id : {a, a1})
        w.start(id,
                [&](User u) -> Program {
                    co_await until(u, 1000);
                    co_await u.in(port);
                    ++survived;
                },
                {.pager = e});
    w.run();
    EXPECT_EQ(pager.messages.size(), 2u);
    EXPECT_EQ(survived, 1); // the other waits for its own answer
}

TEST(Cli, IsAFaultOfAllPorts) {
    ABI_ROW(io_fault_cli);
    for (const bool set : {false, true}) {
        World w;
        PortPager pager([](std::size_t i, const IpcResult& m) {
            return i == 0 ? fpage_to(m.from, 0, l4_io_fpage(0, 15, 0)) : fpage_to(m.from, 0, L4_FP_IO_WHOLE);
        });
        arch::Frame before{}, after{};
        w.start(e, pager.body());
        w.start(a,
                [&](User u) -> Program {
                    co_await until(u, 1000);
                    co_await u.look(before);
                    if (set)
                        co_await u.sti();
                    else
                        co_await u.cli();
                    co_await u.look(after);
                    co_await u.sti();
                },
                {.pager = e});
        w.run();
        const Answer fault = ipc::message(a, L4_FP_IO_WHOLE, next(before));
        EXPECT_EQ(pager.messages, (std::vector<Answer>{fault, fault}));
        EXPECT_EQ(before.eflags & privilege, 0u);
        EXPECT_EQ(after.eflags & privilege, privilege);
        EXPECT_EQ(after.eflags & interrupts, set ? interrupts : 0u);
    }
}

TEST(Cli, PrivilegeIsOfTheThreadThatAskedAndOfAllPorts) {
    ABI_ROW(io_fault_cli);
    World w;
    Device device(w);
    PortPager pager([](std::size_t, const IpcResult& m) { return fpage_to(m.from, 0, L4_FP_IO_WHOLE); });
    arch::Frame first{}, second{};
    w.start(e, pager.body());
    w.start(a,
            [&](User u) -> Program {
                co_await until(u, 1000);
                co_await u.sti();
                co_await u.look(first);
                co_await u.out(0xffff, 1);
                co_await u.in(0, 4);
            },
            {.pager = e});
    w.start(a1,
            [&](User u) -> Program {
                co_await until(u, 2000);
                co_await u.look(second);
                co_await u.sti(); // no message: its task has all ports
            },
            {.pager = e});
    w.run();
    EXPECT_EQ(pager.messages.size(), 1u);
    EXPECT_EQ(first.eflags & privilege, privilege);
    EXPECT_EQ(second.eflags & privilege, 0u);
    EXPECT_EQ(w.thread(a1).frame.eflags & privilege, privilege);
    EXPECT_EQ(device.accesses, "out 65535 1 1;in 0 4;");
}

/// A has all ports and shuts interrupts out; then E takes one port back.
TEST(Cli, PrivilegeEndsWithTheFirstPortThatIsTakenBack) {
    ABI_ROW(io_fault_cli);
    World w;
    PortPager pager([](std::size_t i, const IpcResult& m) {
        return i == 0 ? fpage_to(m.from, 0, L4_FP_IO_WHOLE) : words_to(m.from, L4_PF_REFUSED);
    });
    arch::Frame before{}, after{};
    w.start(e, pager.body());
    w.start(l4_threadid(9, 1), [&](User u) -> Program {
        co_await until(u, 2000);
        co_await u(sim::Unmap{.fpage = l4_io_fpage(0x1234, 0, 0), .mask = L4_FP_FLUSH});
    });
    w.start(a,
            [&](User u) -> Program {
                co_await until(u, 1000);
                co_await u.cli();
                co_await u.look(before);
                co_await until(u, 3000);
                co_await u.look(after);
                co_await u.compute(20000); // and interrupts come
                co_await u.cli();
            },
            {.pager = e});
    w.run();
    EXPECT_EQ(before.eflags & (privilege | interrupts), privilege);
    EXPECT_EQ(after.eflags & (privilege | interrupts), interrupts);
    EXPECT_EQ(pager.messages.size(), 2u);
    EXPECT_EQ(w.state(a), For::dead);
}

TEST(Cli, PrivilegeIsNotPassedOn) {
    ABI_ROW(io_fault_cli);
    World w;
    PortPager pager([](std::size_t, const IpcResult& m) { return fpage_to(m.from, 0, L4_FP_IO_WHOLE); });
    arch::Frame seen{};
    const sim::Entry created = w.program([&](User u) -> Program { co_await u.look(seen); });
    l4_utcb_state_t state{};
    w.start(e, pager.body());
    w.start(a,
            [&](User u) -> Program {
                co_await until(u, 1000);
                co_await u.cli();
                co_await u(sim::ExRegs{.target = L4_EX_REGS_STATE_GET});
                co_await u.utcb().load_state(state);
                state.eip = created.eip;
                co_await u.utcb().store_state(state);
                co_await u.utcb().set(&l4_utcb_t::snd_size, L4_UTCB_STATE_WORDS);
                co_await u(sim::ExRegs{.target = 2 | L4_EX_REGS_STATE_SET, .pager = e});
            },
            {.pager = e});
    w.run();
    EXPECT_EQ(state.eflags & privilege, privilege); // of the caller
    EXPECT_EQ(seen.eflags & (privilege | interrupts), interrupts);
}

} // namespace
} // namespace conformance::thesis
