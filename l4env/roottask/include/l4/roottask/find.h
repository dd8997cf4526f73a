/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot modules by name. */
#pragma once

#include "l4/c/string.h"
#include "l4/roottask/protocol.h"
#include "l4/sys/ipc.h"
#include "l4/sys/message.h"

/** Thread 0 of the task of the boot module; invalid: there is none, or not yet. */
static inline l4_threadid_t l4_root_find(const char* name) {
    typedef L4_MESSAGE(2, 1) message_t;
    message_t message = L4_MESSAGE_INIT(2, 1, 2, 1);
    l4_ipc_result_t r;
    l4_string_to_send(&message.strings[0], name, (l4_word_t)L4C(strlen)(name));
    r = l4_ipc_call(l4_root_service(), l4_snd_buffer(&message, 0), L4_ROOT_FIND, 0, 0, L4_TIMEOUT_NEVER);
    return l4_ipc_error(r) == L4_IPC_OK && r.w0 == L4_ROOT_OK ? l4_threadid(r.w1, 0) : l4_invalid_id();
}
