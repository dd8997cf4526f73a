/* SPDX-License-Identifier: BSD-2-Clause */
/* From the first instruction to main, and from there to the end of the task. */
#include "l4/c/assert.h"
#include "l4/c/stdio.h"
#include "l4/c/stdlib.h"
#include "l4/roottask/protocol.h"
#include "l4/sys/ipc.h"

int main(int argc, char** argv);
_Noreturn void l4_start(l4_word_t* stack);

/* Of the linker. */
extern void (*__init_array_start[])(void);
extern void (*__init_array_end[])(void);

void l4_start(l4_word_t* stack) {
    for (void (**constructor)(void) = __init_array_start; constructor != __init_array_end; constructor++)
        (*constructor)();
    exit(main((int)stack[0], (char**)(stack + 1)));
}

void exit(int code) {
    (void)l4_ipc_call_words(l4_root_service(), L4_ROOT_EXIT, (l4_word_t)code);
    for (;;) l4_ipc_sleep(L4_TIMEOUT_NEVER); /* no root task that knows us */
}

void abort(void) { exit(127); }

void l4c_assert_failed(const char* what, const char* file, int line) {
    printf("%s:%d: assertion failed: %s\n", file, line, what);
    abort();
}
