// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "kern/strong.h"

namespace kern {

/// Where the two first programs are, and the kernel's memory: what a boot loader knows.
struct BootInfo {
    PAddr kernel_first{}; ///< frames handed over for good, contiguous
    std::uint32_t kernel_frames = 0;
    std::uint32_t sigma0_frames = 0; ///< of these, sigma0's; the rest but L4_KMEM_IO_BITMAP is root's
    VAddr sigma0_ip{}, sigma0_sp{}, root_ip{}, root_sp{};
    PAddr image_first{}, image_end{}; ///< what sigma0 may not have, besides that
    PAddr directory{};                ///< whose upper quarter is every space's; 0: it is left empty
    PAddr kip{};                      ///< the kernel info page, read-only in every task; 0: there is none
};

} // namespace kern
