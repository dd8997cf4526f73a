// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "l4/abi/ipc.h"

namespace sim {

/// A message buffer as a program composes it, before it is stored at `address` (User::put) and after it was
/// loaded from there (User::get).
class MessageBuffer {
public:
    MessageBuffer(std::uint32_t address, std::uint32_t dwords, std::uint32_t strings = 0);

    std::uint32_t address() const { return address_; }
    std::uint32_t size() const { return static_cast<std::uint32_t>(image_.size() * sizeof(std::uint32_t)); }
    std::byte* bytes() { return reinterpret_cast<std::byte*>(image_.data()); }

    std::uint32_t& window() { return image_[0]; }
    std::uint32_t& size_dope() { return image_[1]; }
    std::uint32_t& send_dope() { return image_[2]; }
    /// Word `i` of the message; 0 and 1 travel in registers.
    std::uint32_t& word(std::uint32_t i) { return image_.at(head + i); }
    l4_strdope_t string(std::uint32_t i) const;
    void set_string(std::uint32_t i, const l4_strdope_t& dope);
    /// How much of it a send sends.
    void send(std::uint32_t dwords, std::uint32_t strings = 0) { send_dope() = l4_msgdope(dwords, strings); }

private:
    static constexpr std::uint32_t head = offsetof(l4_msg_head_t, dwords) / sizeof(std::uint32_t);
    std::uint32_t address_, dwords_;
    std::vector<std::uint32_t> image_;
};

} // namespace sim
