// SPDX-License-Identifier: BSD-2-Clause
// What programs on drops ask of their toolchain.
#include <cstdint>

#if __STDC_HOSTED__
#error this is a hosted environment
#endif
#ifdef __cpp_exceptions
#error exceptions are on
#endif

extern "C" double half(double x);
extern "C" [[noreturn]] void _start();

/// Divides numbers of 64 bits, which takes a routine of the compiler's library.
extern "C" void _start() {
    volatile std::uint64_t numerator = 1000000007, divisor = 3;
    volatile double halved = half(static_cast<double>(numerator / divisor));
    (void)halved;
    for (;;) asm volatile("pause");
}
