// SPDX-License-Identifier: BSD-2-Clause
// A file of its own, because a machine that replays traces has another (replay/seams.cc).
#include "arch/machine.h"

namespace arch {

std::span<std::byte, 4096> Machine::window(kern::PAddr frame) {
    constexpr std::uint32_t kernel_page = ia32::present | ia32::writable | ia32::accessed | ia32::dirty;
    next_window_ = (next_window_ + 1) % x86::windows;
    const std::uint32_t va = x86::window_base + next_window_ * ia32::page_size;
    set_fixed(va, frame.raw() | kernel_page);
    return bytes_at(va);
}

} // namespace arch
