// SPDX-License-Identifier: BSD-2-Clause
// What compiled C++ calls without saying so.
#include <cstddef>

#include "l4/c/stdlib.h"

extern "C" {
void* __dso_handle = nullptr; // NOLINT(bugprone-reserved-identifier)
[[noreturn]] void __cxa_pure_virtual();
int __cxa_atexit(void (*destructor)(void*), void* object, void* dso);

void __cxa_pure_virtual() { abort(); }

/// A task's end takes its objects without a word.
int __cxa_atexit(void (*)(void*), void*, void*) { return 0; }
}

// There is no heap: nothing can have been made by new.
void operator delete(void*) noexcept { abort(); }
void operator delete(void*, std::size_t) noexcept { abort(); }
