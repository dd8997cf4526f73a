// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <cstdint>

#include "bench/scenario/crowd.h"
#include "bench/scenario/system.h"

namespace bench {

/// A client calls a server in its own address space: two words there, two words back, two kernel entries.
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
    void compose(std::uint32_t at, bool sends);
    /// Where the last byte of the message is, from the buffer on.
    std::uint32_t last() const {
        return (as_ == As::dwords ? offsetof(l4_msg_head_t, dwords) : page) + bytes_ - 1;
    }

    static constexpr std::uint32_t buffer = 0x08000000; ///< in either space
    static constexpr std::uint32_t half_log2 = System::memory_log2 - 1;
    static constexpr std::uint32_t client_memory = System::memory,
                                   server_memory = System::memory + (1u << half_log2);
    const std::uint32_t bytes_;
    const As as_;
    System system_;
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
