// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "bench/scenario/crowd.h"
#include "bench/scenario/system.h"

namespace bench {

/// A scenario is made for a size; run() is the operation that is measured, and leaves everything as it was.

/// A client calls a server, two words there and two words back: four kernel... two kernel entries.
class SameSpace {
public:
    /// `n` other threads exist and have their timeouts armed.
    explicit SameSpace(std::uint32_t n);
    void run();

private:
    System system_;
    Crowd others_;
    kern::Thread *client_, *server_;
};

/// The same across address spaces, with one of `n` servers after the other; all wait.
class OtherSpace {
public:
    explicit OtherSpace(std::uint32_t n);
    void run();

private:
    System system_;
    Crowd servers_;
    kern::Thread* client_;
    std::size_t next_ = 0;
};

/// The same with finite timeouts, while `n` threads sleep with theirs: each message arms one and disarms one.
class WithTimeouts {
public:
    explicit WithTimeouts(std::uint32_t n);
    void run();

private:
    System system_;
    Crowd sleepers_;
    kern::Thread *client_, *server_;
};

/// A client sends a message that lies in memory, and waits for a short reply.
class LongMessage {
public:
    enum class As : std::uint8_t { dwords, string };
    LongMessage(std::uint32_t bytes, As as);
    void run();

private:
    void compose(std::uint32_t at, bool receiver) const;

    static constexpr std::uint32_t buffer = 0x08000000; ///< in either space
    const std::uint32_t bytes_;
    const As as_;
    mutable System system_;
    kern::Thread *client_, *server_;
};

/// `n` threads are queued at a receiver: it takes the first one's message, then that thread queues again.
class SenderQueue {
public:
    explicit SenderQueue(std::uint32_t n);
    void run();

private:
    System system_;
    Crowd senders_;
    kern::Thread* receiver_;
};

} // namespace bench
