// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/roottask/src/threads.h"

#include <cstddef>
#include <cstdint>

#include "l4/roottask/protocol.h"
#include "l4/sys/ipc.h"
#include "l4/sys/message.h"
#include "l4/sys/thread.h"
#include "l4env/roottask/src/irqs.h"
#include "l4env/roottask/src/root.h"

namespace l4env::root {
namespace {

constexpr std::size_t stack_words = 512;

alignas(16) std::uint32_t service_stack[stack_words];
alignas(16) std::uint32_t irq_stacks[Irqs::lines][stack_words];

/// Several programs' requests, one after the other.
[[noreturn]] void service() {
    using Message = L4_MESSAGE(2, 1);
    static char name[L4_ROOT_NAME_MAX];
    static Message message = L4_MESSAGE_INIT(2, 1, 2, 0);
    static ServiceCall call;
    name[0] = 0; // it is there when a message comes
    l4_ipc_result_t m{.dope = L4_IPC_RETIMEOUT, .w0 = 0, .w1 = 0, .from = l4_nil_id()};
    for (;;) {
        l4_string_to_receive(&message.strings[0], name, sizeof name);
        if (l4_ipc_arrived(m)) {
            const bool text = l4_ipc_strings(m) == 1 && l4_ipc_error(m) == L4_IPC_OK;
            call = {.client = m.from, .request = m.w0, .argument = m.w1, .text = {}};
            if (text) call.text = Text(name, message.strings[0].snd_size & ~L4_STRING_GOES_ON);
            l4_string_to_receive(&message.strings[0], name, sizeof name);
            l4_ipc_call_words(l4_root_pager(), reinterpret_cast<std::uintptr_t>(&call), 0);
            if (!call.none) {
                m = l4_ipc_reply_and_wait(m.from, 0, call.status, call.value, l4_rcv_buffer(&message));
                continue;
            }
        }
        m = l4_ipc_wait(l4_rcv_buffer(&message), L4_TIMEOUT_SERVER);
    }
}

/// Which line, it is told with each request.
[[noreturn]] void hold_line() {
    l4_ipc_result_t m = l4_ipc_receive(l4_root_pager(), 0, L4_TIMEOUT_NEVER);
    for (;;) {
        l4_word_t result = L4_IPC_OK;
        if (m.w0 == Irqs::attach)
            result = l4_irq_attach(m.w1);
        else
            l4_irq_detach();
        m = l4_ipc_call_words(l4_root_pager(), result, 0);
    }
}

void start(std::uint32_t lthread, void (*run)(), std::uint32_t* stack) {
    l4_ex_regs_t regs = l4_ex_regs_keep();
    regs.eip = reinterpret_cast<std::uintptr_t>(run);
    // A thread begins without a return address, where a called function would have one.
    regs.esp = reinterpret_cast<std::uintptr_t>(stack + stack_words - 1);
    regs.pager = l4_threadid(L4_TASK_SIGMA0, 0);
    l4_lthread_ex_regs(lthread, regs);
}

} // namespace

void start_threads() {
    start(L4_ROOT_SERVICE_LTHREAD, service, service_stack);
    for (std::uint32_t line = 0; line < Irqs::lines; ++line)
        start(Irqs::first_lthread + line, hold_line, irq_stacks[line]);
}

} // namespace l4env::root
