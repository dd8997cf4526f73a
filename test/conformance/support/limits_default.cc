// SPDX-License-Identifier: BSD-2-Clause
// Bounds of a kernel entry: the product's.
#include "test/conformance/support/limits.h"

const kern::Limits conformance::limits = kern::Limits{};
