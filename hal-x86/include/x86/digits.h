// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

namespace x86 {

// Numbers as text, for whatever has put(char).

template <class To>
void put_hex(To& to, std::uint32_t value, unsigned digits) {
    while (digits-- != 0) to.put("0123456789abcdef"[value >> 4 * digits & 15]);
}

template <class To>
void put_decimal(To& to, std::uint32_t value) {
    if (value >= 10) put_decimal(to, value / 10);
    to.put(static_cast<char>('0' + value % 10));
}

} // namespace x86
