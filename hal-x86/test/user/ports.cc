// SPDX-License-Identifier: BSD-2-Clause
// I/O ports by page faults and the bitmap; cli and sti; interrupts as messages.
#include "child.h"

extern "C" [[noreturn]] void program();

namespace {

constexpr Word io_port = 0x70, done = 0xd00d;
const l4_threadid_t sigma0 = l4_threadid(L4_TASK_SIGMA0, 0);

unsigned char in(unsigned short port) {
    unsigned char value;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}
void out(unsigned short port, unsigned char value) { asm volatile("outb %0, %1" ::"a"(value), "Nd"(port)); }

void reads_port() {
    const Word value = in(io_port);
    report(done, value);
    in(0x8071);
    report(done, 0);
    for (;;) sleep(never);
}

void ports(Tap& tap) {
    start_child(reads_port);
    Message m = serve(wait());
    tap.equal(m.w0, L4_FP_IO_TAG | io_port << L4_FP_IO_PORT_SHIFT,
              "a port that a task does not have is a fault");
    out(io_port, 0); // the pager gets it from sigma0
    m = serve(ipc(L4_SND_MAP, L4_RCV_OPEN, child, 0, m.w0, never));
    tap.equal(m.w0, done, "with the port it goes on");
    m = serve(ipc(0, L4_RCV_OPEN, child, 0, 0, never));
    tap.equal(m.w0, L4_FP_IO_TAG | 0x8071u << L4_FP_IO_PORT_SHIFT, "a port of the upper half faults");
    in(0x8071);
    m = serve(ipc(L4_SND_MAP, L4_RCV_OPEN, child, 0, m.w0, never));
    tap.equal(m.w0, done, "and is given");
    kill_child();
}

void all_ports(Tap& tap) {
    asm volatile("cli"); // asks sigma0 for all
    Word flags;
    asm volatile("pushf; pop %0" : "=r"(flags));
    tap.check((flags & 0x200) == 0 && (flags & 0x3000) == 0x3000, "cli with all ports shuts interrupts out");
    asm volatile("sti");
}

/// The real-time clock interrupts 1024 times a second.
void interrupts(Tap& tap) {
    constexpr Word rtc = 8;
    const l4_threadid_t line = l4_irq_id(rtc);
    tap.equal(ipc(L4_IPC_NO_SEND, 0, line, 0, 0, 0x01).result, L4_IPC_RETIMEOUT, "attaching to line 8");
    out(0x70, 0x8b);
    const unsigned char b = in(0x71);
    out(0x70, 0x8b);
    out(0x71, static_cast<unsigned char>(b | 0x40));
    Word good = 0;
    for (int i = 0; i < 20; ++i) {
        out(0x70, 0x0c);
        in(0x71);
        const Message m = ipc(L4_IPC_NO_SEND, 0, line, 0, 0, patiently);
        good += m.result == L4_IPC_OK && m.from.low == rtc + 1;
    }
    tap.equal(good, 20, "twenty interrupts are twenty messages");
    out(0x70, 0x8b);
    out(0x71, b);
    tap.equal(ipc(L4_IPC_NO_SEND, 0, l4_irq_id(0), 0, 0, 0x01).result, L4_IPC_ENOT_EXISTENT,
              "the timer's line is nobody's");
}

} // namespace

void program() {
    Tap tap;
    ports(tap);
    all_ports(tap);
    interrupts(tap);
    tap.done();
}
