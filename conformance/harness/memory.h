// SPDX-License-Identifier: BSD-2-Clause
#pragma once
// What the rows use of the machine's memory, behind each other from 32 MiB on. With `least_mib` the kernel's
// memory and the boot modules lie behind that.
#include "conformance/harness/call.h"

namespace conformance::memory {

inline constexpr Word pool = 0x2000000;             ///< page(i)
inline constexpr Word superpages = pool + 0x800000; ///< superpage(i), i up to 3
/// Two regions each that nobody but sigma0 touches, and nobody before their rows do.
inline constexpr Word unread = superpages + 4 * super_size, fresh = unread + 2 * super_size;
inline constexpr Word end = fresh + 2 * super_size;

inline constexpr Word least_mib = 88;
static_assert(end == 72u << 20, "least_mib goes with it");

} // namespace conformance::memory
