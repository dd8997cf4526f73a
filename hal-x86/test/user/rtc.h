// SPDX-License-Identifier: BSD-2-Clause
#pragma once
// The real-time clock's periodic interrupts. Under -icount shift=0, with QEMU's -rtc clock=vm, they come at
// exact times of the time stamp counter.
#include "calls.h"
#include "l4/abi/fpage.h"

namespace rtc {

inline constexpr Word line = 8;

/// Instructions, of which one takes a nanosecond.
inline std::uint64_t nanoseconds() {
    Word low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    return std::uint64_t{high} << 32 | low;
}

inline unsigned char read(unsigned char index) {
    unsigned char value;
    asm volatile("outb %1, $0x70; inb $0x71, %0" : "=a"(value) : "a"(index));
    return value;
}

inline void write(unsigned char index, unsigned char value) {
    asm volatile("outb %0, $0x70" ::"a"(index));
    asm volatile("outb %0, $0x71" ::"a"(value));
}

/// 2 ^ (16 - rate) ticks a second.  Also gets the ports from the pager, who may have no time later.
inline void start(unsigned char rate) {
    constexpr unsigned char periodic = 0x40;
    write(0x8a, static_cast<unsigned char>((read(0x8a) & 0xf0) | rate));
    write(0x8b, static_cast<unsigned char>(read(0x8b) | periodic));
    read(0x0c);
}

/// The line is the thread's own from here on.
inline void attach() { ipc(L4_IPC_NO_SEND, 0, l4_irq_id(line), 0, 0, at_once); }

/// Waits for one, which has to be acknowledged.
inline bool tick() { return ipc(L4_IPC_NO_SEND, 0, l4_irq_id(line), 0, 0, patiently).result == L4_IPC_OK; }
inline void acknowledge() { read(0x0c); }

} // namespace rtc
