// SPDX-License-Identifier: BSD-2-Clause
#include "x86/pic.h"

#include <initializer_list>

#include "x86/io.h"

namespace x86 {
namespace {

constexpr std::uint16_t master = 0x20, slave = 0xa0; // + 1: the mask
constexpr std::uint8_t rotate_specific_end = 0xe0, plain_end = 0x20, read_service = 0x0b;
constexpr std::uint8_t cascade = 1u << Pic::cascade_line;
constexpr std::uint8_t last_of_chip = 7;

std::uint8_t read(std::uint16_t chip, std::uint8_t what) {
    out8(chip, what);
    return in8(chip);
}

} // namespace

void Pic::init() {
    for (const std::uint16_t chip : {master, slave}) {
        out8(chip, 0x11); // edge triggered, cascaded, four words of initialization
        out8(chip + 1, static_cast<std::uint8_t>(chip == master ? first_vector : first_vector + 8));
        out8(chip + 1, chip == master ? cascade : cascade_line);
        out8(chip + 1, 0x01); // 8086 mode, ends told by us
    }
    set_mask(0xffff);
}

void Pic::set_mask(std::uint16_t mask) {
    const auto changed = static_cast<std::uint16_t>(mask ^ masked_);
    const bool all = mask == 0xffff;
    masked_ = mask;
    if (all || (changed & 0xff) != 0) out8(master + 1, static_cast<std::uint8_t>(mask & ~cascade & 0xff));
    if (all || (changed & 0xff00) != 0) out8(slave + 1, static_cast<std::uint8_t>(mask >> 8));
}

void Pic::acknowledge(kern::Line line) {
    if (line.raw() >= 8) out8(slave, static_cast<std::uint8_t>(rotate_specific_end | (line.raw() - 8)));
    out8(master,
         static_cast<std::uint8_t>(rotate_specific_end | (line.raw() >= 8 ? cascade_line : line.raw())));
}

bool Pic::spurious(kern::Line line) {
    if (line.raw() % 8 != last_of_chip) return false;
    const std::uint16_t chip = line.raw() < 8 ? master : slave;
    if ((read(chip, read_service) & 1u << last_of_chip) != 0) return false;
    // The first chip did deliver something: the second one's request.
    if (chip == slave) out8(master, plain_end);
    return true;
}

} // namespace x86
