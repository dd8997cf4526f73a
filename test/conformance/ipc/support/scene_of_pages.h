// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <algorithm>
#include <vector>

#include "test/conformance/ipc/support/exchange.h"

namespace conformance::ipc {

/// A message with at most one string between two stretches of pages, of which some are missing, read-only or
/// in both.  What the sender alone has is neither referenced nor dirty before.
struct SceneOfPages {
    static constexpr Word count = 5, page = 0x1000; ///< pages of a stretch, which crosses a border of 4 MiB
    static constexpr Word from = 0x10400000 - 2 * page, to = 0x20800000 - 2 * page;

    /// Page `at` of the receiver's stretch is page `source` of the sender's.
    struct Shared {
        Word at, source;
        Word rights = L4_FP_WRITE;
    };
    struct String {
        Word source, target, size, room;
    };

    Word send, receive;                                 ///< the buffers
    Word words, room;                                   ///< doublewords: sent, of the receiver's buffer
    std::vector<String> string{};                       ///< none or one
    std::vector<Word> sender_lacks{}, receiver_lacks{}; ///< pages
    std::vector<Shared> shared{};
    bool one_task = false;     ///< the receiver is the sender's thread 1
    Word sender_size = 0;      ///< doublewords by the sender's size dope, if not as many as are sent
    Word receiver_strings = 1; ///< for a string
    Word send_bits = 0, receive_bits = L4_RCV_OPEN;
    bool faults_end_it = false;

    /// What anybody can tell afterwards.
    struct Result {
        Answer got, sent;
        std::vector<Bytes> memory;
        std::vector<std::optional<kern::MapDb::Page>>
            pages;            ///< both worlds are made alike, so the frames are the same, too
        bool at_once = false; ///< the message was no transfer
    };
    Result run(const kern::Limits& bounds) const;

    Word sender_dope() const { return send + 12 + 4 * (sender_size ? sender_size : words); }
    Word receiver_dope() const { return receive + 12 + 4 * room; }
};

/// The short way and the steps do the same; tells whether the short way was gone.
bool moved_at_once(const SceneOfPages& scene);

} // namespace conformance::ipc
