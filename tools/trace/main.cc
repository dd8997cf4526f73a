// SPDX-License-Identifier: BSD-2-Clause
// Traces by hand (docs/traces.md).
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

#include "tools/trace/arguments.h"
#include "tools/trace/commands.h"

int main(int argc, char** argv) {
    // `bazel run` starts programs elsewhere; paths are meant as they were typed.
    if (const char* const typed_in = std::getenv("BUILD_WORKING_DIRECTORY"))
        if (chdir(typed_in) != 0) std::perror(typed_in);
    try {
        return trace::run(trace::Arguments(argc, argv));
    } catch (const std::exception& e) {
        std::fprintf(stderr, "trace: %s\n", e.what());
        return 2;
    }
}
