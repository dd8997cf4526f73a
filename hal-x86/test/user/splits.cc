// SPDX-License-Identifier: BSD-2-Clause
// Another sigma0: 4 MiB pages of its own that are split and have nearly nothing are met by a message; and new
// pages are made when no frame of zeros is put by; nobody is told of its faults.  What is measured meanwhile
// is how long interrupts have to wait (bench/kernel_irqs_off.py).
#include <initializer_list>

#include "child.h"

extern "C" {
[[noreturn]] void program();
extern Word boot_stack_pointer, boot_ecx;
}

namespace {

constexpr Word page_size = 4096, parts = 1024, super_size = parts * page_size;
constexpr Word give = 0x1000000, take = give + super_size, others = 0x2000000, other_count = 12;
constexpr Word offset = 0x11000, message_words = 1020, receiver = 1, faulter = 2, untouched = 0x1800000,
               done = 0xd00d;
constexpr l4_threadid_t main_one = l4_threadid(L4_TASK_SIGMA0, 0);

alignas(16) char stack[4096], faulters_stack[4096];

void touch(Word at) { *reinterpret_cast<volatile Word*>(at) = 0; }
void flush(Word page) {
    call<L4_VEC_FPAGE_UNMAP>({.eax = page | page_4k, .ecx = L4_FP_FLUSH | L4_FP_ALL_SPACES});
}

/// So that only the last part is left.
void split(Word super) {
    touch(super);
    for (Word i = 0; i < parts - 1; ++i) flush(super + i * page_size);
}

void receive() {
    for (;;) call<L4_VEC_IPC>({.eax = L4_IPC_NO_SEND, .ecx = never, .ebp = (take + offset) | L4_RCV_OPEN});
}

/// With the head before a page's begin, or at it.
Word send(Word head) {
    auto *const sent = reinterpret_cast<Word*>(give + head), *const received =
                                                                 reinterpret_cast<Word*>(take + offset);
    sent[0] = received[0] = 0;
    sent[1] = sent[2] = received[1] = l4_msgdope(message_words, 0);
    ex_regs(receiver, reinterpret_cast<Word>(receive), reinterpret_cast<Word>(stack + sizeof stack - 16),
            l4_nil_id());
    for (int n = 0; n < 20; ++n) call<L4_VEC_THREAD_SWITCH>({});
    for (const Word super : {give, take}) split(super);
    touch(give + head);
    touch(take + offset);
    sent[1] = sent[2] = received[1] = l4_msgdope(message_words, 0);
    const l4_threadid_t to = l4_threadid(L4_TASK_SIGMA0, receiver);
    return call<L4_VEC_IPC>(
               {.eax = give + head, .ecx = never, .ebp = L4_IPC_NO_RECV, .esi = to.low, .edi = to.high})
        .eax;
}

void fault() {
    touch(untouched);
    call_ipc(main_one, done, 0);
}

/// Of a thread whose pager waits for just that.
Word first_message() {
    ex_regs(faulter, reinterpret_cast<Word>(fault),
            reinterpret_cast<Word>(faulters_stack + sizeof faulters_stack - 16), main_one);
    return ipc(L4_IPC_NO_SEND, 0, l4_threadid(L4_TASK_SIGMA0, faulter), 0, 0, never).w0;
}

} // namespace

extern "C" void program() {
    Tap tap;
    for (const Word head : {offset - 12, offset, offset - 4})
        tap.equal(send(head), L4_IPC_OK, "a message goes from a page of few parts to another");
    for (Word i = 0; i < other_count; ++i) split(others + i * super_size);
    static_cast<void>(*reinterpret_cast<const volatile Word*>(page_size));
    tap.check(true, "a region gets its first page when no frame is put by");
    tap.equal(first_message(), done, "nobody is told of a fault of sigma0's task");
    tap.done();
}
