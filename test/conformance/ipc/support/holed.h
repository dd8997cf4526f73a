// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "test/conformance/ipc/support/pager.h"

namespace conformance::ipc {

/// A sends B a string of three pages at time 1000; on one side the third page is missing, and the pager of that side is E,
/// which does what the test says.
struct Holed {
    enum class Side { sender, receiver };
    static constexpr Word page = 0x1000, from = 0x10800000, to = 0x20800000;
    static constexpr std::byte before{0xee}; ///< what B's pages hold

    Holed(Side side, std::vector<Pager::Reply> replies, Time delay = 0) : side_(side), pager(std::move(replies), delay) {
        x.sender.buffer.set_string(0, {.snd_size = 3 * page, .snd_addr = from, .rcv_size = 0, .rcv_addr = 0});
        x.receiver.buffer.set_string(0, {.snd_size = 0, .snd_addr = 0, .rcv_size = 3 * page, .rcv_addr = to});
        for (Word i = 0; i < 3; ++i) {
            x.sender.memory.push_back({from + i * page, text(i), i < 2 || side != Side::sender});
            x.receiver.memory.push_back({to + i * page, Bytes(page, before), i < 2 || side != Side::receiver});
        }
        owner().pager = e;
    }

    static Bytes text(Word i) { return pattern(page, 70 + i); }
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
        return side_ == Side::sender ? fault(a, from + 2 * page, 0) : fault(b, to + 2 * page, L4_PF_WRITE);
    }
    /// Starts all three, the pager first.
    void start(sim::Spawn how_sender = {}, sim::Spawn how_receiver = {}) {
        w.start(e, pager.body());
        x.start(w, how_sender, how_receiver);
    }
    void run() {
        start();
        w.run();
    }
    const Bytes& received(Word i) const { return x.receiver.memory.at(i).bytes; }

private:
    Side side_;

public:
    Exchange x{2, 1, 2, 1};
    Pager pager;
    World w{sim::WorldConfig{.machine = {.user_pages = 128}}};
};

inline constexpr Holed::Side both_sides[] = {Holed::Side::sender, Holed::Side::receiver};

/// The transfer has ended with these codes, and the two pages that were there have been moved.
inline void expect_ended(const Holed& h, Word receiver_code, Word sender_code) {
    EXPECT_EQ(h.x.got(), h.x.receiver.only(receiver_code));
    EXPECT_EQ(h.x.sent(), h.x.sender.only(sender_code));
    for (Word i = 0; i < 2; ++i) EXPECT_EQ(h.received(i), Holed::text(i)) << "page " << i;
}

/// The transfer has ended well, with this third page.
inline void expect_completed(const Holed& h, const Bytes& third) {
    EXPECT_EQ(h.x.got(), Exchange::delivered(0x4100));
    EXPECT_EQ(h.x.sent(), h.x.sender.only(L4_IPC_OK));
    for (Word i = 0; i < 2; ++i) EXPECT_EQ(h.received(i), Holed::text(i)) << "page " << i;
    EXPECT_EQ(h.received(2), third);
    EXPECT_EQ(h.x.receiver.received_size(0), 3 * Holed::page);
}

} // namespace conformance::ipc
