/* SPDX-License-Identifier: BSD-2-Clause */
/* The names server and the console: a name leads to a thread; a line that goes out comes in again (its UART
 * loops). */
#include "l4/c/string.h"
#include "l4/con/con.h"
#include "l4/names/names.h"
#include "l4/sys/thread.h"
#include "l4env/examples/src/second_task.h"
#include "l4env/examples/src/tap.h"

static l4_word_t stack[1024] __attribute__((aligned(4096)));

static void sleep_for_ever(void) {
    for (;;) l4_ipc_sleep(L4_TIMEOUT_NEVER);
}

static void names(tap_t* tap) {
    tap_equal(tap, l4_names_register("example"), L4_NAMES_OK, "a name is registered");
    tap_check(tap, l4_same_thread(l4_names_query("example"), l4_myself()), "and leads here");
    tap_equal(tap, l4_names_query("exampl").low, L4_INVALID_LOW, "no other does");
    tap_equal(tap, l4_names_register("a name that is longer than all names may be"), L4_NAMES_EINVAL,
              "one that is too long is refused");
    tap_equal(tap, l4_names_unregister("example"), L4_NAMES_OK, "it can be given back");
    tap_equal(tap, l4_names_wait("example", 2).low, L4_INVALID_LOW, "then nobody has it");
}

static void console(tap_t* tap) {
    char line[L4_CON_LINE_MAX];
    l4_word_t length = 0;
    tap_equal(tap, l4_con_write("to myself\n", 10), L4_CON_OK, "a line goes out");
    length = l4_con_read(line, sizeof line);
    tap_check(tap, length == 10 && memcmp(line, "to myself\n", 10) == 0, "and comes in by interrupts");
    (void)l4_con_write("abc\n", 4);
    (void)l4_con_write("def\n", 4);
    length = l4_con_read(line, 2);
    tap_check(tap, length == 2 && memcmp(line, "ab", 2) == 0, "a reader with little room gets a part");
    length = l4_con_read(line, sizeof line);
    tap_check(tap, length == 4 && memcmp(line, "def\n", 4) == 0, "the next one gets the next line");
}

int main(void) {
    tap_t tap = {0, 0};
    l4_word_t number = 0;
    names(&tap);
    console(&tap);
    number = second_task_start(sleep_for_ever, stack + 1024, 0);
    tap_equal(&tap, l4_root_tell(L4_ROOT_KILL, number), L4_ROOT_EPERM, "only who may ends tasks of others");
    tap_equal(&tap, l4_root_irq_attach(1), L4_ROOT_EPERM, "nor are interrupts for everybody");
    tap_equal(&tap, l4_root_task_free(number), L4_ROOT_OK, "its end");
    return tap_done(&tap);
}
