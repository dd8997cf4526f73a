// SPDX-License-Identifier: BSD-2-Clause
// What others see and do while a transfer is under way (docs/semantics.md 1.4, 3.5, 7.5).
#include <gtest/gtest.h>

#include <cstring>

#include "test/conformance/ipc/support/holed.h"
#include "test/conformance/ipc/support/interrupts.h"

namespace conformance::ipc {
namespace {

constexpr Line line{3};

/// C, more urgent than others, waits for an interrupt that comes in the middle of A's transfer to B, and then
/// does this.
void start_interrupted(sim::World& w, Exchange& x, AfterWindows& interrupts,
                       std::function<sim::Routine<int>(User)> action) {
    const auto handler = [=](User u) -> Program {
        co_await u.attach(line.raw());
        co_await u.receive(l4_irq_id(line.raw()));
        co_await action(u);
    };
    start_thread(w, c, handler, {.prio = 100});
    const auto trigger = [&w, &interrupts, &x](User u) -> Program {
        co_await until(u, x.sender.begin);
        w.set_interrupts(&interrupts);
        w.at(w.now(), line);
    };
    w.spawn({.task = L4_TASK_ROOT, .lthread = 1, .program = w.program(trigger), .prio = 101});
    x.start(w);
}

TEST(Transfer, OfALongStringLetsInterruptsThrough) {
    ABI_ROW(ipc_string_4_mib);
    constexpr Word size = 4u << 20, from = 0x10800000, to = 0x20800000;
    UncheckedWorld w({.machine = {.user_pages = 1100, .kernel_pages = 512}});
    for (Word at = 0x1000; at < size; at += 0x1000) w.root_server().share(5, from + at, 5, from);
    const Bytes page = pattern(4096, 1);
    Bytes string;
    for (Word at = 0; at < size; at += 0x1000) string.insert(string.end(), page.begin(), page.end());
    Exchange x(2, 1, 2, 1);
    x.send_string(0, string, false, from);
    const Bytes& received = x.receive_string(0, size, false, to);
    AfterWindows interrupts(1000);
    For state{};
    bool done = true;
    start_interrupted(w, x, interrupts, [&](User u) -> sim::Routine<int> {
        state = u.world().find(b)->wait().what;
        done = x.sender.answer || x.receiver.answer;
        co_return 0;
    });
    EXPECT_EQ(w.run(1000000), sim::End::idle);
    EXPECT_EQ(interrupts.left, 0u);
    EXPECT_EQ(state, For::transfer);
    EXPECT_FALSE(done);
    EXPECT_EQ(x.got(), Exchange::delivered(0x4100));
    EXPECT_EQ(x.sent(), x.sender.only(L4_IPC_OK));
    EXPECT_TRUE(received == string);
}

TEST(Transfer, OfTheLargestBufferLetsInterruptsThrough) {
    ABI_ROW(ipc_long_largest);
    UncheckedWorld w({.machine = {.user_pages = 1100, .kernel_pages = 512}});
    Exchange x(L4_MSG_DWORDS_MAX, 0, L4_MSG_DWORDS_MAX, 0);
    AfterWindows interrupts(500);
    bool done = true;
    start_interrupted(w, x, interrupts, [&](User) -> sim::Routine<int> {
        done = x.sender.answer || x.receiver.answer;
        co_return 0;
    });
    EXPECT_EQ(w.run(1000000), sim::End::idle);
    EXPECT_EQ(interrupts.left, 0u);
    EXPECT_FALSE(done);
    EXPECT_EQ(x.got(), Exchange::delivered(0xffffe000));
    EXPECT_EQ(x.sent(), x.sender.only(L4_IPC_OK));
    EXPECT_TRUE(std::equal(x.sender.buffer.bytes() + 20, x.sender.buffer.bytes() + x.sender.buffer.size(),
                           x.receiver.buffer.bytes() + 20));
}

/// State and partner of a thread, as thread_schedule tells them.
struct Seen {
    Word state = ~0u;
    std::uint64_t partner = 0;
    bool operator==(const Seen&) const = default;
};

sim::Routine<Seen> look_at(User u, l4_threadid_t who) {
    const sim::ScheduleResult r = co_await u(sim::ThreadSchedule{.thread = who});
    co_return Seen{r.state(), bits(r.partner)};
}

constexpr Seen seen(Word state, l4_threadid_t partner) { return {state, bits(from_root(partner))}; }

TEST(Transfer, ShowsItsSidesBetweenTwoKernelEntries) {
    ABI_ROW(ipc_long_states);
    UncheckedWorld w({.machine = {.user_pages = 128}});
    Exchange x(2, 1, 2, 1);
    x.send_string(0, pattern(0x8000, 1));
    x.receive_string(0, 0x8000);
    AfterWindows interrupts(10);
    Seen sender, receiver;
    start_interrupted(w, x, interrupts, [&](User u) -> sim::Routine<int> {
        sender = co_await look_at(u, a);
        receiver = co_await look_at(u, b);
        co_return 0;
    });
    w.run();
    EXPECT_EQ(x.got(), Exchange::delivered(0x4100));
    EXPECT_EQ(sender, seen(L4_STATE_SENDING, b));
    EXPECT_EQ(receiver, seen(L4_STATE_RECEIVING, a));
}

/// The states of A and B while the transfer waits for a page; the pager has the message, or has not.
struct Waiting {
    Seen sender, receiver;
    Waiting(Holed::Side side, bool taken) {
        Holed h(side, {Pager::Reply::none});
        h.w.start(d, sim::park);
        if (!taken) h.owner().pager = d;
        h.w.spawn(L4_TASK_ROOT, 1, [this](User u) -> Program {
            co_await until(u, 1100);
            sender = co_await look_at(u, a);
            receiver = co_await look_at(u, b);
        });
        h.run();
    }
};

TEST(Transfer, ShowsTheFaultOfItsReceiver) {
    ABI_ROW(ipc_long_states);
    const Waiting queued(Holed::Side::receiver, false), taken(Holed::Side::receiver, true);
    EXPECT_EQ(queued.sender, seen(L4_STATE_SENDING, b));
    EXPECT_EQ(queued.receiver, seen(L4_STATE_PENDING_SEND, d));
    EXPECT_EQ(taken.sender, seen(L4_STATE_SENDING, b));
    EXPECT_EQ(taken.receiver, seen(L4_STATE_WAITING, e));
}

TEST(Transfer, ShowsTheFaultOfItsSender) {
    const Waiting queued(Holed::Side::sender, false), taken(Holed::Side::sender, true);
    EXPECT_EQ(queued.sender, seen(L4_STATE_PENDING_SEND, d));
    EXPECT_EQ(queued.receiver, seen(L4_STATE_RECEIVING, a));
    EXPECT_EQ(taken.sender, seen(L4_STATE_WAITING, e));
    EXPECT_EQ(taken.receiver, seen(L4_STATE_RECEIVING, a));
}

/// While the transfer waits for the last page of its string, a sibling of one side overwrites that side's
/// buffer.
void expect_read_once(Holed::Side missing, l4_threadid_t who) {
    Holed h(missing, {Pager::Reply::map}, 500);
    sim::MessageBuffer& buffer = who.low == a.low ? h.x.sender.buffer : h.x.receiver.buffer;
    sim::MessageBuffer rubbish = buffer;
    rubbish.window() = L4_FP_WHOLE_SPACE;
    rubbish.size_dope() = l4_msgdope(0x100, 3);
    rubbish.send_dope() = l4_msgdope(0x100, 3);
    rubbish.set_string(
        0, {.snd_size = 0x7fffffff, .snd_addr = 0x66660000, .rcv_size = 5, .rcv_addr = 0x66660000});
    h.w.start({who.low + l4_threadid(0, 1).low, 0}, [&](User u) -> Program {
        co_await until(u, 1200);
        co_await u.put(rubbish);
    });
    h.run();
    expect_completed(h);
}

TEST(Transfer, ReadsEachWordOfItsDescriptorsOnce) {
    ABI_ROW(ipc_long_descriptor_words_read_once);
    for (const Holed::Side missing : both_sides)
        for (const l4_threadid_t who : {a, b}) expect_read_once(missing, who);
}

TEST(Transfer, ReadsDopesThatItHasNotComeToAsTheyAreThen) {
    Holed h(Holed::Side::sender, {Pager::Reply::map}, 500);
    Exchange& x = h.x;
    x.sender.buffer = sim::MessageBuffer(Exchange::sender_buffer, 2, 2);
    x.sender.buffer.send(2, 2);
    x.sender.buffer.set_string(0,
                               {.snd_size = h.size(), .snd_addr = Holed::from, .rcv_size = 0, .rcv_addr = 0});
    x.sender.buffer.set_string(1, {.snd_size = 7, .snd_addr = Holed::from, .rcv_size = 0, .rcv_addr = 0});
    x.receiver.buffer = sim::MessageBuffer(Exchange::receiver_buffer, 2, 2);
    x.receiver.buffer.set_string(0,
                                 {.snd_size = 0, .snd_addr = 0, .rcv_size = h.size(), .rcv_addr = Holed::to});
    x.receiver.buffer.set_string(1, {.snd_size = 0, .snd_addr = 0, .rcv_size = 100, .rcv_addr = 0x21000000});
    Bytes& second = x.receiver.place(0x21000000, Bytes(20, Holed::before));
    constexpr Word second_size = Exchange::sender_buffer + 12 + 2 * 4 + sizeof(l4_strdope_t);
    h.w.start(l4_threadid(5, 1), [&](User u) -> Program {
        co_await until(u, 1200);
        co_await u.store32(second_size, 9);
    });
    h.run();
    EXPECT_EQ(x.got(), Exchange::delivered(0x4200));
    EXPECT_EQ(x.receiver.received_size(1), 9u);
    const Bytes first = h.sent_head();
    EXPECT_EQ(second, over(Bytes(first.begin(), first.begin() + 9), Bytes(20, Holed::before)));
}

} // namespace
} // namespace conformance::ipc
