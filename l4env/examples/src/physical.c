/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes and reads physical memory at each address in its arguments. */
#include <stdint.h>

#include "l4/c/stdio.h"
#include "l4/c/stdlib.h"
#include "l4env/examples/src/tap.h"

int main(int argc, char** argv) {
    tap_t tap = {0, 0};
    for (int i = 1; i < argc; i++) {
        volatile unsigned* const word = (volatile unsigned*)(uintptr_t)strtoul(argv[i], 0, 0);
        *word = 0x600dda7a;
        tap_equal(&tap, *word, 0x600dda7a, argv[i]);
    }
    return tap_done(&tap);
}
