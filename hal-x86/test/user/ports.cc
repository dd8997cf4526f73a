// SPDX-License-Identifier: BSD-2-Clause
// I/O ports by page faults and the bitmap; cli and sti; interrupts as messages.
#include "child.h"

extern "C" {
[[noreturn]] void program();
void reads_all();
void reads_all_refused();
void reads_all_done();
extern Word ports_read[];
}

constexpr Word port_count = 0x10000;
Word ports_read[port_count / 32]; // a bit each

// Reads each port once and notes it.  Whoever refuses one lets it go on behind.
asm(R"(
        .globl reads_all, reads_all_refused
reads_all:
        xor %edx, %edx
1:      inb %dx, %al
        bts %edx, ports_read
reads_all_refused:
        inc %edx
        cmp $0x10000, %edx
        jne 1b
        call reads_all_done
)");

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

} // namespace

void reads_all_done() {
    report(done, 0);
    for (;;) sleep(never);
}

namespace {

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

struct Ports {
    Word first, log2;
    bool has(Word port) const { return port - first < 1u << log2; }
};
/// What a child may read, at the bitmap's edges; nothing is there in QEMU's machine.
constexpr Ports given[] = {{0x2c0, 3}, {0x7ff0, 4}, {0x8000, 0}, {0xffe0, 5}};

/// The child's next fault: at `port`, with a flexpage for it or behind its instruction.
Message answer_port(Word port) {
    for (const Ports& g : given)
        if (port == g.first)
            return ipc(L4_SND_MAP, L4_RCV_OPEN, child, 0, l4_io_fpage(g.first, g.log2, 0), never);
    call<L4_VEC_LTHREAD_EX_REGS>({.eax = child_task << L4_EX_REGS_TASK_SHIFT,
                                  .ecx = L4_EX_REGS_KEEP,
                                  .edx = reinterpret_cast<Word>(reads_all_refused),
                                  .ebx = ~0u,
                                  .ebp = ~0u,
                                  .esi = ~0u,
                                  .edi = ~0u});
    return wait();
}

/// Of all 65,536 it can read those that it was given, and each other one is a fault of its own.
void all_of_them(Tap& tap) {
    start_child(reads_all);
    Word faults = 0, out_of_turn = 0, next = 0;
    Message m = serve(wait());
    for (; m.w0 != done && next < port_count; ++faults) {
        const Word port = (m.w0 & L4_FP_IO_PORT_MASK) >> L4_FP_IO_PORT_SHIFT;
        out_of_turn += m.w0 != l4_io_fpage(port, 0, 0) || port < next;
        next = port + 1;
        m = serve(answer_port(port));
    }
    Word wrong = 0, have = 0;
    for (Word port = 0; port < port_count; ++port) {
        bool has = false;
        for (const Ports& g : given) has = has || g.has(port);
        have += has;
        wrong += has != (ports_read[port / 32] >> port % 32 & 1);
    }
    tap.equal(wrong, 0, "of all ports it reads those that it was given");
    tap.equal(out_of_turn, 0, "the others are faults, one after the other");
    tap.equal(faults, port_count - have + sizeof given / sizeof *given, "each once");
    kill_child();
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
    all_of_them(tap);
    interrupts(tap);
    tap.done();
}
