// SPDX-License-Identifier: BSD-2-Clause
// Bounds of a kernel entry: the product's.
#include "test/conformance/ipc/support/world.h"

const kern::Limits conformance::ipc::limits = kern::Limits{};
