// SPDX-License-Identifier: BSD-2-Clause
// For the debugger: a task that waits, a thread that calls in vain, and one that asks for the debugger and
// then for a character.
#include "child.h"

extern "C" [[noreturn]] void program();
extern "C" [[noreturn]] void silent();
extern "C" [[noreturn]] void calls();

namespace {

alignas(16) char stack[4096];
const l4_threadid_t sigma0 = l4_threadid(L4_TASK_SIGMA0, 0);

} // namespace

void silent() {
    wait();
    for (;;) sleep(never);
}

void calls() {
    call_ipc(main_thread, 1, 2);
    for (;;) sleep(never);
}

void program() {
    start_child(silent);
    serve(wait(patiently), patiently);
    ex_regs(1, reinterpret_cast<Word>(calls), reinterpret_cast<Word>(stack + sizeof stack), sigma0);
    sleep(receive_within(2000));
    asm volatile("int3; jmp 1f; .ascii \"ask me\"; 1:");
    put("computing\n");
    const Word typed = input();
    Tap tap;
    tap.equal(typed, 'x', "what is typed for a program reaches it");
    tap.done();
}
