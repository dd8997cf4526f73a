// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "kern/limits.h"

namespace conformance {

/// The bounds of a kernel entry in the worlds of this test program: one source for each, so that all tests
/// run with several.
extern const kern::Limits limits;

} // namespace conformance
