// SPDX-License-Identifier: BSD-2-Clause
#include "x86/pit.h"

#include "x86/io.h"

namespace x86 {
namespace {

constexpr std::uint16_t channel_0 = 0x40, channel_2 = 0x42, command = 0x43, speaker = 0x61;
constexpr std::uint8_t one_shot_0 = 0x30, one_shot_2 = 0xb0; // low byte, high byte; mode 0
constexpr std::uint8_t gate_2 = 0x01, speaker_on = 0x02, out_2 = 0x20;

void load(std::uint16_t channel, std::uint32_t ticks) {
    out8(channel, static_cast<std::uint8_t>(ticks));
    out8(channel, static_cast<std::uint8_t>(ticks >> 8));
}

} // namespace

void Pit::stop() { out8(command, one_shot_0); } // counts when both bytes are there

void Pit::start_wait(std::uint32_t us) {
    const auto rest = static_cast<std::uint8_t>(in8(speaker) & ~(gate_2 | speaker_on));
    out8(speaker, rest);
    out8(command, one_shot_2);
    load(channel_2, static_cast<std::uint32_t>(std::uint64_t{hz} * us / 1000000));
    out8(speaker, rest | gate_2);
}

bool Pit::waited() { return (in8(speaker) & out_2) != 0; }

void Pit::start_timer(std::uint32_t ticks) {
    out8(command, one_shot_0);
    load(channel_0, ticks);
}

} // namespace x86
