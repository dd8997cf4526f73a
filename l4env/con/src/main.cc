// SPDX-License-Identifier: BSD-2-Clause
// The console service: con [BASE LINE [loop]], COM1 (0x3f8 4) if not given. The root task must allow its
// ports and its interrupt line.
#include <cstddef>
#include <cstdint>

#include "l4/c/stdio.h"
#include "l4/c/stdlib.h"
#include "l4/con/con.h"
#include "l4/roottask/client.h"
#include "l4/sys/ipc.h"
#include "l4/sys/message.h"
#include "l4env/con/src/input.h"
#include "l4env/con/src/uart.h"

namespace l4env::con {
namespace {

class Server {
public:
    Server(std::uint16_t base, std::uint32_t line, bool loop)
        : uart_(base, loop), line_(line), echo_(!loop) {}

    [[noreturn]] void serve();

private:
    static constexpr std::size_t readers_max = 32;
    using Message = L4_MESSAGE(2, 1);

    void write(const char* text, std::size_t length);
    void take_input();
    void answer_readers();
    /// Status; false: the answer comes later.
    bool request(const l4_ipc_result_t& m, l4_word_t& status);

    const Uart uart_;
    const std::uint32_t line_;
    const bool echo_;
    Input input_;
    l4_threadid_t readers_[readers_max] = {}; ///< in order
    std::size_t reader_count_ = 0;
    char text_[L4_CON_LINE_MAX] = {};
    Message message_ = L4_MESSAGE_INIT(2, 1, 2, 1);
};

void Server::write(const char* text, std::size_t length) {
    for (std::size_t i = 0; i < length; ++i) {
        if (text[i] == '\n' && echo_) uart_.put('\r');
        uart_.put(text[i]);
    }
}

void Server::take_input() {
    while (uart_.has_input())
        input_.type(uart_.get(), [this](const char* text, std::size_t length) {
            for (std::size_t i = 0; echo_ && i < length; ++i) uart_.put(text[i]);
        });
}

/// A reader that is not there any more loses nobody's line: the next one gets it.
void Server::answer_readers() {
    static char line[L4_CON_LINE_MAX];
    std::size_t length = 0;
    while (reader_count_ > 0 && (length > 0 || input_.has_line())) {
        if (length == 0) length = input_.take(line, sizeof line);
        const l4_threadid_t reader = readers_[0];
        for (std::size_t i = 1; i < reader_count_; ++i) readers_[i - 1] = readers_[i];
        --reader_count_;
        Message answer = L4_MESSAGE_INIT(2, 1, 2, 1);
        l4_string_to_send(&answer.strings[0], line, static_cast<l4_word_t>(length));
        const l4_word_t error =
            l4_ipc_error(l4_ipc_send(reader, l4_snd_buffer(&answer, 0), L4_CON_OK, 0, L4_TIMEOUT_SERVER));
        if (error == L4_IPC_OK || error == L4_IPC_SEMSGCUT) length = 0;
    }
}

bool Server::request(const l4_ipc_result_t& m, l4_word_t& status) {
    if (m.w0 == L4_CON_WRITE && l4_ipc_strings(m) == 1) {
        write(text_, message_.strings[0].snd_size & ~L4_STRING_GOES_ON);
        status = L4_CON_OK;
        return true;
    }
    if (m.w0 != L4_CON_READ) {
        status = L4_CON_EINVAL;
        return true;
    }
    if (reader_count_ == readers_max) {
        status = L4_CON_BUSY;
        return true;
    }
    readers_[reader_count_++] = m.from;
    answer_readers();
    return false;
}

void Server::serve() {
    bool answer = false;
    l4_threadid_t to = l4_nil_id();
    l4_word_t status = L4_CON_OK;
    for (;;) {
        l4_string_to_receive(&message_.strings[0], text_, sizeof text_);
        const l4_word_t buffer = l4_rcv_buffer(&message_);
        const l4_ipc_result_t m =
            answer ? l4_ipc_reply_and_wait(to, 0, status, 0, buffer) : l4_ipc_wait(buffer, L4_TIMEOUT_SERVER);
        answer = false;
        if (!l4_ipc_arrived(m)) continue;
        to = m.from;
        if (to.low == l4_irq_id(line_).low) {
            take_input();
            answer_readers();
        } else {
            answer = request(m, status);
        }
    }
}

} // namespace
} // namespace l4env::con

int main(int argc, char** argv) {
    const unsigned long base = argc > 2 ? strtoul(argv[1], nullptr, 0) : 0x3f8;
    const unsigned long line = argc > 2 ? strtoul(argv[2], nullptr, 0) : 4;
    const l4_word_t status = l4_root_irq_attach(static_cast<l4_word_t>(line));
    if (status != L4_ROOT_OK) {
        printf("con: no interrupt line %lu, status %u\n", line, static_cast<unsigned>(status));
        return 1;
    }
    // Not before: what came earlier makes no interrupt any more, and the UART is emptied here.
    static l4env::con::Server server(static_cast<std::uint16_t>(base), static_cast<std::uint32_t>(line),
                                     argc > 3);
    server.serve();
}
