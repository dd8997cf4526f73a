// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "test/conformance/thesis/support/world.h"

namespace conformance::thesis {

/// A pager that notes each message with the UTCB that it then had, and answers as it is told.
class Handler {
public:
    struct Message {
        Answer answer;
        l4_utcb_t utcb{}; ///< the whole UTCB of the handler, after the message
        Time at = 0;
        const l4_utcb_state_t& state() const { return utcb.state; }
        l4_threadid_t from() const { return answer.id; }
    };
    /// The call that follows message `i`; may change the handler's UTCB before.  Default: no answer at all.
    using Reply = std::function<Ipc(std::size_t i, const Message& m, l4_utcb_t& utcb)>;

    explicit Handler(Reply reply = {}, const l4_utcb_t& utcb = pager_utcb())
        : reply_(std::move(reply)), utcb_(utcb) {}
    Handler(const Handler&) = delete;
    Handler& operator=(const Handler&) = delete;

    std::vector<Word> pages; ///< addresses that it touches first: a word with its own address is stored there
    std::deque<Message> messages;
    std::deque<Answer> results; ///< of its calls
    std::size_t count() const { return messages.size(); }
    const Message& operator[](std::size_t i) const { return messages.at(i); }

    sim::Body body() {
        return [this](User u) { return run(u); };
    }

private:
    Program run(User u);
    Reply reply_;
    l4_utcb_t utcb_;
};

// Answers.

/// Two words, and nothing else.
constexpr Ipc words_to(l4_threadid_t to, Word w0 = 0, Word w1 = 0) {
    return {.partner = to, .w0 = w0, .w1 = w1, .send = 0, .timeout = L4_TIMEOUT_SND_ZERO};
}
/// A flexpage.
constexpr Ipc fpage_to(l4_threadid_t to, Word base, Word fpage) {
    return {.partner = to, .w0 = base, .w1 = fpage, .send = L4_SND_MAP, .timeout = L4_TIMEOUT_SND_ZERO};
}
/// With the whole state, as it now is in the UTCB.
inline Ipc with_state(const Handler::Message& m, l4_utcb_t& utcb, Word w0 = 0) {
    utcb.snd_size = L4_UTCB_STATE_WORDS;
    return words_to(m.from(), w0);
}
/// The thread goes on behind its instruction.
inline Ipc skip(const Handler::Message& m, l4_utcb_t& utcb, Word bytes = sim::instruction_length) {
    utcb.state.eip += bytes;
    return with_state(m, utcb);
}
/// Always that.
inline Handler::Reply skipping() {
    return [](std::size_t, const Handler::Message& m, l4_utcb_t& utcb) { return skip(m, utcb); };
}
/// No state, no map.
inline Handler::Reply go_on(Word w0 = 0) {
    return [w0](std::size_t, const Handler::Message& m, l4_utcb_t&) { return words_to(m.from(), w0); };
}

} // namespace conformance::thesis
