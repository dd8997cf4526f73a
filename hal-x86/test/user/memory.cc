// SPDX-License-Identifier: BSD-2-Clause
// Physical memory that the kernel can only see through windows: strings copied there and from there.
#include "l4/abi/kip.h"
#include "tap.h"

extern "C" [[noreturn]] void program();
extern "C" [[noreturn]] void receive_strings();

namespace {

constexpr Word source = 0x80000000 + 4096 - 100, target = 0x90000000 + 4096 - 1000, size = 3 * 4096;
alignas(16) char stack[4096];
const l4_threadid_t sigma0 = l4_threadid(L4_TASK_SIGMA0, 0);

/// A message of one string.
struct Buffer {
    l4_msg_head_t head;
    l4_strdope_t string;
};
constexpr Word one_string = 2u << L4_MSGDOPE_DWORDS_SHIFT | 1u << L4_MSGDOPE_STRINGS_SHIFT;
Buffer sent = {{0, one_string, one_string, {}}, {size, source, 0, 0}};
Buffer received = {{0, one_string, 0, {}}, {0, 0, size, target}};

unsigned char value_at(Word i) { return static_cast<unsigned char>(i * 7 + (i >> 8)); }
volatile unsigned char& byte(Word at) { return *reinterpret_cast<volatile unsigned char*>(at); }

} // namespace

void receive_strings() {
    Message m = ipc(L4_IPC_NO_SEND, reinterpret_cast<Word>(&received) | L4_RCV_OPEN, {}, 0, 0, never);
    for (;;)
        m = ipc(0, reinterpret_cast<Word>(&received) | L4_RCV_OPEN, m.from, m.result,
                received.string.snd_size, never);
}

void program() {
    Tap tap;
    const auto& kip = *reinterpret_cast<const l4_kip_t*>(L4_KIP_ADDRESS);
    tap.check(kip.total_ram > 0x90000000u, "the machine has memory there");
    for (Word i = 0; i < size; ++i) byte(source + i) = value_at(i);
    ex_regs(1, reinterpret_cast<Word>(receive_strings), reinterpret_cast<Word>(stack + sizeof stack), sigma0);
    const Message m = ipc(reinterpret_cast<Word>(&sent), 0, l4_threadid(L4_TASK_ROOT, 1), 0, 0, never);
    tap.equal(m.w0, one_string, "a string arrives whole");
    tap.equal(m.w1, size, "with its length");
    bool good = true;
    for (Word i = 0; i < size; ++i) good &= byte(target + i) == value_at(i);
    tap.check(good, "and its bytes");
    tap.done();
}
