// SPDX-License-Identifier: BSD-2-Clause
#include <cstdio>
#include <cstdlib>

#include "kern/ensure.h"

/// There in builds that measure coverage: what a death test reached would be lost with its process.
extern "C" [[gnu::weak]] int __llvm_profile_write_file(); // NOLINT(bugprone-reserved-identifier)

/// Ends the process, so that death tests and fuzzers see it.
void kern::broken(const char* what) {
    std::fprintf(stderr, "kernel invariant broken: %s\n", what);
    if (__llvm_profile_write_file != nullptr) __llvm_profile_write_file();
    std::abort();
}
