// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "sim/message_buffer.h"
#include "test/attack/support/world.h"

namespace attack {

/// A word that a third thread writes into the memory of sender or receiver.
struct Patch {
    Word at = 0, value = 0;
};
using Patches = std::vector<Patch>;

/// A long message from A to B with flexpages and strings, while C, who shares the memory of both and is more
/// urgent, rewrites words of it: before the call, in any of its kernel entries, and when it is over.
class Letter {
public:
    static constexpr Word sender_buffer = 0x10000000, receiver_buffer = 0x20000000, page = 0x1000;
    static constexpr Word sender_data = sender_buffer + page, receiver_data = receiver_buffer + page,
                          spare = receiver_buffer + 2 * page; ///< B's; no descriptor names it
    static constexpr Word window = 0x30000000, dwords = 6, strings = 3;

    sim::MessageBuffer send{sender_buffer, dwords, strings}, receive{receiver_buffer, dwords, strings};

    /// All that can be seen when everything is over.
    struct Outcome {
        std::vector<sim::Regs> registers; ///< of A and B; none: its call has not returned
        std::vector<std::byte> memory;    ///< the pages above
        std::vector<std::tuple<Word, Word, Word, bool>> pages; ///< task, address, frame, writable
        unsigned entries = 0; ///< windows for interrupts that the message has had
        bool operator==(const Outcome& o) const {
            return registers == o.registers && memory == o.memory && pages == o.pages;
        }
        std::byte byte(Word at) const { return memory.at(offset(at)); }
    };

    /// Three strings, the first two parts of one; all fits.
    Letter();
    /// Runs it in a world of its own; `patches` are written in window `when`.
    Outcome play(const Patches& early, unsigned when, const Patches& patches, const Patches& late) const;
    Outcome play() const { return play({}, ~0u, {}, {}); }

    /// The words that the kernel reads of either descriptor.
    static std::vector<Word> descriptor_words();
    static Word send_dope(Word i, std::size_t field) { return dope(sender_buffer, i, field); }
    static Word receive_dope(Word i, std::size_t field) { return dope(receiver_buffer, i, field); }
    static bool is_senders(Word at) { return at < receiver_buffer; }

private:
    static constexpr Word shown[] = {sender_buffer, sender_data, receiver_buffer, receiver_data, spare};
    static Word dope(Word buffer, Word i, std::size_t field) {
        return buffer + 12 + 4 * dwords + i * Word{sizeof(l4_strdope_t)} + static_cast<Word>(field);
    }
    static std::size_t offset(Word at);
};

} // namespace attack
