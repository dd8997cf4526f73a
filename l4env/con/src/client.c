/* SPDX-License-Identifier: BSD-2-Clause */
#include "l4/con/con.h"
#include "l4/roottask/find.h"
#include "l4/sys/ipc.h"
#include "l4/sys/message.h"

typedef L4_MESSAGE(2, 1) message_t;

static l4_threadid_t server(void) {
    static l4_threadid_t found; /* nil or invalid: not yet */
    if (found.low == L4_NIL_LOW || found.low == L4_INVALID_LOW) found = l4_root_find("con");
    return found;
}

l4_word_t l4_con_write(const char* text, l4_word_t length) {
    message_t message = L4_MESSAGE_INIT(2, 1, 2, 1);
    while (length > 0) {
        const l4_word_t piece = length < L4_CON_LINE_MAX ? length : L4_CON_LINE_MAX;
        l4_ipc_result_t r;
        l4_string_to_send(&message.strings[0], text, piece);
        r = l4_ipc_call(server(), l4_snd_buffer(&message, 0), L4_CON_WRITE, 0, 0, L4_TIMEOUT_NEVER);
        if (l4_ipc_error(r) != L4_IPC_OK) return L4_CON_NONE;
        if (r.w0 != L4_CON_OK) return r.w0;
        text += piece;
        length -= piece;
    }
    return L4_CON_OK;
}

l4_word_t l4_con_read(char* line, l4_word_t size) {
    message_t message = L4_MESSAGE_INIT(2, 1, 2, 0);
    l4_ipc_result_t r;
    /* The server does not wait for our pager. */
    for (l4_word_t i = 0; i < size; i++) line[i] = 0;
    l4_string_to_receive(&message.strings[0], line, size);
    r = l4_ipc_call(server(), 0, L4_CON_READ, 0, l4_rcv_buffer(&message), L4_TIMEOUT_NEVER);
    if (!l4_ipc_arrived(r) || r.w0 != L4_CON_OK || l4_ipc_strings(r) != 1) return 0;
    return message.strings[0].snd_size & ~L4_STRING_GOES_ON;
}
