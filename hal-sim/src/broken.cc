// SPDX-License-Identifier: BSD-2-Clause
#include <cstdio>
#include <cstdlib>

#include "kern/ensure.h"

/// Ends the process, so that death tests and fuzzers see it.
void kern::broken(const char* what) {
    std::fprintf(stderr, "kernel invariant broken: %s\n", what);
    std::abort();
}
