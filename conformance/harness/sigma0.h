// SPDX-License-Identifier: BSD-2-Clause
#pragma once
// What conformance's own sigma0 does beside sigma0's protocol.
#include "l4/abi/types.h"

namespace conformance {

/// w0 of a request, w1 is the address of a function: `l4_word_t f()`; the answer's w0 is its result. sigma0
/// has all memory one to one, and so the root task's program, too, which lies at its physical addresses.
inline constexpr l4_word_t run_as_sigma0 = 0xffffffd0;

/// The answer are the two places where the kernel tells sigma0 of its info page: the word on its stack, and
/// ECX.
inline constexpr l4_word_t boot_arguments = 0xffffffd1;

} // namespace conformance
