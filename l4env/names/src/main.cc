// SPDX-License-Identifier: BSD-2-Clause
// The names server.
#include <cstddef>

#include "l4/sys/ipc.h"
#include "l4/sys/message.h"
#include "l4/sys/thread.h"
#include "l4env/names/src/directory.h"

namespace {

/// To be asked, its priority must not be above what we may set: the root task gives us the highest.
bool exists(l4_threadid_t thread) {
    const l4_schedule_t s = l4_thread_schedule(thread, L4_SCHED_QUERY);
    return s.param != L4_SCHED_ERROR && l4_sched_state(s) != L4_STATE_DEAD;
}

l4_word_t answer(l4env::names::Directory& directory, const l4_ipc_result_t& m, const char* name,
                 std::size_t length, l4_threadid_t& found) {
    switch (m.w0) {
        case L4_NAMES_REGISTER: return directory.add(name, length, l4_threadid(l4_id_task(m.from), m.w1));
        case L4_NAMES_UNREGISTER: return directory.remove(name, length, m.from);
        case L4_NAMES_QUERY: return directory.find(name, length, found);
        default: return L4_NAMES_EINVAL;
    }
}

} // namespace

int main() {
    using Message = L4_MESSAGE(2, 1);
    static char name[L4_NAMES_MAX];
    static Message message = L4_MESSAGE_INIT(2, 1, 2, 0);
    static l4env::names::Directory directory(exists);
    for (char& c : name) c = 0; // there when a message comes
    l4_ipc_result_t m{.dope = L4_IPC_RETIMEOUT, .w0 = 0, .w1 = 0, .from = l4_nil_id()};
    for (;;) {
        l4_word_t status = L4_NAMES_EINVAL;
        l4_threadid_t found = l4_nil_id();
        const bool arrived = l4_ipc_arrived(m);
        if (arrived && l4_ipc_error(m) == L4_IPC_OK && l4_ipc_strings(m) == 1)
            status = answer(directory, m, name, message.strings[0].snd_size & ~L4_STRING_GOES_ON, found);
        l4_string_to_receive(&message.strings[0], name, sizeof name);
        m = arrived ? l4_ipc_reply_and_wait(m.from, 0, status, found.low, l4_rcv_buffer(&message))
                    : l4_ipc_wait(l4_rcv_buffer(&message), L4_TIMEOUT_SERVER);
    }
}
