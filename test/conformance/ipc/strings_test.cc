// SPDX-License-Identifier: BSD-2-Clause
// Strings: where they go, and what the receiver is told (docs/semantics.md 7.5 d).
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "test/conformance/ipc/support/exchange.h"

namespace conformance::ipc {
namespace {

constexpr std::byte untouched{0xee};

/// A dope that nothing was received with.
void expect_unchanged(const Exchange& x, Word i) {
    EXPECT_EQ(x.receiver.received_size(i), 0xeeeeee00 + i);
    EXPECT_EQ(x.receiver.received_at(i), 0xeeeeff00 + i);
}

/// What dope `i` says, and that its buffer begins with these bytes and is otherwise as it was.
void expect_received(const Exchange& x, Word i, const Bytes& bytes, Word flags = 0) {
    const Block& block = x.receiver.memory.at(i);
    const l4_strdope_t dope = x.receiver.buffer.string(i);
    EXPECT_EQ(dope.snd_size, bytes.size() | flags) << "string " << i;
    EXPECT_EQ(dope.snd_addr, block.at);
    EXPECT_EQ(dope.rcv_size & ~continued_bit, block.bytes.size());
    EXPECT_EQ(dope.rcv_addr, block.at);
    EXPECT_EQ(block.bytes, over(bytes, Bytes(block.bytes.size(), untouched))) << "string " << i;
}

/// Both are told so.
void expect_result(const Exchange& x, Word dope, Word sender_code = L4_IPC_OK) {
    EXPECT_EQ(x.got(), Exchange::delivered(dope));
    EXPECT_EQ(x.sent(), x.sender.only(sender_code));
}

constexpr Word cut = L4_IPC_REMSGCUT;

Bytes part(const Bytes& bytes, std::size_t from, std::size_t size) {
    const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(from);
    return {first, first + static_cast<std::ptrdiff_t>(size)};
}

TEST(String, ArrivesInItsBuffer) {
    ABI_ROW(ipc_string_one);
    Exchange x(2, 1, 2, 1);
    const Bytes bytes = pattern(5000, 1);
    x.send_string(0, bytes, false, 0x10800123);
    x.receive_string(0, 8192, false, 0x20800fff);
    x.run();
    expect_result(x, 0x4100);
    expect_received(x, 0, bytes);
}

TEST(String, OfAnyNumberUpTo31Arrives) {
    ABI_ROW(ipc_string_several);
    Exchange x(2, 31, 2, 31);
    std::vector<Bytes> strings;
    for (Word i = 0; i < 31; ++i) {
        strings.push_back(pattern(i * 37 + 1, i));
        x.send_string(i, strings.back());
        x.receive_string(i, i * 40 + 1);
    }
    x.run();
    expect_result(x, 0x5f00);
    for (Word i = 0; i < 31; ++i) expect_received(x, i, strings[i]);
}

TEST(String, IsGatheredFromTheSendersParts) {
    ABI_ROW(ipc_string_gathered);
    Exchange x(2, 3, 2, 1);
    const Bytes bytes = pattern(35, 1);
    x.send_string(0, part(bytes, 0, 10), true);
    x.send_string(1, part(bytes, 10, 20), true);
    x.send_string(2, part(bytes, 30, 5));
    x.receive_string(0, 100);
    x.run();
    expect_result(x, 0x4100);
    expect_received(x, 0, bytes);
}

TEST(String, IsScatteredOverTheReceiversParts) {
    ABI_ROW(ipc_string_scattered);
    Exchange x(2, 1, 2, 3);
    const Bytes bytes = pattern(35, 1);
    x.send_string(0, bytes);
    x.receive_string(0, 10, true);
    x.receive_string(1, 20, true);
    x.receive_string(2, 50);
    x.run();
    expect_result(x, 0x4300);
    expect_received(x, 0, part(bytes, 0, 10), continued_bit);
    expect_received(x, 1, part(bytes, 10, 20), continued_bit);
    expect_received(x, 2, part(bytes, 30, 5));
}

TEST(String, ThatEndsEarlyLeavesTheOtherPartsOfItsBufferAlone) {
    ABI_ROW(ipc_string_scattered_ends_early);
    Exchange x(2, 2, 2, 3);
    const Bytes first = pattern(7, 1), second = pattern(8, 2);
    x.send_string(0, first);
    x.send_string(1, second);
    x.receive_string(0, 10, true);
    x.receive_string(1, 20);
    x.receive_string(2, 50);
    x.run();
    expect_result(x, 0x4200);
    expect_received(x, 0, first);
    expect_unchanged(x, 1);
    expect_received(x, 2, second);
}

TEST(String, ThatFillsAPartToItsEndDoesNotUseTheNext) {
    Exchange x(2, 1, 2, 2);
    const Bytes bytes = pattern(10, 1);
    x.send_string(0, bytes);
    x.receive_string(0, 10, true);
    x.receive_string(1, 20);
    x.run();
    expect_result(x, 0x4100);
    expect_received(x, 0, bytes);
    expect_unchanged(x, 1);
}

TEST(String, IsGatheredAndScatteredAtOnce) {
    Exchange x(2, 2, 2, 3);
    const Bytes bytes = pattern(5000, 1);
    x.send_string(0, part(bytes, 0, 4001), true);
    x.send_string(1, part(bytes, 4001, 999));
    x.receive_string(0, 1, true);
    x.receive_string(1, 4095, true);
    x.receive_string(2, 904);
    x.run();
    expect_result(x, 0x4300);
    expect_received(x, 0, part(bytes, 0, 1), continued_bit);
    expect_received(x, 1, part(bytes, 1, 4095), continued_bit);
    expect_received(x, 2, part(bytes, 4096, 904));
}

TEST(String, ThatIsTooLongIsCutAndTheNextOnesArrive) {
    ABI_ROW(ipc_string_too_long);
    Exchange x(2, 3, 2, 3);
    const Bytes first = pattern(100, 1), second = pattern(20, 2), third = pattern(30, 3);
    x.send_string(0, first);
    x.send_string(1, second);
    x.send_string(2, third);
    x.receive_string(0, 60);
    x.receive_string(1, 20);
    x.receive_string(2, 40);
    x.run();
    expect_result(x, 0x4300 | cut, L4_IPC_SEMSGCUT);
    expect_received(x, 0, part(first, 0, 60));
    expect_received(x, 1, second);
    expect_received(x, 2, third);
}

TEST(String, ThatIsTooLongIsCutWithAllItsParts) {
    Exchange x(2, 4, 2, 2);
    const Bytes first = pattern(90, 1), last = pattern(20, 2);
    x.send_string(0, part(first, 0, 40), true);
    x.send_string(1, part(first, 40, 25), true);
    x.send_string(2, part(first, 65, 25));
    x.send_string(3, last);
    x.receive_string(0, 50);
    x.receive_string(1, 40);
    x.run();
    expect_result(x, 0x4200 | cut, L4_IPC_SEMSGCUT);
    expect_received(x, 0, part(first, 0, 50));
    expect_received(x, 1, last);
}

TEST(String, ThatIsCutNeedsNoPageBehindItsCut) {
    // The other parts lie where nobody can read.
    Exchange x(2, 3, 2, 1);
    const Bytes bytes = pattern(40, 1);
    x.send_string(0, bytes, true);
    for (const Word i : {1u, 2u})
        x.sender.buffer.set_string(
            i, {.snd_size = 100 | continued_bit, .snd_addr = L4_USER_TOP, .rcv_size = 0, .rcv_addr = 0});
    x.receive_string(0, 40);
    x.run();
    expect_result(x, 0x4100 | cut, L4_IPC_SEMSGCUT);
    expect_received(x, 0, bytes);
}

TEST(String, ThatFindsNoBufferIsCut) {
    ABI_ROW(ipc_string_too_many);
    Exchange x(2, 2, 2, 1);
    const Bytes bytes = pattern(50, 1);
    x.send_string(0, bytes);
    x.send_string(1, pattern(10, 2));
    x.receive_string(0, 50);
    x.run();
    expect_result(x, 0x4100 | cut, L4_IPC_SEMSGCUT);
    expect_received(x, 0, bytes);
}

TEST(String, LeavesBuffersThatItDoesNotNeedAlone) {
    ABI_ROW(ipc_string_fewer_than_buffers);
    Exchange x(2, 1, 2, 3);
    const Bytes bytes = pattern(50, 1);
    x.send_string(0, bytes);
    for (Word i = 0; i < 3; ++i) x.receive_string(i, 50);
    x.run();
    expect_result(x, 0x4100);
    expect_received(x, 0, bytes);
    expect_unchanged(x, 1);
    expect_unchanged(x, 2);
}

TEST(String, ThatIsEmptyIsReported) {
    ABI_ROW(ipc_string_empty);
    for (const Word room : {0u, 50u}) {
        Exchange x(2, 1, 2, 1);
        x.send_string(0, {});
        x.receive_string(0, room);
        x.run();
        expect_result(x, 0x4100);
        expect_received(x, 0, {});
    }
}

TEST(String, OfEmptyPartsIsEmpty) {
    Exchange x(2, 3, 2, 2);
    x.send_string(0, {}, true);
    x.send_string(1, {}, true);
    x.send_string(2, {});
    x.receive_string(0, 0, true);
    x.receive_string(1, 50);
    x.run();
    expect_result(x, 0x4100);
    expect_received(x, 0, {});
    expect_unchanged(x, 1);
}

TEST(String, PassesThroughEmptyPartsOfItsBuffer) {
    Exchange x(2, 1, 2, 3);
    const Bytes bytes = pattern(20, 1);
    x.send_string(0, bytes);
    x.receive_string(0, 0, true);
    x.receive_string(1, 0, true);
    x.receive_string(2, 50);
    x.run();
    expect_result(x, 0x4300);
    expect_received(x, 0, {}, continued_bit);
    expect_received(x, 1, {}, continued_bit);
    expect_received(x, 2, bytes);
}

TEST(String, EndsWithTheLastSendDope) {
    ABI_ROW(ipc_string_last_dope_goes_on);
    Exchange x(2, 1, 2, 1);
    const Bytes bytes = pattern(20, 1);
    x.send_string(0, bytes, true);
    x.receive_string(0, 50);
    x.run();
    expect_result(x, 0x4100);
    expect_received(x, 0, bytes);
}

TEST(String, EndsWithTheLastReceiveDope) {
    ABI_ROW(ipc_string_last_dope_goes_on);
    Exchange x(2, 1, 2, 1);
    const Bytes bytes = pattern(20, 1);
    x.send_string(0, bytes);
    x.receive_string(0, 50, true);
    x.run();
    expect_result(x, 0x4100);
    expect_received(x, 0, bytes);
}

TEST(String, ThatIsTooLongForTheLastReceiveDopeIsCut) {
    Exchange x(2, 1, 2, 1);
    const Bytes bytes = pattern(60, 1);
    x.send_string(0, bytes);
    x.receive_string(0, 50, true);
    x.run();
    expect_result(x, 0x4100 | cut, L4_IPC_SEMSGCUT);
    expect_received(x, 0, part(bytes, 0, 50));
}

TEST(String, DopesAreBehindTheDoublewordsOfTheSizeDope) {
    ABI_ROW(ipc_string_place_of_dopes);
    Exchange x(20, 1, 20, 1);
    const Bytes bytes = pattern(30, 1);
    x.sender.buffer.send(4, 1);
    x.send_string(0, bytes);
    x.receive_string(0, 50);
    x.run();
    expect_result(x, 0x8100);
    expect_received(x, 0, bytes);
    EXPECT_EQ(x.receiver.buffer.word(3), 0xc0de0003u);
    EXPECT_EQ(x.receiver.buffer.word(4), 0xeeeeeeeeu);
}

TEST(String, DopesAreBehindTheDoublewordsOfTheSizeDopeEvenIfTheseAreNone) {
    Exchange x(2, 1, 2, 1);
    const Bytes bytes = pattern(30, 1);
    constexpr Word to = 0x20800000;
    x.send_string(0, bytes);
    x.sender.buffer.size_dope() = l4_msgdope(0, 1);
    x.sender.buffer.word(0) = 30, x.sender.buffer.word(1) = x.sender.memory[0].at;
    const Bytes& received = x.receiver.place(to, Bytes(50, untouched));
    x.receiver.buffer.size_dope() = l4_msgdope(1, 1);
    x.receiver.buffer.word(3) = 50, x.receiver.buffer.word(4) = to;
    x.run();
    expect_result(x, 0x4100);
    EXPECT_EQ(received, over(bytes, Bytes(50, untouched)));
    EXPECT_EQ(x.receiver.buffer.word(0), Exchange::w0);
    EXPECT_EQ(x.receiver.buffer.word(1), 30u); // where the message's word 1 had been stored
    EXPECT_EQ(x.receiver.buffer.word(2), to);
}

TEST(String, ArrivesWhenTheWordsAreCut) {
    ABI_ROW(ipc_string_words_cut_strings_not);
    Exchange x(10, 1, 4, 1);
    const Bytes bytes = pattern(30, 1);
    x.send_string(0, bytes);
    x.receive_string(0, 50);
    x.run();
    expect_result(x, 0x8100 | cut, L4_IPC_SEMSGCUT);
    expect_received(x, 0, bytes);
}

/// Up to 31 dopes of any size and any grouping on both sides; the specification knows what must come of it.
TEST(String, OfAnyShapeArrivesAsSpecified) {
    for (unsigned seed = 0; seed < 40; ++seed) {
        std::mt19937 random(seed);
        const auto below = [&](Word n) { return static_cast<Word>(random() % n); };
        const Word most = seed % 4 == 0 ? 31 : 4;
        const Word sent = below(most) + 1, received = below(most) + 1;
        Exchange x(below(6), sent, below(6), received);
        for (Word i = 0; i < sent; ++i) x.send_string(i, pattern(below(3) * below(200), i), below(2) != 0);
        for (Word i = 0; i < received; ++i) x.receive_string(i, below(3) * below(200), below(2) != 0);
        x.run();
        const Word code = x.sent().error();
        EXPECT_TRUE(code == L4_IPC_OK || code == L4_IPC_SEMSGCUT) << "seed " << seed;
        EXPECT_EQ(x.got().error(), code == L4_IPC_OK ? L4_IPC_OK : L4_IPC_REMSGCUT) << "seed " << seed;
    }
}

} // namespace
} // namespace conformance::ipc
