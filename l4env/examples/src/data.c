/* SPDX-License-Identifier: BSD-2-Clause */
/* A boot module that this program may read: the numbers from 1 on, a line each. */
#include "l4/roottask/client.h"
#include "l4/roottask/find.h"
#include "l4env/examples/src/tap.h"

int main(void) {
    const char* const text = (const char*)(uintptr_t)L4_ROOT_DATA_AT;
    const l4_word_t size = l4_root_data();
    l4_word_t lines = 0, sum = 0, number = 0, at;
    tap_t tap = {0, 0};
    for (at = 0; at < size; at++) {
        if (text[at] != '\n') {
            number = number * 10 + (l4_word_t)(text[at] - '0');
            continue;
        }
        sum += number;
        number = 0;
        lines++;
    }
    tap_equal(&tap, size, 8893, "size of the module");
    tap_equal(&tap, lines, 2000, "its lines");
    tap_equal(&tap, sum, 2001000, "their sum");
    tap_check(&tap, l4_root_find("numbers.txt").low == l4_invalid_id().low, "it is no task");
    return tap_done(&tap);
}
