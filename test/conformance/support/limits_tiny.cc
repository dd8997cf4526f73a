// SPDX-License-Identifier: BSD-2-Clause
// Bounds of a kernel entry: the smallest, so that every long operation takes as many entries as it can.
#include "test/conformance/support/limits.h"

const kern::Limits conformance::limits = kern::Limits{1, 1, 1, 1, 1};
