// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "ia32/paging.h"

/// The kernel's page directory, whose upper quarter is that of every space, and the table of x86::fixed_base.
extern "C" std::uint32_t boot_directory[ia32::entries], boot_fixed_table[ia32::entries];
