// SPDX-License-Identifier: BSD-2-Clause
#include <cstdio>

int main(int argc, char** argv) {
    std::printf("hello, world\n");
    for (int i = 0; i < argc; ++i) std::printf("  argument %d: %s\n", i, argv[i]);
    return 0;
}
