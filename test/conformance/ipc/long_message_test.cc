// SPDX-License-Identifier: BSD-2-Clause
// Doublewords in buffers (docs/semantics.md 7.5 a, c, e).
#include <gtest/gtest.h>

#include <cstring>

#include "test/conformance/ipc/support/exchange.h"

namespace conformance::ipc {
namespace {

Bytes image(sim::MessageBuffer& buffer) { return {buffer.bytes(), buffer.bytes() + buffer.size()}; }

/// The receiver's buffer holds the first `dwords` of the message, and is otherwise what it was before.
void expect_received(Exchange& x, sim::MessageBuffer before, Word dwords) {
    before.word(0) = Exchange::w0;
    before.word(1) = Exchange::w1;
    for (Word i = 2; i < dwords; ++i) before.word(i) = x.sender.buffer.word(i);
    EXPECT_EQ(image(x.receiver.buffer), image(before));
}

/// n doublewords to a buffer of c.
void expect_exchange(Word n, Word c, Word receiver_dope, Word sender_code) {
    Exchange x(n, 0, c, 0);
    const sim::MessageBuffer before = x.receiver.buffer;
    const Bytes behind(64, std::byte{0xee});
    const Bytes& behind_after = x.receiver.place(Exchange::receiver_buffer + before.size(), behind);
    x.run();
    EXPECT_EQ(x.got(), Exchange::delivered(receiver_dope));
    EXPECT_EQ(x.sent(), x.sender.only(sender_code));
    expect_received(x, before, std::min(n, c));
    EXPECT_EQ(behind_after, behind);
}

TEST(LongMessage, ArrivesInABufferThatIsLargeEnough) {
    ABI_ROW(ipc_long_dwords);
    expect_exchange(7, 10, 0xe000, L4_IPC_OK);
    expect_exchange(7, 7, 0xe000, L4_IPC_OK);
    expect_exchange(2, 2, 0x4000, L4_IPC_OK);
    expect_exchange(3000, 3001, 3000 << L4_MSGDOPE_DWORDS_SHIFT, L4_IPC_OK);
}

TEST(LongMessage, IsCutWhenItDoesNotFit) {
    ABI_ROW(ipc_long_dwords_cut);
    expect_exchange(10, 5, 0xa000 | L4_IPC_REMSGCUT, L4_IPC_SEMSGCUT);
    expect_exchange(3, 2, 0x4000 | L4_IPC_REMSGCUT, L4_IPC_SEMSGCUT);
}

TEST(LongMessage, TakesWordsZeroAndOneFromRegisters) {
    ABI_ROW(ipc_long_words_0_1_come_from_registers);
    Exchange x(3, 0, 3, 0);
    x.sender.buffer.word(0) = 0xbad0;
    x.sender.buffer.word(1) = 0xbad1;
    x.run();
    EXPECT_EQ(x.got(), Exchange::delivered(0x6000));
    EXPECT_EQ(x.receiver.buffer.word(0), Exchange::w0);
    EXPECT_EQ(x.receiver.buffer.word(1), Exchange::w1);
    EXPECT_EQ(x.receiver.buffer.word(2), 0xc0de0002u);
}

TEST(LongMessage, OfTwoWordsAndNoMoreFitsIntoRegisters) {
    ABI_ROW(ipc_long_two_words_to_registers);
    Exchange x(2, 0, 0, 0);
    x.receiver.call.receive = L4_RCV_OPEN;
    const Bytes before = image(x.receiver.buffer);
    x.run();
    EXPECT_EQ(x.got(), Exchange::delivered(0x4000));
    EXPECT_EQ(x.sent(), x.sender.only(L4_IPC_OK));
    EXPECT_EQ(image(x.receiver.buffer), before);
}

/// To a receiver without buffer.
void expect_cut_in_registers(Word dwords, Word strings) {
    Exchange x(dwords, strings, 0, 0);
    for (Word i = 0; i < strings; ++i) x.send_string(i, pattern(10, i));
    x.receiver.call.receive = L4_RCV_OPEN;
    x.run();
    EXPECT_EQ(x.got(), Exchange::delivered(0x4000 | L4_IPC_REMSGCUT));
    EXPECT_EQ(x.sent(), x.sender.only(L4_IPC_SEMSGCUT));
}

TEST(LongMessage, IsCutToTheRegistersOfAReceiverWithoutBuffer) {
    ABI_ROW(ipc_long_to_registers_cut);
    expect_cut_in_registers(3, 0);
    expect_cut_in_registers(2, 1);
    expect_cut_in_registers(40, 3);
}

TEST(LongMessage, HasAtLeastTwoWordsAndSoHasABuffer) {
    ABI_ROW(ipc_long_dopes_below_two);
    for (const Word n : {0u, 1u, 2u})
        for (const Word c : {0u, 1u, 2u}) {
            Exchange x(2, 0, 2, 0);
            x.sender.buffer.send(n);
            x.receiver.buffer.size_dope() = l4_msgdope(c, 0);
            x.run();
            EXPECT_EQ(x.got(), Exchange::delivered(0x4000)) << n << " to " << c;
            EXPECT_EQ(x.sent(), x.sender.only(L4_IPC_OK));
            EXPECT_EQ(x.receiver.buffer.word(1), Exchange::w1);
        }
}

TEST(LongMessage, ThatIsCutEndsTheCall) {
    ABI_ROW(ipc_long_cut_ends_the_call);
    World w;
    Exchange x(3, 0, 0, 0);
    x.sender.call.receive = 0;
    Script server({{0, wait_open()}, {0, send_to(a, 1, 2, L4_TIMEOUT_SND_ZERO)}});
    w.play({{b, server.body()}, {a, x.sender.body()}});
    EXPECT_EQ(x.sent(), x.sender.only(L4_IPC_SEMSGCUT));
    ASSERT_EQ(server.returned(), 2u);
    EXPECT_EQ(server[0], Exchange::delivered(0x4000 | L4_IPC_REMSGCUT));
    EXPECT_EQ(server[1], server.only(L4_IPC_SETIMEOUT, 1));
}

TEST(LongMessage, IsAnsweredInACall) {
    World w;
    Exchange x(5, 0, 5, 0);
    x.sender.call.receive = 0;
    Script reply({{2000, send_to(a, 1, 2, L4_TIMEOUT_SND_ZERO)}});
    x.start(w);
    w.play({{l4_threadid(6, 1), reply.body()}});
    EXPECT_EQ(x.got(), Exchange::delivered(0xa000));
    ASSERT_EQ(reply.returned(), 1u);
    EXPECT_EQ(reply[0], reply.only(L4_IPC_SETIMEOUT)); // a waits for thread 0
    EXPECT_EQ(w.state(a), For::receive);
    w.as_root(deletion(b));
    EXPECT_EQ(w.state(a), For::receive);
}

TEST(ShortMessage, DoesNotTouchTheReceiversBuffer) {
    ABI_ROW(ipc_short_to_buffer);
    World w;
    constexpr Word nowhere = 0x18000000;
    Script receiver({.partner = {}, .receive = nowhere | L4_RCV_OPEN}), sender(send_to(b, 1, 2));
    w.play({{b, receiver.body()}, {a, sender.body()}});
    ASSERT_EQ(receiver.returned(), 1u);
    EXPECT_EQ(receiver[0], message(a, 1, 2));
    EXPECT_FALSE(w.page(b, nowhere));
}

TEST(LongMessage, FromTheQueueIsTransferredWhenItsSenderRuns) {
    ABI_ROW(ipc_long_from_queue);
    World w;
    Exchange x(100, 0, 100, 0);
    x.receiver.begin = 2000;
    x.start(w);
    For receiver{}, sender{};
    const kern::Thread* partner = nullptr;
    w.start(c, [&](User u) -> Program {
        co_await until(u, 2000); // ready behind b, and before a
        receiver = w.state(b);
        sender = w.state(a);
        partner = w.thread(a).transfer().to;
    });
    w.run();
    EXPECT_EQ(receiver, For::transfer);
    EXPECT_EQ(sender, For::nothing);
    EXPECT_EQ(partner, &w.thread(b));
    EXPECT_EQ(x.got(), Exchange::delivered(100 << L4_MSGDOPE_DWORDS_SHIFT));
    EXPECT_EQ(x.sent(), x.sender.only(L4_IPC_OK));
    EXPECT_LT(x.receiver.turn, x.sender.turn); // the sender was current
}

TEST(LongMessage, SwitchesToTheReceiverUnlessToldNotTo) {
    for (const Word deceit : {0u, L4_SND_DECEIT}) {
        Exchange x(3, 0, 3, 0);
        x.sender.call.send |= deceit;
        x.run();
        EXPECT_EQ(x.got(), Exchange::delivered(0x6000));
        EXPECT_EQ(x.sender.turn < x.receiver.turn, deceit != 0);
    }
}

TEST(LongMessage, OptionBitsAreNoPartOfTheAddress) {
    ABI_ROW(ipc_long_descriptor_option_bits);
    Exchange x(3, 0, 3, 0);
    x.sender.call.send |= L4_SND_DECEIT | L4_SND_MAP;
    x.sender.call.w1 = 0; // no flexpage
    x.run();
    EXPECT_EQ(x.got(), message(a, Exchange::w0, 0, 0x6000));
    EXPECT_EQ(x.receiver.buffer.word(2), 0xc0de0002u);
}

/// The last words that a user can have, filled with this message head and what fits.
Block last_words(Word size, const sim::MessageBuffer& buffer) {
    sim::MessageBuffer copy = buffer;
    return {L4_USER_TOP - size, Bytes(copy.bytes(), copy.bytes() + size)};
}

void expect_aborted(Exchange& x) {
    x.run();
    EXPECT_EQ(x.got(), x.receiver.only(L4_IPC_REABORTED));
    EXPECT_EQ(x.sent(), x.sender.only(L4_IPC_SEABORTED));
}

TEST(LongMessage, FromKernelMemoryIsAborted) {
    ABI_ROW(ipc_long_buffer_in_kernel);
    Exchange x(3, 0, 3, 0);
    x.sender.call.send = L4_USER_TOP;
    expect_aborted(x);
    Exchange y(3, 0, 3, 0);
    y.sender.call.send = 0xfffffffc;
    expect_aborted(y);
}

TEST(LongMessage, IntoKernelMemoryIsAborted) {
    ABI_ROW(ipc_long_buffer_in_kernel);
    Exchange x(3, 0, 3, 0);
    x.receiver.call.receive = L4_USER_TOP | L4_RCV_OPEN;
    expect_aborted(x);
}

TEST(LongMessage, ThatRunsIntoKernelMemoryIsAborted) {
    ABI_ROW(ipc_long_buffer_in_kernel);
    Exchange x(7, 0, 7, 0);
    x.sender.memory.push_back(last_words(24, x.sender.buffer));
    x.sender.call.send = x.sender.memory.back().at;
    expect_aborted(x);
}

TEST(LongMessage, ToABufferThatRunsIntoKernelMemoryIsAborted) {
    ABI_ROW(ipc_long_buffer_in_kernel);
    Exchange x(7, 0, 7, 0);
    x.receiver.memory.push_back(last_words(24, x.receiver.buffer));
    x.receiver.call.receive = x.receiver.memory.back().at | L4_RCV_OPEN;
    expect_aborted(x);
}

TEST(LongMessage, MayEndWithTheLastWordThatUsersHave) {
    Exchange x(7, 0, 7, 0);
    const Word size = x.sender.buffer.size();
    for (Side* side : {&x.sender, &x.receiver}) side->memory.push_back(last_words(size, side->buffer));
    x.sender.call.send = x.receiver.call.receive = L4_USER_TOP - size;
    x.receiver.call.receive |= L4_RCV_OPEN;
    x.run();
    EXPECT_EQ(x.got(), Exchange::delivered(0xe000));
    EXPECT_EQ(x.sent(), x.sender.only(L4_IPC_OK));
    Word last = 0;
    std::memcpy(&last, x.receiver.memory.back().bytes.data() + size - 4, sizeof last);
    EXPECT_EQ(last, 0xc0de0006u);
}

TEST(LongMessage, WordsBeyondTheReceiversAreNotEvenRead) {
    // Of a message that is cut only what arrives is read: words 5..9 lie where nobody can read.
    Exchange x(10, 0, 5, 0);
    const Word size = 12 + 5 * 4;
    x.sender.memory.push_back(last_words(size, x.sender.buffer));
    x.sender.call.send = L4_USER_TOP - size;
    x.run();
    EXPECT_EQ(x.got(), Exchange::delivered(0xa000 | L4_IPC_REMSGCUT));
    EXPECT_EQ(x.sent(), x.sender.only(L4_IPC_SEMSGCUT));
}

} // namespace
} // namespace conformance::ipc
