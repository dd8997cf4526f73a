// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <deque>
#include <optional>
#include <vector>

#include "test/conformance/ipc/support/script.h"

namespace conformance::ipc {

using Bytes = std::vector<std::byte>;

/// `size` bytes that look like no others.
Bytes pattern(std::size_t size, unsigned seed);
/// `bytes`, and then `rest` as it was, if that is longer.
Bytes over(const Bytes& bytes, const Bytes& rest);

/// A piece of a thread's memory.
struct Block {
    Word at = 0;
    Bytes bytes;
    bool stored = true; ///< before the message; else the thread touches it only afterwards
};

/// One side of a message: a thread that prepares its memory, makes one ipc call, and looks at its memory.
struct Side {
    Side(Word at, Word dwords, Word strings) : buffer(at, dwords, strings) {}

    sim::MessageBuffer buffer; ///< put before, got after the call
    std::deque<Block> memory;  ///< stored before, loaded after the call
    std::vector<Word> touched; ///< addresses read under the pager below, before the call
    Ipc call{};
    Time begin = 0;
    l4_threadid_t pager = l4_invalid_id(); ///< from the touches to the end of the call; invalid: root
    bool looks = true;                     ///< at its memory afterwards

    std::optional<Answer> answer; ///< none: the call has not returned
    Time end = 0;
    std::uint64_t turn = 0;

    /// Adds a piece of memory; returns its contents after the run.
    Bytes& place(Word at, Bytes bytes) { return memory.emplace_back(at, std::move(bytes)).bytes; }
    /// What string dope `i` says was received.
    Word received_size(Word i) const { return buffer.string(i).snd_size; }
    Word received_at(Word i) const { return buffer.string(i).snd_addr; }
    /// How the call looks when it ended with this code and left its registers alone.
    Answer only(Word code) const { return ipc::only(code, call); }
    sim::Body body() {
        return [this](User u) { return run(u); };
    }

private:
    Program run(User u);
};

/// A message from A to B, who waits for it.  Buffers and strings have addresses of their own; all are touched
/// before the call unless a test says otherwise.
struct Exchange {
    static constexpr Word sender_buffer = 0x10000000, receiver_buffer = 0x20000000;
    static constexpr Word w0 = 0xa0a0a0a0, w1 = 0xb1b1b1b1;

    /// Buffers of these sizes.
    Exchange(Word send_dwords, Word send_strings, Word receive_dwords, Word receive_strings);

    Side sender, receiver;

    /// Send string `i`: its bytes at an address of its own.
    void send_string(Word i, Bytes bytes, bool continued = false, Word at = 0);
    /// Receive string `i`: room for that many bytes, filled with 0xee.  Its contents after the run.
    Bytes& receive_string(Word i, Word size, bool continued = false, Word at = 0);
    /// Starts both.
    void start(sim::World& w, sim::Spawn how_sender = {}, sim::Spawn how_receiver = {});
    /// In a world of its own.
    void run();

    Answer got() const { return receiver.answer.value_or(Answer{~0u}); }
    Answer sent() const { return sender.answer.value_or(Answer{~0u}); }
    /// What the receiver gets when all goes well.
    static constexpr Answer delivered(Word dope) { return message(a, w0, w1, dope); }

private:
    static constexpr Word apart = 0x01000000;
};

inline constexpr Word continued_bit = 1u << 31;

} // namespace conformance::ipc
