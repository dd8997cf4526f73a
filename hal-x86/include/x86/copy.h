// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>

namespace x86 {

/// From the first byte to the last.
inline void copy_up(void* to, const void* from, std::size_t size) {
    std::size_t words = size / 4, bytes = size % 4;
    asm volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
    if (!__builtin_constant_p(bytes) || bytes != 0)
        asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
}

} // namespace x86
