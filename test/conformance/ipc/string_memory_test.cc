// SPDX-License-Identifier: BSD-2-Clause
// Strings where memory ends, and where it is the same on both sides (docs/semantics.md 7.6, 7.7).
#include <gtest/gtest.h>

#include "test/conformance/ipc/support/exchange.h"

namespace conformance::ipc {
namespace {

/// One string of `size` bytes from there to there, where there is `room`; neither side prepares its memory.
Exchange one_string(Word from, Word to, Word size, Word room) {
    Exchange x(2, 1, 2, 1);
    x.sender.buffer.set_string(0, {.snd_size = size, .snd_addr = from, .rcv_size = 0, .rcv_addr = 0});
    x.receiver.buffer.set_string(0, {.snd_size = 0, .snd_addr = 0, .rcv_size = room, .rcv_addr = to});
    return x;
}

constexpr Word from = 0x10800000, to = 0x20800000;

void expect_aborted(Exchange x) {
    x.run();
    EXPECT_EQ(x.got(), x.receiver.only(L4_IPC_REABORTED));
    EXPECT_EQ(x.sent(), x.sender.only(L4_IPC_SEABORTED));
}

TEST(String, FromKernelMemoryIsAborted) {
    ABI_ROW(ipc_string_in_kernel);
    expect_aborted(one_string(L4_USER_TOP, to, 10, 100));
    expect_aborted(one_string(L4_USER_TOP - 5, to, 6, 6));
    expect_aborted(one_string(0xfffffff0, to, 32, 32));
}

TEST(String, IntoKernelMemoryIsAborted) {
    ABI_ROW(ipc_string_in_kernel);
    expect_aborted(one_string(from, L4_USER_TOP, 10, 10));
    expect_aborted(one_string(from, L4_USER_TOP - 5, 6, 6));
    expect_aborted(one_string(from, 0xfffffff0, 32, 32));
}

TEST(String, ThatRunsIntoKernelMemoryArrivesUpToThere) {
    Exchange x = one_string(L4_USER_TOP - 5, to, 6, 6);
    const Bytes bytes = pattern(5, 1);
    x.sender.place(L4_USER_TOP - 5, bytes);
    const Bytes& received = x.receiver.place(to, Bytes(6, std::byte{0xee}));
    x.run();
    EXPECT_EQ(x.got(), x.receiver.only(L4_IPC_REABORTED));
    EXPECT_EQ(received, over(bytes, Bytes(6, std::byte{0xee})));
    EXPECT_EQ(x.receiver.received_size(0), 0u);
}

void expect_delivered(Exchange x, Word size, Word dope = 0x4100) {
    x.run();
    EXPECT_EQ(x.got(), Exchange::delivered(dope));
    EXPECT_EQ(x.receiver.received_size(0), size);
}

TEST(String, MayBeAnywhereWhereNoByteOfItMoves) {
    expect_delivered(one_string(0x50000000, to, 0x7fffffff, 100), 100, 0x4100 | L4_IPC_REMSGCUT);
    expect_delivered(one_string(from, L4_USER_TOP - 5, 3, 100), 3);
    expect_delivered(one_string(L4_USER_TOP, to, 0, 100), 0);
    expect_delivered(one_string(from, 0xfffffff0, 0, 100), 0);
}

TEST(String, MayEndWithTheLastByteThatUsersHave) {
    Exchange x(2, 1, 2, 1);
    const Bytes bytes = pattern(30, 1);
    x.send_string(0, bytes, false, L4_USER_TOP - 30);
    x.receive_string(0, 30, false, L4_USER_TOP - 30);
    x.run();
    EXPECT_EQ(x.got(), Exchange::delivered(0x4100));
    EXPECT_EQ(x.receiver.memory[0].bytes, bytes);
}

/// One string inside a task, from one place to another in the same memory.
Bytes moved(Word at, Word target, const Bytes& memory, Word size) {
    constexpr Word base = 0x10800f80;
    World w;
    Exchange x(2, 1, 2, 1);
    x.sender.buffer.set_string(0, {.snd_size = size, .snd_addr = base + at, .rcv_size = 0, .rcv_addr = 0});
    x.receiver.buffer.set_string(0,
                                 {.snd_size = 0, .snd_addr = 0, .rcv_size = size, .rcv_addr = base + target});
    const Bytes& after = x.sender.place(base, memory);
    x.sender.call.partner = l4_threadid(5, 1);
    w.play({{a, x.sender.body()}, {l4_threadid(5, 1), x.receiver.body()}});
    EXPECT_EQ(x.got(), Exchange::delivered(0x4100));
    return after;
}

TEST(String, MovesByteByByteFromTheFirstWhereItOverlapsItself) {
    const Bytes memory = pattern(300, 1);
    for (const Word distance : {1u, 3u, 100u}) {
        Bytes up = memory, down = memory;
        for (Word i = 0; i < 200; ++i) up[i + distance] = up[i];
        for (Word i = 0; i < 200; ++i) down[i] = down[i + distance];
        EXPECT_EQ(moved(0, distance, memory, 200), up) << distance;
        EXPECT_EQ(moved(distance, 0, memory, 200), down) << distance;
    }
}

} // namespace
} // namespace conformance::ipc
