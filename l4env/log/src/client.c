/* SPDX-License-Identifier: BSD-2-Clause */
/* Where printf goes: to the log server if there is one, else to the kernel's own output. */
#include "l4/c/stdio.h"
#include "l4/log/protocol.h"
#include "l4/roottask/find.h"
#include "l4/sys/ipc.h"
#include "l4/sys/kdebug.h"
#include "l4/sys/message.h"

/** nil: not looked for yet; invalid: there is none. */
static l4_threadid_t server;

/** A program may have its own. */
__attribute__((weak)) void l4c_print(const char* piece, size_t length) {
    typedef L4_MESSAGE(2, 1) message_t;
    message_t message = L4_MESSAGE_INIT(2, 1, 2, 1);
    if (server.low == L4_NIL_LOW) server = l4_root_find("log");
    if (server.low != L4_INVALID_LOW) {
        l4_string_to_send(&message.strings[0], piece, (l4_word_t)length);
        if (l4_ipc_error(l4_ipc_call(server, l4_snd_buffer(&message, 0), L4_LOG_TEXT, 0, 0,
                                     L4_TIMEOUT_NEVER)) == L4_IPC_OK)
            return;
    }
    l4_kd_text(piece, (l4_word_t)length);
}
