// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <utility>
#include <vector>

#include "l4/abi/exception.h"
#include "test/conformance/ipc/support/exchange.h"

namespace conformance::ipc {

/// A pager that does as it is told.
class Pager {
public:
    enum class Reply {
        map,           ///< a page of its own, writable
        map_long,      ///< the same, in a long message whose buffer is nowhere
        map_read_only, ///< the same page as the next `map` will give
        grant,         ///< gives the page away
        words_long,    ///< two words, in a long message whose buffer is nowhere
        words,         ///< two words, no page
        refuse,        ///< w0 = -1
        none,          ///< never
    };
    static constexpr Word window = 0x30000000;

    /// Answers message i with `replies[i]`, and all later ones with the last; `delay` later.
    explicit Pager(std::vector<Reply> replies, Time delay = 0)
        : replies_(std::move(replies)), delay_(delay) {}

    std::vector<Answer> messages;
    std::vector<Time> times;
    std::vector<Answer> results; ///< of its replies

    /// What is in the page that the i-th `map` gives.
    static Bytes contents(std::size_t i) { return pattern(4096, 1000 + static_cast<unsigned>(i)); }
    sim::Body body() {
        return [this](User u) { return run(u); };
    }

private:
    static constexpr std::size_t pages = 4;
    Program run(User u);
    Ipc answer(Reply reply, const IpcResult& m);

    std::vector<Reply> replies_;
    Time delay_;
    Word mapped_ = 0;
};

/// The page-fault message of a transfer.
constexpr Answer fault(l4_threadid_t from, Word address, Word flags) {
    return message(from, (address & L4_PF_ADDR_MASK) | flags, L4_PF_EIP_NONE);
}

} // namespace conformance::ipc
