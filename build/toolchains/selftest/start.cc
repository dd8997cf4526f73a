// SPDX-License-Identifier: BSD-2-Clause
// The smallest image: one entry point, no library.
extern "C" [[noreturn]] void _start();

extern "C" void _start() {
    for (;;) asm volatile("hlt");
}
