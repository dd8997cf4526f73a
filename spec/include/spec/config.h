// SPDX-License-Identifier: BSD-2-Clause
// What a system is booted with.
#pragma once

#include <cstdint>

#include "spec/ids.h"

namespace spec {

/// The accounts: sigma0's has the limit `sigma0_frames`, root's `kernel_frames - sigma0_frames`; each pays
/// its task (L4_KMEM_TASK) and the slab frame of its first thread at boot.  sigma0's ports cost nothing.
struct Config {
    Word kernel_frames = 1024; ///< all frames of kernel memory that accounts can spend
    Word sigma0_frames = 128;  ///< of these, sigma0's
    Word kernel_begin = 0;     ///< physical addresses [begin, end) that sigma0 can not have (9.10)
    Word kernel_end = 0;
    Word ram_bytes = 16u << 20;        ///< beyond it reads give 0xff bytes and writes are lost
    std::uint64_t irq_lines = 0xffffu; ///< bit l: the machine offers line l
    Word sigma0_eip = 0, sigma0_esp = 0;
    Word root_eip = 0, root_esp = 0;
    Word timeouts = ~Word{0}; ///< expired by one timer event at most (1.3); the other limits do not show
    Time boot_time = 0;       ///< the clock when root is dispatched first
};

} // namespace spec
