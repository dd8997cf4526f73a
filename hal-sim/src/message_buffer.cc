// SPDX-License-Identifier: BSD-2-Clause
#include "sim/message_buffer.h"

#include <algorithm>
#include <cstring>

namespace sim {

namespace {
constexpr std::uint32_t dope_words = sizeof(l4_strdope_t) / sizeof(std::uint32_t);
}

MessageBuffer::MessageBuffer(std::uint32_t address, std::uint32_t dwords, std::uint32_t strings)
    : address_(address),
      dwords_(std::max(dwords, L4_MSG_REGISTER_DWORDS)),
      image_(std::size_t{head} + dwords_ + std::size_t{strings} * dope_words) {
    size_dope() = l4_msgdope(dwords_, strings);
}

l4_strdope_t MessageBuffer::string(std::uint32_t i) const {
    l4_strdope_t dope{};
    std::memcpy(&dope, &image_.at(std::size_t{head} + dwords_ + std::size_t{i} * dope_words), sizeof dope);
    return dope;
}

void MessageBuffer::set_string(std::uint32_t i, const l4_strdope_t& dope) {
    std::memcpy(&image_.at(std::size_t{head} + dwords_ + std::size_t{i} * dope_words), &dope, sizeof dope);
}

} // namespace sim
