// SPDX-License-Identifier: BSD-2-Clause
// Neither the timer nor a device keeps the other waiting: an interrupt's thread is on time although the
// timeouts of many threads end all at one time.  Times are exact under -icount.
#include "l4/abi/kip.h"
#include "rtc.h"
#include "threads.h"

extern "C" [[noreturn]] void program();

namespace {

constexpr Word nappers = 120, ticks = 256;
constexpr unsigned char ticks_1024_hz = 6;
volatile Word woken = 0;

const volatile l4_kip_t& kip() { return *reinterpret_cast<const volatile l4_kip_t*>(L4_KIP_ADDRESS); }

/// 1,024 ticks a second: 976,562.5 ns each.
std::uint64_t period_start(Word tick) { return std::uint64_t{tick} * 1953125 / 2; }

[[noreturn]] void nap() {
    constexpr Word period = 1024, exponent = 13; // 8 + 2 bits
    for (;;) {
        const bool next_is_odd = (kip().clock / period) % 2 == 0;
        const Word flags = L4_IPC_ABS_RCV | (next_is_odd ? L4_IPC_ABS_RCV_CLOCK : 0);
        ipc(L4_IPC_NO_SEND, 0, {L4_NIL_LOW, flags}, 0, 0, exponent | 64u << 24);
        woken = woken + 1;
    }
}

} // namespace

void program() {
    Tap tap;
    rtc::start(ticks_1024_hz);
    for (Word i = 0; i < nappers; ++i) start(i + 1, nap);
    set_prio(0, 100);
    rtc::attach();
    bool all = true;
    std::uint64_t first = ~std::uint64_t{0},
                  last = 0; // of a tick by how much it is behind the first one's time
    for (Word i = 0; i < ticks; ++i) {
        all &= rtc::tick();
        const std::uint64_t behind = rtc::nanoseconds() - period_start(i);
        rtc::acknowledge();
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
