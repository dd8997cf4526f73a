/* SPDX-License-Identifier: BSD-2-Clause */
#include "l4/c/string.h"
#include "l4/names/names.h"
#include "l4/roottask/find.h"
#include "l4/sys/ipc.h"
#include "l4/sys/message.h"
#include "l4/sys/thread.h"
#include "l4/sys/timeout.h"

static l4_ipc_result_t ask(l4_word_t request, l4_word_t argument, const char* name) {
    typedef L4_MESSAGE(2, 1) message_t;
    static l4_threadid_t server; /* nil or invalid: not found yet */
    message_t message = L4_MESSAGE_INIT(2, 1, 2, 1);
    l4_ipc_result_t r = {0, L4_NAMES_NONE, 0, {0, 0}};
    if (server.low == L4_NIL_LOW || server.low == L4_INVALID_LOW) server = l4_root_find("names");
    if (server.low == L4_INVALID_LOW) return r;
    l4_string_to_send(&message.strings[0], name, (l4_word_t)L4C(strlen)(name));
    r = l4_ipc_call(server, l4_snd_buffer(&message, 0), request, argument, 0, L4_TIMEOUT_NEVER);
    if (l4_ipc_error(r) != L4_IPC_OK)
        r.w0 = l4_ipc_error(r) == L4_IPC_SEMSGCUT ? L4_NAMES_EINVAL : L4_NAMES_NONE;
    return r;
}

l4_word_t l4_names_register(const char* name) {
    return ask(L4_NAMES_REGISTER, l4_id_lthread(l4_myself()), name).w0;
}

l4_word_t l4_names_unregister(const char* name) { return ask(L4_NAMES_UNREGISTER, 0, name).w0; }

l4_threadid_t l4_names_query(const char* name) {
    const l4_ipc_result_t r = ask(L4_NAMES_QUERY, 0, name);
    const l4_threadid_t id = {r.w1, 0};
    return r.w0 == L4_NAMES_OK ? id : l4_invalid_id();
}

l4_threadid_t l4_names_wait(const char* name, l4_word_t tries) {
    l4_threadid_t id = l4_invalid_id();
    for (l4_word_t i = 0; i < tries && id.low == L4_INVALID_LOW; i++) {
        if (i > 0) l4_ipc_sleep(l4_timeouts_us(L4_TIME_NEVER, 10000));
        id = l4_names_query(name);
    }
    return id;
}
