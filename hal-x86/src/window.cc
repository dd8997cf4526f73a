// SPDX-License-Identifier: BSD-2-Clause
// A file of its own, because a machine that replays traces has another (replay/seams.cc).
#include "arch/machine.h"

namespace arch {

static_assert(x86::window_base % (x86::windows * ia32::page_size) == 0);

std::span<std::byte, 4096> Machine::window(kern::PAddr frame) {
    constexpr std::uint32_t kernel_page = ia32::present | ia32::writable | ia32::accessed | ia32::dirty,
                            offsets = x86::windows * ia32::page_size - 1;
    if (frame != window_frame_) {
        window_frame_ = frame;
        window_ = x86::window_base | ((window_ + ia32::page_size) & offsets);
        set_fixed(window_, frame.raw() | kernel_page);
    }
    return bytes_at(window_);
}

} // namespace arch
