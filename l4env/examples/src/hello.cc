// SPDX-License-Identifier: BSD-2-Clause
#include "stdio.h"

int main(int argc, char** argv) {
    printf("hello, world\n");
    for (int i = 0; i < argc; ++i) printf("  argument %d: %s\n", i, argv[i]);
    return 0;
}
