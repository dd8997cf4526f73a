// SPDX-License-Identifier: BSD-2-Clause
// Bounds of a kernel entry: none; the specification follows whatever else happens.
#include "test/conformance/support/limits.h"

const kern::Limits conformance::limits = kern::unlimited;
