// SPDX-License-Identifier: BSD-2-Clause
// Bounds of a kernel entry: none; the specification follows whatever else happens.
#include "test/conformance/ipc/support/world.h"

const kern::Limits conformance::ipc::limits = kern::unlimited;
