// SPDX-License-Identifier: BSD-2-Clause
// Tasks are deleted at every moment of all kinds of IPC.  What the others see is compared with the
// specification where it can follow; the kernel's invariants hold in any case, and no memory is lost.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "test/conformance/system/support/clan.h"
#include "test/conformance/system/support/memory.h"

namespace conformance::system {
namespace {

using sim::IpcResult;
using sim::MessageBuffer;

constexpr unsigned line = 3;
constexpr std::uint32_t page = L4_PAGE_SHIFT, page_size = 1u << page, heap = 0x60000000;

/// Lets an interrupt come at the n-th opportunity.
class Moment : public sim::Interrupts {
public:
    Moment(sim::World& world, unsigned n) : left_(n) { world.set_interrupts(this); }
    bool reached() const { return left_ == 0; }

private:
    bool now(sim::World&, Line l) override {
        if (l != Line{line} || left_ == 0) return true;
        return --left_ == 0;
    }
    unsigned left_;
};

/// Answers page faults with pages of its own.
Program pager(User u) {
    IpcResult m = co_await u.wait();
    for (std::uint32_t at = heap;; at += page_size) {
        while (!m.ok()) m = co_await u.wait();
        const std::uint32_t where = m.w0 & L4_FP_PAGE_MASK;
        co_await u.store32(at, where);
        m = co_await u.reply_fpage_and_wait(m.from, where, l4_fpage(at, page, L4_FP_WRITE));
    }
}

/// Programs of a, b and c.
struct Scenario {
    const char* name;
    sim::Body a, b, c;
};

constexpr std::uint32_t buffer = 0x1000, text = 0x2fe0, text_size = 0x60;

Program send_long(User u, bool map) {
    MessageBuffer m(buffer, 8, 2);
    m.send(6, 2);
    m.word(2) = map ? text : 7;
    m.word(3) = map ? l4_fpage(text, page, L4_FP_WRITE) : 8;
    m.set_string(0, {.snd_size = text_size, .snd_addr = text, .rcv_size = 0, .rcv_addr = 0});
    m.set_string(1, {.snd_size = 8, .snd_addr = text + 0x3000, .rcv_size = 0, .rcv_addr = 0});
    co_await u.put(m);
    for (int i = 0; i < 2; ++i)
        co_await u(sim::Ipc{.partner = b,
                            .w0 = map ? text : 1,
                            .w1 = map ? l4_fpage(text, page, L4_FP_WRITE) : 2,
                            .send = buffer | (map ? L4_SND_MAP : 0),
                            .receive = 0});
}

Program receive_long(User u) {
    MessageBuffer m(buffer, 8, 2);
    m.window() = L4_FP_WHOLE_SPACE;
    m.set_string(0, {.snd_size = 0, .snd_addr = 0, .rcv_size = text_size / 2, .rcv_addr = text});
    m.set_string(1, {.snd_size = 0, .snd_addr = 0, .rcv_size = text_size, .rcv_addr = text + 0x5000});
    co_await u.put(m);
    const IpcResult r = co_await u(sim::Ipc{.receive = buffer | L4_RCV_OPEN});
    co_await u(sim::Ipc{
        .partner = r.from, .send = 0, .receive = buffer | L4_RCV_OPEN, .timeout = L4_TIMEOUT_SND_ZERO});
}

Program exchange_registers(User u, l4_threadid_t other) {
    for (int i = 0; i < 3; ++i) {
        co_await u.call(other, 1, 2, sim::send_timeout(Micros{20}) | sim::receive_timeout(Micros{50}));
        co_await u.compute(5);
    }
    co_await u.receive(other);
}

Program touch(User u) {
    for (std::uint32_t n = 0; n < 3; ++n) co_await u.store32(0x10000000 + n * page_size, n);
    co_await u.send(b, 0, 0);
}

Program give_and_take(User u) {
    for (int i = 0; i < 2; ++i) {
        co_await u.store32(text, 1);
        co_await u.store32(text + page_size, 1);
        co_await u.send_fpage(b, text, l4_fpage(text, page + 3, L4_FP_WRITE));
        co_await u(sim::Unmap{.fpage = L4_FP_WHOLE_SPACE, .mask = 0});
        co_await u(
            sim::Unmap{.fpage = L4_FP_WHOLE_SPACE, .mask = L4_FP_FLUSH | (i == 1 ? L4_FP_ALL_SPACES : 0)});
    }
}

Program take_pages(User u) {
    for (int i = 0; i < 2; ++i) {
        co_await u.receive_fpage(a, L4_FP_WHOLE_SPACE);
        co_await u.load32(text);
    }
}

Program interrupts(User u) {
    co_await u.attach(5);
    for (int i = 0; i < 2; ++i) {
        u.world().at(u.now() + Micros{10}, Line{5});
        co_await u.receive(l4_irq_id(5));
        co_await u.send(b, 0, 0, sim::send_timeout(Micros{20}));
    }
}

Program cancels(User u) {
    const sim::Entry calls = u.world().program([](User v) -> Program { co_await v.call(b, 0, 0); });
    for (int i = 0; i < 3; ++i) {
        co_await u(sim::ExRegs{.target = 1, .eip = calls.eip, .pager = c});
        co_await u.compute(5);
        co_await u(sim::ExRegs{.target = 1 | (i == 1 ? L4_EX_REGS_NO_CANCEL : 0), .eip = calls.eip});
        co_await u(sim::ThreadSwitch{.to = l4_threadid(5, 1)});
    }
}

std::vector<Scenario> scenarios() {
    const sim::Body echo = [](User u) { return sim::echo(u); }, pages = [](User u) { return pager(u); };
    return {
        {"calls", [](User u) { return exchange_registers(u, b); }, echo, pages},
        {"calls of each other", [](User u) { return exchange_registers(u, b); },
         [](User u) { return exchange_registers(u, a); }, pages},
        {"long messages", [](User u) { return send_long(u, false); }, receive_long, pages},
        {"long messages with pages", [](User u) { return send_long(u, true); }, receive_long, pages},
        {"page faults", touch, touch, pages},
        {"mappings", give_and_take, take_pages, pages},
        {"interrupts", interrupts, echo, pages},
        {"ex_regs", cancels, echo, pages},
    };
}

/// Runs the scenario, and deletes that task at the n-th opportunity.  False: it was over before.
bool delete_in(const Scenario& scenario, l4_threadid_t victim, unsigned n) {
    Stage s;
    sim::World& w = s.world();
    s.spawn(8);
    s.play([&](User u) -> Program { co_await s.store(u, d, heap, 1); }); // root's own tables are there
    Moment moment(w, n);
    std::uint32_t before = 0, after = 1;
    const sim::Entry killer = w.program([&](User u) -> Program {
        co_await u.attach(line);
        before = co_await free_frames(s, u, root);
        co_await u.receive(l4_irq_id(line));
        co_await u(sim::TaskNew{.task = victim, .mcp_or_chief = root.low});
        w.kernel().check_invariants();
        co_await u.sleep(sim::receive_timeout(Micros{1000}));
        w.kernel().check_invariants();
        for (const l4_threadid_t id : std::vector<l4_threadid_t>{a, b, c})
            co_await u(sim::TaskNew{.task = id, .mcp_or_chief = root.low});
        after = co_await free_frames(s, u, root);
    });
    w.spawn({.task = L4_TASK_ROOT, .lthread = 2, .program = killer, .prio = 20});
    w.run();
    w.spawn(L4_TASK_ROOT, 3, [&](User u) -> Program {
        w.at(w.now(), Line{line}); // now that the machine does not idle
        co_await u(sim::ThreadSchedule{.thread = u.raw_id(), .param = l4_sched_param(1, 0, 0)});
        for (int i = 0; i < 40; ++i) co_await u.compute(5); // nor does it while the others wait
    });
    w.spawn({.task = 7, .program = w.program(scenario.c), .quota = 30});
    w.spawn({.task = 6, .program = w.program(scenario.b), .quota = 30, .pager = c});
    w.spawn({.task = 5, .program = w.program(scenario.a), .quota = 30, .pager = c});
    EXPECT_EQ(w.run(), sim::End::idle);
    w.kernel().check_invariants();
    EXPECT_EQ(after, before);
    return moment.reached();
}

void delete_at_every_moment(l4_threadid_t victim) {
    for (const Scenario& scenario : scenarios()) {
        unsigned n = 1;
        while (delete_in(scenario, victim, n) && !testing::Test::HasFailure()) n += 1 + n / 8;
        ASSERT_FALSE(testing::Test::HasFailure()) << scenario.name << ", moment " << n;
        ASSERT_GE(n, 10u) << scenario.name;
    }
}

TEST(Deletion, OfTheOneWhoBegins) { delete_at_every_moment(a); }

TEST(Deletion, OfItsPartner) { delete_at_every_moment(b); }

TEST(Deletion, OfThePager) { delete_at_every_moment(c); }

} // namespace
} // namespace conformance::system
