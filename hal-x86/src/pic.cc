// SPDX-License-Identifier: BSD-2-Clause
#include "x86/pic.h"

#include <initializer_list>

#include "x86/io.h"

namespace x86 {
namespace {

constexpr std::uint16_t master = 0x20, slave = 0xa0; // + 1: the mask
constexpr std::uint8_t rotate_specific_end = 0xe0, specific_end = 0x60;
constexpr std::uint8_t read_service = 0x0b, poll = 0x0c;
constexpr std::uint8_t cascade = 1u << Pic::cascade_line;
constexpr std::uint8_t last_of_chip = 7;

std::uint8_t read(std::uint16_t chip, std::uint8_t what) {
    out8(chip, what);
    return in8(chip);
}

/// Takes the request of that line in place of the processor, if there is one.  A poll takes whatever the chip
/// would deliver: so the chip lets nothing else through, nor does it afterwards.
void take_request(std::uint16_t chip, unsigned line) {
    constexpr std::uint8_t taken = 0x80;
    out8(chip + 1, static_cast<std::uint8_t>(~(1u << line)));
    if ((read(chip, poll) & taken) != 0) out8(chip, static_cast<std::uint8_t>(specific_end | line));
    out8(chip + 1, 0xff);
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

/// No line may be in service, or a poll would find nothing behind it: all are acknowledged before the kernel
/// goes on, and it attaches nobody before what was noted is served.
///
/// There is no other way: masking keeps an edge, and initialization drops those of all lines.  A line that is
/// triggered by level (the chip set's ELCR says which) asks again for as long as its device does.
///
/// The second chip's request may have reached the first one, which keeps it (QEMU's; real ones pass on what
/// is there): the processor would be interrupted for nothing.  So it is taken there, too.  That must be while
/// the second chip is shut: if other lines of it ask, its request rises again when its mask is back, and is
/// the edge that the first chip needs.
void Pic::forget(kern::Line line) {
    if (line.raw() >= 8) {
        take_request(slave, line.raw() - 8u);
        take_request(master, cascade_line);
        out8(slave + 1, static_cast<std::uint8_t>(masked_ >> 8));
    } else {
        take_request(master, line.raw());
    }
    out8(master + 1, static_cast<std::uint8_t>(masked_ & ~cascade & 0xff));
}

bool Pic::spurious(kern::Line line) {
    if (line.raw() % 8 != last_of_chip) return false;
    const std::uint16_t chip = line.raw() < 8 ? master : slave;
    if ((read(chip, read_service) & 1u << last_of_chip) != 0) return false;
    // The first chip did deliver something: the second one's request.
    if (chip == slave) out8(master, static_cast<std::uint8_t>(specific_end | cascade_line));
    return true;
}

} // namespace x86
