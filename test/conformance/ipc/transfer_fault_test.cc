// SPDX-License-Identifier: BSD-2-Clause
// Pages that a transfer needs and does not find (docs/semantics.md 7.7).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "test/conformance/ipc/support/holed.h"

namespace conformance::ipc {
namespace {

using enum Pager::Reply;
using Missing = Holed::Side;

TEST(TransferFault, InTheSendersSpaceIsSentToItsPager) {
    ABI_ROW(ipc_fault_in_sender);
    Holed h(Missing::sender, {map});
    h.run();
    EXPECT_EQ(h.pager.messages, (std::vector<Answer>{fault(a, h.from_hole(), 0)}));
    expect_completed(h);
}

TEST(TransferFault, InTheSendersBufferIsSentToItsPager) {
    ABI_ROW(ipc_fault_in_sender);
    // The head is in a page that is there, words 1 and up in one that is not.
    World w;
    constexpr Word buffer = 0x10000ff0;
    Exchange x(7, 0, 7, 0);
    Pager pager({map});
    x.sender.memory.push_back({buffer, Bytes(x.sender.buffer.bytes(), x.sender.buffer.bytes() + 16)});
    x.sender.call.send = buffer;
    x.sender.pager = e;
    w.start(e, pager.body());
    x.start(w);
    w.run();
    EXPECT_EQ(pager.messages, (std::vector<Answer>{fault(a, buffer + 20, 0)}));
    EXPECT_EQ(x.got(), Exchange::delivered(0xe000));
    const Bytes page = Pager::contents(0);
    for (Word i = 2; i < 7; ++i) {
        Word word = 0;
        std::memcpy(&word, page.data() + (i - 1) * 4, sizeof word);
        EXPECT_EQ(x.receiver.buffer.word(i), word) << i;
    }
}

TEST(TransferFault, InTheReceiversSpaceIsSentToItsPager) {
    ABI_ROW(ipc_fault_in_receiver);
    Holed h(Missing::receiver, {map});
    h.run();
    EXPECT_EQ(h.pager.messages, (std::vector<Answer>{fault(b, h.to_hole(), L4_PF_WRITE)}));
    expect_completed(h);
}

TEST(TransferFault, AtAReadOnlyPageOfTheReceiverSaysSo) {
    ABI_ROW(ipc_fault_in_receiver);
    Holed h(Missing::receiver, {map_read_only, map});
    h.x.receiver.touched = {h.to_hole()};
    h.run();
    ASSERT_EQ(h.pager.messages.size(), 2u);
    EXPECT_EQ(h.pager.messages[0].w0, h.to_hole());
    EXPECT_EQ(h.pager.messages[1], fault(b, h.to_hole(), L4_PF_WRITE | L4_PF_PRESENT));
    expect_completed(h);
}

TEST(TransferFault, InTheReceiversHeadIsARead) {
    World w;
    Exchange x(3, 0, 3, 0);
    Pager pager({map_read_only, refuse});
    x.receiver.call.receive = 0x28000000 | L4_RCV_OPEN;
    x.receiver.pager = e;
    w.start(e, pager.body());
    x.start(w);
    w.run();
    // The page that it gets has a head, of sorts; then words are written behind it.
    EXPECT_EQ(pager.messages, (std::vector<Answer>{fault(b, 0x28000000, 0),
                                                   fault(b, 0x2800000c, L4_PF_WRITE | L4_PF_PRESENT)}));
    EXPECT_EQ(x.got(), x.receiver.only(L4_IPC_REABORTED));
}

TEST(TransferFault, InTheReceiversDopesIsAReadAndThenAWrite) {
    World w;
    Exchange x(2, 1, 2, 1);
    Pager pager({map_read_only, refuse});
    constexpr Word buffer = 0x20001000 - 20; // head and words in the page before the dope's
    x.send_string(0, {});
    x.receiver.memory.push_back({buffer, Bytes(x.receiver.buffer.bytes(), x.receiver.buffer.bytes() + 20)});
    x.receiver.call.receive = buffer | L4_RCV_OPEN;
    x.receiver.pager = e;
    w.start(e, pager.body());
    x.start(w);
    w.run();
    EXPECT_EQ(pager.messages, (std::vector<Answer>{fault(b, 0x20001008, 0),
                                                   fault(b, 0x20001000, L4_PF_WRITE | L4_PF_PRESENT)}));
    EXPECT_EQ(x.got(), x.receiver.only(L4_IPC_REABORTED));
}

TEST(TransferFault, AnswerWithoutAPageBringsTheSameFaultAgain) {
    ABI_ROW(ipc_fault_answer_without_page);
    for (const Missing side : both_sides) {
        Holed h(side, {words, words, map});
        h.run();
        ASSERT_EQ(h.pager.messages.size(), 3u);
        for (const Answer& m : h.pager.messages) EXPECT_EQ(m, h.expected_fault());
        expect_completed(h);
    }
}

TEST(TransferFault, OfAStringThatStartsInMidPageNamesTheAddress) {
    World w;
    Exchange x(2, 1, 2, 1);
    Pager pager({map});
    x.sender.buffer.set_string(0, {.snd_size = 9, .snd_addr = 0x10800327, .rcv_size = 0, .rcv_addr = 0});
    Bytes& received = x.receive_string(0, 9);
    x.sender.pager = e;
    w.start(e, pager.body());
    x.start(w);
    w.run();
    EXPECT_EQ(pager.messages, (std::vector<Answer>{fault(a, 0x10800327, 0)}));
    const Bytes page = Pager::contents(0);
    EXPECT_EQ(received, Bytes(page.begin() + 0x327, page.begin() + 0x330));
}

constexpr Word sigma0_buffer = 0x10000, sigma0_string = 0x400000; ///< in regions of their own

TEST(TransferFault, OfSigma0AsSenderIsResolvedByTheKernel) {
    ABI_ROW(ipc_fault_in_sigma0);
    Side sender(sigma0_buffer, 2, 1);
    Exchange x(2, 1, 2, 1);
    sender.buffer.send(2, 1);
    sender.buffer.set_string(0, {.snd_size = 5000, .snd_addr = sigma0_string, .rcv_size = 0, .rcv_addr = 0});
    sender.call = {.partner = b, .w0 = 1, .w1 = 2, .send = sigma0_buffer};
    sender.begin = 1000;
    const Bytes& received = x.receive_string(0, 5000);
    World w(with_sigma0_thread(sender.body()));
    w.play({{b, x.receiver.body()}});
    EXPECT_EQ(x.got().dope, 0x4100u);
    EXPECT_EQ(sender.answer.value_or(Answer{}), sender.only(L4_IPC_OK));
    EXPECT_EQ(received, Bytes(5000));
    EXPECT_TRUE(w.page(sigma0, sigma0_string)->super);
}

TEST(TransferFault, OfSigma0AsReceiverIsResolvedByTheKernel) {
    ABI_ROW(ipc_fault_in_sigma0);
    Side receiver(sigma0_buffer, 2, 1);
    Exchange x(2, 1, 2, 1);
    receiver.buffer.set_string(0,
                               {.snd_size = 0, .snd_addr = 0, .rcv_size = 5000, .rcv_addr = sigma0_string});
    receiver.call = {.partner = {}, .receive = sigma0_buffer | L4_RCV_OPEN};
    const Bytes text = pattern(5000, 1);
    x.send_string(0, text);
    x.sender.call.partner = l4_threadid(L4_TASK_SIGMA0, 1);
    World w(with_sigma0_thread(receiver.body()));
    w.play({{a, x.sender.body()}});
    EXPECT_EQ(x.sent(), x.sender.only(L4_IPC_OK));
    ASSERT_TRUE(receiver.answer);
    EXPECT_EQ(receiver.answer->dope, 0x4100u);
    const auto page = w.page(sigma0, sigma0_string);
    ASSERT_TRUE(page);
    const auto bytes = w.machine().page(page->frame);
    EXPECT_TRUE(std::equal(text.begin(), text.begin() + 4096, bytes.begin()));
}

TEST(TransferFault, OfSigma0AtKernelMemoryKillsIt) {
    Side sender(sigma0_buffer, 2, 1);
    Exchange x(2, 1, 2, 1);
    sender.buffer.send(2, 1);
    sender.buffer.set_string(
        0, {.snd_size = 10, .snd_addr = arch::Memory::kernel_base.raw(), .rcv_size = 0, .rcv_addr = 0});
    sender.call = {.partner = b, .send = sigma0_buffer};
    sender.begin = 1000;
    x.receive_string(0, 10);
    World w(with_sigma0_thread(sender.body()));
    w.play({{b, x.receiver.body()}});
    EXPECT_EQ(x.got(), x.receiver.only(L4_IPC_REABORTED));
    EXPECT_FALSE(sender.answer);
    EXPECT_EQ(w.state(l4_threadid(L4_TASK_SIGMA0, 1)), For::dead);
}

TEST(TransferFault, MayComeInBothSpacesAndMoreThanOnce) {
    World w(sim::WorldConfig{.machine = {.user_pages = 128}});
    Exchange x(2, 1, 2, 1);
    Pager senders({map}), receivers({words, map});
    constexpr Word from = 0x10800ff0, to = 0x20800ff8, size = 0x2000;
    x.sender.buffer.set_string(0, {.snd_size = size, .snd_addr = from, .rcv_size = 0, .rcv_addr = 0});
    x.receiver.buffer.set_string(0, {.snd_size = 0, .snd_addr = 0, .rcv_size = size, .rcv_addr = to});
    x.receiver.memory.push_back({to, Bytes(size), false});
    x.sender.pager = d;
    x.receiver.pager = e;
    w.start(d, senders.body());
    w.start(e, receivers.body());
    x.start(w);
    w.run();
    EXPECT_EQ(x.got(), Exchange::delivered(0x4100));
    EXPECT_EQ(senders.messages,
              (std::vector<Answer>{fault(a, from, 0), fault(a, 0x10801000, 0), fault(a, 0x10802000, 0)}));
    ASSERT_EQ(receivers.messages.size(), 4u);
    EXPECT_EQ(receivers.messages[0], fault(b, to, L4_PF_WRITE));
    EXPECT_EQ(receivers.messages[3], fault(b, 0x20802000, L4_PF_WRITE));
    Bytes expected;
    for (std::size_t i = 0; i < 3; ++i) {
        const Bytes page = Pager::contents(i);
        expected.insert(expected.end(), page.begin(), page.end());
    }
    EXPECT_EQ(x.receiver.memory[0].bytes, Bytes(expected.begin() + 0xff0, expected.begin() + 0xff0 + size));
}

TEST(TransferFault, AnswerInALongMessageCountsForItsRegistersOnly) {
    for (const Missing side : both_sides) {
        Holed h(side, {map_long});
        h.run();
        EXPECT_EQ(h.pager.messages, (std::vector<Answer>{h.expected_fault()}));
        ASSERT_EQ(h.pager.results.size(), 1u);
        EXPECT_EQ(h.pager.results[0].dope, L4_IPC_OK);
        expect_completed(h);
    }
}

TEST(TransferFault, AnswerMayComeLate) {
    for (const Missing side : both_sides) {
        Holed h(side, {map}, 500);
        h.run();
        expect_completed(h);
        EXPECT_EQ(h.x.sender.end, 1500u);
        EXPECT_EQ(h.x.receiver.end, 1500u);
    }
}

/// The pager is more urgent than C, who runs when the page comes.  A, the sender, is woken by the pager's
/// message to it, but not by that to B.
TEST(TransferFault, OfTheReceiverPutsTheSenderBehindOthersInTheEnd) {
    for (const Missing side : both_sides) {
        Holed h(side, {map}, 500);
        Time done = 0;
        h.w.start(c, [&](User u) -> Program {
            co_await until(u, 1400);
            co_await u.compute(3000);
            done = u.now().raw();
        });
        h.w.start(e, h.pager.body(), {.prio = 100});
        h.x.start(h.w);
        h.w.run();
        expect_completed(h);
        EXPECT_EQ(done, 4400u);
        EXPECT_EQ(h.x.sender.end, side == Missing::sender ? 1500u : 4400u);
    }
}

TEST(TransferFault, WaitsForAPagerThatIsBusy) {
    for (const Missing side : both_sides) {
        Holed h(side, {none, map}, 500);
        Script first({{900, send_to(e, 1, 2)}}); // keeps it busy, and gets no answer
        h.w.start(c, first.body());
        h.run();
        ASSERT_EQ(h.pager.messages.size(), 2u);
        EXPECT_EQ(h.pager.messages[1], h.expected_fault());
        expect_completed(h);
    }
}

} // namespace
} // namespace conformance::ipc
