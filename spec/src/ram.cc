// SPDX-License-Identifier: BSD-2-Clause
#include "spec/ram.h"

namespace spec {
namespace {

struct UtcbPlace {
    TaskNo task;
    Word offset;
};

UtcbPlace utcb_place(Physical pa) {
    const Physical offset = pa - Ram::utcb(0, 0);
    return {static_cast<TaskNo>(offset / L4_UTCB_AREA_SIZE), static_cast<Word>(offset % L4_UTCB_AREA_SIZE)};
}

} // namespace

std::uint8_t Ram::byte(Physical pa) const {
    if (pa >= utcb(0, 0)) {
        const auto [task, offset] = utcb_place(pa);
        return utcbs_.at(task)[offset];
    }
    if (pa >= bytes_) {
        return 0xff;
    }
    const auto frame = frames_.find(static_cast<Word>(pa) & ~(page_size - 1));
    return frame == frames_.end() ? std::uint8_t{0} : frame->second[pa % page_size];
}

void Ram::set_byte(Physical pa, std::uint8_t value) {
    if (pa >= utcb(0, 0)) {
        const auto [task, offset] = utcb_place(pa);
        utcbs_.at(task)[offset] = value;
    } else if (pa < bytes_) {
        frames_[static_cast<Word>(pa) & ~(page_size - 1)][pa % page_size] = value;
    }
}

Word Ram::word(Physical pa) const {
    Word value = 0;
    for (Word i = 0; i < 4; ++i) {
        value |= Word{byte(pa + i)} << (8 * i);
    }
    return value;
}

void Ram::set_word(Physical pa, Word value) {
    for (Word i = 0; i < 4; ++i) {
        set_byte(pa + i, static_cast<std::uint8_t>(value >> (8 * i)));
    }
}

} // namespace spec
