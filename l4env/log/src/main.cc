// SPDX-License-Identifier: BSD-2-Clause
// The log server: puts the text of all tasks into lines on the kernel's output.
#include <cstddef>
#include <cstdint>

#include "l4/c/stdio.h"
#include "l4/log/protocol.h"
#include "l4/sys/ipc.h"
#include "l4/sys/kdebug.h"
#include "l4/sys/message.h"
#include "l4env/log/src/lines.h"

/// Its own messages.
extern "C" void l4c_print(const char* piece, std::size_t length) { l4_kd_text(piece, length); }

namespace {

void out(void*, const char* line, std::size_t length) { l4_kd_text(line, length); }

} // namespace

int main() {
    using Message = L4_MESSAGE(2, 1);
    static char text[L4_LOG_PIECE_MAX];
    static Message message = L4_MESSAGE_INIT(2, 1, 2, 0);
    static l4env::log::Lines lines(out, nullptr);
    for (char& c : text) c = 0; // there when a message comes: the sender's fault time is not for our pager
    l4_ipc_result_t m{.dope = L4_IPC_RETIMEOUT, .w0 = 0, .w1 = 0, .from = l4_nil_id()};
    for (;;) {
        const bool arrived = l4_ipc_arrived(m);
        if (arrived && m.w0 == L4_LOG_TEXT && l4_ipc_strings(m) == 1)
            lines.add(static_cast<std::uint16_t>(l4_id_task(m.from)), text,
                      message.strings[0].snd_size & ~L4_STRING_GOES_ON);
        l4_string_to_receive(&message.strings[0], text, sizeof text);
        m = arrived ? l4_ipc_reply_and_wait(m.from, 0, 0, 0, l4_rcv_buffer(&message))
                    : l4_ipc_wait(l4_rcv_buffer(&message), L4_TIMEOUT_SERVER);
    }
}
