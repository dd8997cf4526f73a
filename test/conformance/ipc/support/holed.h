// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "test/conformance/ipc/support/pager.h"

namespace conformance::ipc {

/// A sends B a string over a page border at time 1000; on one side its last page is missing, and the pager of
/// that side is E, which does what the test says.
struct Holed {
    enum class Side { sender, receiver };
    static constexpr std::byte before{0xee}; ///< what B's memory holds

    /// The string ends `part` bytes behind the last border; it begins that many before the first.
    explicit Holed(Side side, std::vector<Pager::Reply> replies, Time delay = 0, Word pages = 2)
        : side_(side), pages_(pages), pager(std::move(replies), delay) {
        const Word size = 2 * part + (pages - 2) * 0x1000;
        x.sender.buffer.set_string(0, {.snd_size = size, .snd_addr = from, .rcv_size = 0, .rcv_addr = 0});
        x.receiver.buffer.set_string(0, {.snd_size = 0, .snd_addr = 0, .rcv_size = size, .rcv_addr = to});
        x.sender.memory = {{from, sent_head()}, {from_hole(), sent_tail(), side != Side::sender}};
        x.receiver.memory = {{to, Bytes(size - part, before)},
                             {to_hole(), Bytes(part, before), side != Side::receiver}};
        owner().pager = e;
    }

    static constexpr Word part = 48, from = 0x10801000 - part, to = 0x20801000 - part;
    Word from_hole() const { return from + part + (pages_ - 2) * 0x1000; }
    Word to_hole() const { return to + part + (pages_ - 2) * 0x1000; }
    Word size() const { return from_hole() - from + part; }
    Bytes sent_head() const { return pattern(size() - part, 70); }
    static Bytes sent_tail() { return pattern(part, 71); }
    /// What the receiver has.
    const Bytes& head() const { return x.receiver.memory[0].bytes; }
    const Bytes& tail() const { return x.receiver.memory[1].bytes; }
    /// What it must have in the end, when the pager has given one page.
    Bytes complete_tail() const {
        if (side_ == Side::receiver) return sent_tail();
        const Bytes page = Pager::contents(0);
        return {page.begin(), page.begin() + part};
    }

    /// The side with the hole, and the other one.
    ipc::Side& owner() { return side_ == Side::sender ? x.sender : x.receiver; }
    ipc::Side& other() { return side_ == Side::sender ? x.receiver : x.sender; }
    l4_threadid_t owner_id() const { return side_ == Side::sender ? a : b; }
    /// How long the other one lets the fault last: 0 never, 15 zero, else 4^(15-exp) us.
    void allow(Word exp) {
        other().call.timeout = side_ == Side::sender ? l4_timeout_pf(0, exp) : l4_timeout_pf(exp, 0);
    }
    /// What the pager is told.
    Answer expected_fault() const {
        return side_ == Side::sender ? fault(a, from_hole(), 0) : fault(b, to_hole(), L4_PF_WRITE);
    }
    /// Starts all three, the pager first, and lets them run.
    void run() {
        w.start(e, pager.body());
        x.start(w);
        w.run();
    }

private:
    Side side_;
    Word pages_;

public:
    Exchange x{2, 1, 2, 1};
    Pager pager;
    World w;
};

inline constexpr Holed::Side both_sides[] = {Holed::Side::sender, Holed::Side::receiver};

/// The transfer has ended with these codes, and what was there has been moved.
inline void expect_ended(const Holed& h, Word receiver_code, Word sender_code) {
    EXPECT_EQ(h.x.got(), h.x.receiver.only(receiver_code));
    EXPECT_EQ(h.x.sent(), h.x.sender.only(sender_code));
    EXPECT_EQ(h.head(), h.sent_head());
}

inline void expect_completed(const Holed& h) {
    EXPECT_EQ(h.x.got(), Exchange::delivered(0x4100));
    EXPECT_EQ(h.x.sent(), h.x.sender.only(L4_IPC_OK));
    EXPECT_EQ(h.head(), h.sent_head());
    EXPECT_EQ(h.tail(), h.complete_tail());
    EXPECT_EQ(h.x.receiver.received_size(0), h.size());
    EXPECT_EQ(h.x.receiver.received_at(0), Holed::to);
}

} // namespace conformance::ipc
