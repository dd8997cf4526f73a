// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/roottask/src/irqs.h"

#include "l4/abi/limits.h"
#include "l4/sys/ipc.h"

namespace l4env::root {
namespace {

bool ask(std::uint32_t line, std::uint32_t what) {
    const l4_threadid_t thread = l4_threadid(L4_TASK_ROOT, Irqs::first_lthread + line);
    const l4_ipc_result_t r = l4_ipc_call_words(thread, what, line);
    return l4_ipc_error(r) == L4_IPC_OK && r.w0 == L4_IPC_OK;
}

} // namespace

void Irqs::hold_all() {
    for (std::uint32_t line = 0; line < lines; ++line) hold(line);
}

bool Irqs::let_go(std::uint32_t line) {
    if (!held(line) || !ask(line, detach)) return false;
    held_ &= ~(1u << line);
    return true;
}

bool Irqs::hold(std::uint32_t line) {
    if (held(line)) return true;
    if (!ask(line, attach)) return false;
    held_ |= 1u << line;
    return true;
}

} // namespace l4env::root
