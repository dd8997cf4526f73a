// SPDX-License-Identifier: BSD-2-Clause
// Whatever the kernel does for a program at once, interrupts are served, and in their order: who only asks
// for the info page, or has its exceptions reflected, is preempted all the same; an attach forgets what came
// before it, though another interrupt comes amid its call.  With pages beyond the memory that the kernel has
// mapped these go other ways.
#include "rtc.h"
#include "threads.h"

extern "C" {
[[noreturn]] void program();
void protection();
}

namespace {

constexpr Word pages = 4, sleeper = 1, owner = 2, urgent = 200, idt_vector = 13;
constexpr Word serial_line = 4;
constexpr unsigned short serial_interrupts = 0x3f9, serial_identification = 0x3fa;
alignas(4096) unsigned char code[pages][4096];
alignas(4096) Word gates[2 * (idt_vector + 1)];
volatile Word naps = 0, ticks = 0;

void nap() {
    for (;;) {
        sleep(receive_within(1008));
        naps = naps + 1;
    }
}

/// How many microseconds pass without a nap at most, while the program does nothing but this.
template <class Do>
Word longest_wait(Do something) {
    constexpr std::uint64_t all = 100'000'000, hopeless = 50'000'000;
    const std::uint64_t begin = rtc::nanoseconds();
    std::uint64_t since = begin, most = 0;
    for (Word i = 0, last = naps; rtc::nanoseconds() - begin < all && most < hopeless; ++i) {
        something(i);
        const std::uint64_t now = rtc::nanoseconds();
        if (naps != last) {
            last = naps;
            since = now;
        }
        if (now - since > most) most = now - since;
    }
    return static_cast<Word>(most / 1000);
}

void ask_for_info(Word i) {
    Word eax;
    asm volatile("call *%1" : "=a"(eax) : "r"(code[i % pages]) : "memory");
}

void be_reflected(Word) { asm volatile("int $0x80" ::: "memory"); }

void own_clock() {
    rtc::attach();
    for (;;)
        if (rtc::tick()) {
            ticks = ticks + 1;
            rtc::acknowledge();
        }
}

void out(unsigned short port, unsigned char value) { asm volatile("outb %0, %1" ::"a"(value), "d"(port)); }
unsigned char in(unsigned short port) {
    unsigned char value;
    asm volatile("inb %1, %0" : "=a"(value) : "d"(port));
    return value;
}

/// "I can send": asked for and taken back.
void have_serial_interrupt() {
    out(serial_interrupts, 2);
    for (Word i = 0; i < 1000; ++i) in(serial_identification);
    out(serial_interrupts, 2);
    out(serial_interrupts, 0);
}

/// A clock's interrupt waits while the program has interrupts shut, and is the first that the call lets in.
Word attach_amid_another(bool by_sysenter) {
    const l4_threadid_t id = l4_irq_id(serial_line);
    const Regs attach{.eax = L4_IPC_NO_SEND, .ecx = at_once, .esi = id.low, .edi = id.high};
    have_serial_interrupt();
    asm volatile("cli" ::: "memory");
    rtc::start(6);
    for (const std::uint64_t since = rtc::nanoseconds(); rtc::nanoseconds() - since < 2'000'000;) {
    }
    const Word result = by_sysenter ? call_at(L4_SYSCALL_PAGE, attach).eax : call<L4_VEC_IPC>(attach).eax;
    asm volatile("sti" ::: "memory");
    rtc::start(15);
    return l4_msgdope_error(result);
}

void attach(Tap& tap, bool by_sysenter) {
    tap.equal(attach_amid_another(by_sysenter), L4_IPC_RETIMEOUT, "a thread attaches to a line");
    const Word came = ipc(L4_IPC_NO_SEND, 0, l4_irq_id(serial_line), 0, 0, receive_within(3000)).result;
    tap.equal(l4_msgdope_error(came), L4_IPC_RETIMEOUT, "what came before is forgotten");
    ipc(L4_IPC_NO_SEND, 0, l4_nil_id(), 0, 0, at_once); // detaches
}

} // namespace

asm(".text\nprotection: addl $2, 4(%esp)\nadd $4, %esp\niret\n");

extern "C" void program() {
    struct [[gnu::packed]] {
        std::uint16_t limit;
        Word base;
    } const idt{sizeof gates - 1, reinterpret_cast<Word>(gates)};
    const Word handler = reinterpret_cast<Word>(protection);
    Tap tap;
    touch_stacks();
    for (auto& page : code) page[0] = 0xf0, page[1] = 0x90, page[2] = 0xc3; // lock; nop; ret
    gates[2 * idt_vector] = handler & 0xffff;
    gates[2 * idt_vector + 1] = handler & 0xffff0000;
    asm volatile("lidt (%0)" ::"a"(&idt), "d"(0) : "memory");

    start(sleeper, nap);
    set_prio(sleeper, urgent);
    sleep(receive_within(1600));
    tap.check(longest_wait(ask_for_info) < 2000, "who asks for the info page all the time is preempted");
    tap.check(longest_wait(be_reflected) < 2000, "so is whose exceptions are reflected");

    call<L4_VEC_IPC>({.ecx = never,
                      .edx = L4_FP_IO_WHOLE,
                      .ebp = L4_FP_WHOLE_SPACE | L4_RCV_MAP,
                      .esi = sigma0.low,
                      .edi = sigma0.high});
    rtc::start(15);
    start(owner, own_clock);
    set_prio(owner, urgent);
    attach(tap, true);
    attach(tap, false);
    tap.check(ticks > 1, "the clock's owner has got what came meanwhile");
    tap.done();
}
