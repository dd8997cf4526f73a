// SPDX-License-Identifier: BSD-2-Clause
// Strings: where they go, and what the receiver is told (docs/semantics.md 7.5 d).
#include <gtest/gtest.h>

#include <random>
#include <utility>

#include "test/conformance/ipc/support/exchange.h"

namespace conformance::ipc {
namespace {

constexpr std::byte filler{0xee};
constexpr bool on = true; ///< the string goes on in the next dope
constexpr Word more = continued_bit, cut = L4_IPC_REMSGCUT;
constexpr Word untouched = ~0u; ///< a dope that nothing was received with

struct Part {
    Word size = 0;
    bool continues = false;
};

Bytes slice(const Bytes& bytes, std::size_t from, std::size_t size) {
    const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(from);
    return {first, first + static_cast<std::ptrdiff_t>(size)};
}

/// The logical strings of these parts, each different from all others.
std::vector<Bytes> strings_of(const std::vector<Part>& parts) {
    std::vector<Bytes> strings;
    Word size = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        size += parts[i].size;
        if (parts[i].continues && i + 1 < parts.size()) continue;
        strings.push_back(pattern(size, static_cast<unsigned>(i)));
        size = 0;
    }
    return strings;
}

/// For each part: in which logical string it is, and where there.
std::vector<std::pair<std::size_t, std::size_t>> places(const std::vector<Part>& parts) {
    std::vector<std::pair<std::size_t, std::size_t>> all;
    std::size_t string = 0, offset = 0;
    for (const Part& part : parts) {
        all.emplace_back(string, offset);
        offset = part.continues ? offset + part.size : 0;
        string += part.continues ? 0 : 1;
    }
    return all;
}

void expect_result(const Exchange& x, Word dope) {
    EXPECT_EQ(x.got(), Exchange::delivered(dope));
    EXPECT_EQ(x.sent(), x.sender.only((dope & L4_MSGDOPE_ERROR_MASK) == cut ? L4_IPC_SEMSGCUT : L4_IPC_OK));
}

/// Dope `i` says that it received so many bytes, and these are there; the rest of its buffer is as it was.
void expect_part(const Exchange& x, Word i, const Bytes& bytes, Word flags = 0) {
    const Block& block = x.receiver.memory.at(i);
    const l4_strdope_t dope = x.receiver.buffer.string(i);
    EXPECT_EQ(dope.snd_size, bytes.size() | flags) << "dope " << i;
    EXPECT_EQ(dope.snd_addr, block.at) << "dope " << i;
    EXPECT_EQ(dope.rcv_size & ~more, block.bytes.size()) << "dope " << i;
    EXPECT_EQ(dope.rcv_addr, block.at) << "dope " << i;
    EXPECT_EQ(block.bytes, over(bytes, Bytes(block.bytes.size(), filler))) << "dope " << i;
}

/// Strings of these parts are sent into buffers of those; then the receiver's dopes say `received`: sizes,
/// with `more` where the string goes on; and the receiver's result is `result`.
void expect_strings(const std::vector<Part>& sent, const std::vector<Part>& room,
                    const std::vector<Word>& received, Word result) {
    Exchange x(2, static_cast<Word>(sent.size()), 2, static_cast<Word>(room.size()));
    const std::vector<Bytes> strings = strings_of(sent);
    const auto from = places(sent), into = places(room);
    for (Word i = 0; i < sent.size(); ++i)
        x.send_string(i, slice(strings[from[i].first], from[i].second, sent[i].size), sent[i].continues);
    for (Word i = 0; i < room.size(); ++i) x.receive_string(i, room[i].size, room[i].continues);
    x.run();
    expect_result(x, result);
    for (Word i = 0; i < received.size(); ++i) {
        if (received[i] == untouched) {
            EXPECT_EQ(x.receiver.received_size(i), 0xeeeeee00 + i);
            EXPECT_EQ(x.receiver.received_at(i), 0xeeeeff00 + i);
        } else {
            expect_part(x, i, slice(strings[into[i].first], into[i].second, received[i] & ~more),
                        received[i] & more);
        }
    }
}

TEST(String, ArrivesInItsBuffer) {
    ABI_ROW(ipc_string_one);
    Exchange x(2, 1, 2, 1);
    const Bytes bytes = pattern(5000, 1);
    x.send_string(0, bytes, false, 0x10800123);
    x.receive_string(0, 8192, false, 0x20800fff);
    x.run();
    expect_result(x, 0x4100);
    expect_part(x, 0, bytes);
}

TEST(String, OfAnyNumberUpTo31Arrives) {
    ABI_ROW(ipc_string_several);
    std::vector<Part> sent, room;
    std::vector<Word> received;
    for (Word i = 0; i < 31; ++i) {
        sent.push_back({i * 37 + 1});
        room.push_back({i * 40 + 1});
        received.push_back(i * 37 + 1);
    }
    expect_strings(sent, room, received, 0x5f00);
}

TEST(String, IsGatheredFromTheSendersParts) {
    ABI_ROW(ipc_string_gathered);
    expect_strings({{10, on}, {20, on}, {5}}, {{100}}, {35}, 0x4100);
}

TEST(String, IsScatteredOverTheReceiversParts) {
    ABI_ROW(ipc_string_scattered);
    expect_strings({{35}}, {{10, on}, {20, on}, {50}}, {10 | more, 20 | more, 5}, 0x4300);
}

TEST(String, IsGatheredAndScatteredAtOnce) {
    expect_strings({{4001, on}, {999}}, {{1, on}, {4095, on}, {904}}, {1 | more, 4095 | more, 904}, 0x4300);
}

TEST(String, ThatEndsEarlyLeavesTheOtherPartsOfItsBufferAlone) {
    ABI_ROW(ipc_string_scattered_ends_early);
    expect_strings({{7}, {8}}, {{10, on}, {20}, {50}}, {7, untouched, 8}, 0x4200);
    expect_strings({{7}, {8}}, {{10, on}, {20, on}, {30}, {50}}, {7, untouched, untouched, 8}, 0x4200);
}

TEST(String, ThatFillsAPartToItsEndDoesNotUseTheNext) {
    expect_strings({{10}}, {{10, on}, {20}}, {10, untouched}, 0x4100);
    expect_strings({{4, on}, {6}, {1}}, {{10, on}, {20}, {1}}, {10, untouched, 1}, 0x4200);
}

TEST(String, ThatIsTooLongIsCutAndTheNextOnesArrive) {
    ABI_ROW(ipc_string_too_long);
    expect_strings({{100}, {20}, {30}}, {{60}, {20}, {40}}, {60, 20, 30}, 0x4300 | cut);
}

TEST(String, ThatIsTooLongIsCutWithAllItsParts) {
    expect_strings({{40, on}, {25, on}, {25}, {20}}, {{50}, {40}}, {50, 20}, 0x4200 | cut);
    expect_strings({{40, on}, {25, on}, {25}, {20}}, {{10, on}, {20}, {40}}, {10 | more, 20, 20},
                   0x4300 | cut);
}

TEST(String, ThatFindsNoBufferIsCut) {
    ABI_ROW(ipc_string_too_many);
    expect_strings({{50}, {10}}, {{50}}, {50}, 0x4100 | cut);
    expect_strings({{50}}, {}, {}, 0x4000 | cut);
}

TEST(String, LeavesBuffersThatItDoesNotNeedAlone) {
    ABI_ROW(ipc_string_fewer_than_buffers);
    expect_strings({{50}}, {{50}, {50}, {50}}, {50, untouched, untouched}, 0x4100);
    expect_strings({}, {{50}}, {untouched}, 0x4000);
}

TEST(String, ThatIsEmptyIsReported) {
    ABI_ROW(ipc_string_empty);
    expect_strings({{0}}, {{50}}, {0}, 0x4100);
    expect_strings({{0}}, {{0}}, {0}, 0x4100);
    expect_strings({{0, on}, {0, on}, {0}}, {{0, on}, {50}}, {0, untouched}, 0x4100);
}

TEST(String, PassesThroughEmptyPartsOfItsBuffer) {
    expect_strings({{20}}, {{0, on}, {0, on}, {50}}, {0 | more, 0 | more, 20}, 0x4300);
}

TEST(String, EndsWithTheLastDope) {
    ABI_ROW(ipc_string_last_dope_goes_on);
    expect_strings({{20, on}}, {{50}}, {20}, 0x4100);
    expect_strings({{20}}, {{50, on}}, {20}, 0x4100);
    expect_strings({{60}}, {{50, on}}, {50}, 0x4100 | cut);
}

TEST(String, ThatIsCutNeedsNoPageBehindItsCut) {
    // The other parts lie where nobody can read.
    Exchange x(2, 3, 2, 1);
    const Bytes bytes = pattern(40, 1);
    x.send_string(0, bytes, true);
    for (const Word i : {1u, 2u})
        x.sender.buffer.set_string(
            i, {.snd_size = 100 | more, .snd_addr = L4_USER_TOP, .rcv_size = 0, .rcv_addr = 0});
    x.receive_string(0, 40);
    x.run();
    expect_result(x, 0x4100 | cut);
    expect_part(x, 0, bytes);
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
    expect_part(x, 0, bytes);
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
    const Bytes& received = x.receiver.place(to, Bytes(50, filler));
    x.receiver.buffer.size_dope() = l4_msgdope(1, 1);
    x.receiver.buffer.word(3) = 50, x.receiver.buffer.word(4) = to;
    x.run();
    expect_result(x, 0x4100);
    EXPECT_EQ(received, over(bytes, Bytes(50, filler)));
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
    expect_result(x, 0x8100 | cut);
    expect_part(x, 0, bytes);
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
