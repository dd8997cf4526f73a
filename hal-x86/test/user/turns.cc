// SPDX-License-Identifier: BSD-2-Clause
// Neither the timer nor a device keeps the other waiting: an interrupt's thread is on time although the
// timeouts of many threads end all at one time.  Times are exact under -icount.
#include "l4/abi/kip.h"
#include "tap.h"

extern "C" [[noreturn]] void program();
extern "C" [[noreturn]] void naps();

namespace {

constexpr Word nappers = 120, rtc = 8, ticks = 256;
alignas(16) char stacks[nappers][256];
volatile Word woken = 0;
const l4_threadid_t sigma0 = l4_threadid(L4_TASK_SIGMA0, 0);

const volatile l4_kip_t& kip() { return *reinterpret_cast<const volatile l4_kip_t*>(L4_KIP_ADDRESS); }

/// Instructions, of which one takes a nanosecond.
std::uint64_t nanoseconds() {
    Word low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    return std::uint64_t{high} << 32 | low;
}

/// 1,024 ticks a second: 976,562.5 ns each.
std::uint64_t period_start(Word tick) { return std::uint64_t{tick} * 1953125 / 2; }

unsigned char rtc_register(unsigned char index) {
    unsigned char value;
    asm volatile("outb %1, $0x70; inb $0x71, %0" : "=a"(value) : "a"(index));
    return value;
}

void start_rtc() {
    const unsigned char b = rtc_register(0x8b);
    rtc_register(0x8b);
    asm volatile("outb %0, $0x71" ::"a"(static_cast<unsigned char>(b | 0x40)));
    rtc_register(0x0c);
}

bool tick() {
    const Message m = ipc(L4_IPC_NO_SEND, 0, l4_irq_id(rtc), 0, 0, patiently);
    rtc_register(0x0c);
    return m.result == L4_IPC_OK;
}

} // namespace

void naps() {
    constexpr Word period = 1024, exponent = 13; // 8 + 2 bits
    for (;;) {
        const bool next_is_odd = (kip().clock / period) % 2 == 0;
        const Word flags = L4_IPC_ABS_RCV | (next_is_odd ? L4_IPC_ABS_RCV_CLOCK : 0);
        ipc(L4_IPC_NO_SEND, 0, {L4_NIL_LOW, flags}, 0, 0, exponent | 64u << 24);
        woken = woken + 1;
    }
}

void program() {
    Tap tap;
    start_rtc(); // also gets the ports from sigma0, which will have no time later
    for (Word i = 0; i < nappers; ++i)
        ex_regs(i + 1, reinterpret_cast<Word>(naps), reinterpret_cast<Word>(stacks[i] + sizeof stacks[i]),
                sigma0);
    const l4_threadid_t me = myself();
    call<L4_VEC_THREAD_SCHEDULE>(
        {.eax = l4_sched_param(100, 0, 0), .ebx = ~0u, .ebp = ~0u, .esi = me.low, .edi = me.high});
    ipc(L4_IPC_NO_SEND, 0, l4_irq_id(rtc), 0, 0, 0x01);
    bool all = true;
    std::uint64_t first = ~std::uint64_t{0},
                  last = 0; // of a tick by how much it is behind the first one's time
    for (Word i = 0; i < ticks; ++i) {
        all &= tick();
        const std::uint64_t behind = nanoseconds() - period_start(i);
        if (behind < first) first = behind;
        if (behind > last) last = behind;
    }
    tap.check(all, "every tick of the real-time clock is a message");
    tap.check(woken > 1000, "while many threads wake up by timeouts");
    put("# the latest tick is behind the earliest by ");
    put_decimal(static_cast<Word>(last - first));
    put(" ns\n");
    // One timer event takes this long; all that are due together take several times as long.
    tap.check(last - first < 12000, "and none waits for more than the timer event under way");
    tap.done();
}
