// SPDX-License-Identifier: BSD-2-Clause
#include "spec/ram.h"

namespace spec {

std::uint8_t Ram::byte(Word pa) const {
    if (pa >= bytes_) {
        return 0xff;
    }
    const auto frame = frames_.find(pa & ~(page_size - 1));
    return frame == frames_.end() ? std::uint8_t{0} : frame->second[pa % page_size];
}

void Ram::set_byte(Word pa, std::uint8_t value) {
    if (pa < bytes_) {
        frames_[pa & ~(page_size - 1)][pa % page_size] = value;
    }
}

Word Ram::word(Word pa) const {
    Word value = 0;
    for (Word i = 0; i < 4; ++i) {
        value |= Word{byte(pa + i)} << (8 * i);
    }
    return value;
}

void Ram::set_word(Word pa, Word value) {
    for (Word i = 0; i < 4; ++i) {
        set_byte(pa + i, static_cast<std::uint8_t>(value >> (8 * i)));
    }
}

} // namespace spec
