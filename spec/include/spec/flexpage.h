// SPDX-License-Identifier: BSD-2-Clause
// Flexpages decoded (semantics 9.1, 9.2).
#pragma once

#include <algorithm>
#include <cstdint>

#include "l4/abi/fpage.h"
#include "l4/abi/limits.h"
#include "l4/abi/utcb.h"
#include "spec/ids.h"

namespace spec {

constexpr Word page_size = 1u << L4_PAGE_SHIFT;
constexpr Word super_size = 1u << L4_SUPERPAGE_SHIFT;
constexpr Word parts_per_super = super_size / page_size;

constexpr bool is_utcb(Word va) { return va >= L4_UTCB_AREA && va - L4_UTCB_AREA < L4_UTCB_AREA_SIZE; }

/// Nothing is ever mapped there.
constexpr bool is_protected(Word va) {
    return is_utcb(va) || (va >= L4_KIP_ADDRESS && va - L4_KIP_ADDRESS < page_size);
}

/// Does the 4 MiB region hold a protected page?
constexpr bool region_is_protected(Word base) {
    return base == (L4_UTCB_AREA & ~(super_size - 1)) || base == (L4_KIP_ADDRESS & ~(super_size - 1));
}

struct Flexpage {
    enum class Kind { nothing, memory, io } kind = Kind::nothing;
    Word size = 0;          ///< log2
    std::uint64_t base = 0; ///< address, or first port
    std::uint64_t end = 0;  ///< memory: cut at the end of user space, so it may lie before `base`

    bool is_whole_space() const { return kind == Kind::memory && size == L4_FP_WHOLE_SIZE; }
};

constexpr Flexpage decode_flexpage(Word word) {
    const Word size = l4_fpage_size(word);
    const std::uint64_t length = size < 33 ? 1ull << size : 0;
    if (l4_fpage_is_io(word) && size <= L4_FP_IO_SIZE_MAX) {
        const std::uint64_t port = ((word & L4_FP_IO_PORT_MASK) >> L4_FP_IO_PORT_SHIFT) & ~(length - 1);
        return {Flexpage::Kind::io, size, port, port + length};
    }
    if (size >= L4_FP_MEM_SIZE_MIN && size <= L4_FP_WHOLE_SIZE) {
        const std::uint64_t base = (word & L4_FP_PAGE_MASK) & ~(length - 1);
        return {Flexpage::Kind::memory, size, base, std::min<std::uint64_t>(base + length, L4_USER_TOP)};
    }
    return {};
}

} // namespace spec
