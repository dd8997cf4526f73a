// SPDX-License-Identifier: BSD-2-Clause
// What compilers call without being asked.
#include <cstddef>
#include <cstdint>

#include "x86/copy.h"

extern "C" {

void* memcpy(void* to, const void* from, std::size_t size);
void* memmove(void* to, const void* from, std::size_t size);
void* memset(void* to, int value, std::size_t size);
int memcmp(const void* a, const void* b, std::size_t size);
std::size_t strlen(const char* text);

void* memcpy(void* to, const void* from, std::size_t size) {
    x86::copy_up(to, from, size);
    return to;
}

void* memmove(void* to, const void* from, std::size_t size) {
    auto* const target = static_cast<unsigned char*>(to);
    const auto* const source = static_cast<const unsigned char*>(from);
    if (reinterpret_cast<std::uintptr_t>(target) - reinterpret_cast<std::uintptr_t>(source) >= size)
        return memcpy(to, from, size);
    void* end = target + size - 1;
    const void* source_end = source + size - 1;
    asm volatile("std\n\trep movsb\n\tcld" : "+D"(end), "+S"(source_end), "+c"(size) : : "memory");
    return to;
}

void* memset(void* to, int value, std::size_t size) {
    void* const result = to;
    std::size_t words = size / 4, bytes = size % 4;
    const std::uint32_t pattern = static_cast<std::uint8_t>(value) * 0x01010101u;
    asm volatile("rep stosl\n\tmov %2, %1\n\trep stosb"
                 : "+D"(to), "+c"(words)
                 : "r"(bytes), "a"(pattern)
                 : "memory");
    return result;
}

int memcmp(const void* a, const void* b, std::size_t size) {
    const auto* x = static_cast<const unsigned char*>(a);
    const auto* y = static_cast<const unsigned char*>(b);
    for (; size != 0; --size, ++x, ++y)
        if (*x != *y) return *x < *y ? -1 : 1;
    return 0;
}

std::size_t strlen(const char* text) {
    std::size_t left = ~std::size_t{0};
    asm volatile("repne scasb" : "+D"(text), "+c"(left) : "a"(0) : "memory", "cc");
    return ~left - 1;
}

} // extern "C"
