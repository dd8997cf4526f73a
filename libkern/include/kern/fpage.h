// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "ia32/paging.h"
#include "kern/strong.h"
#include "l4/abi/fpage.h"
#include "l4/abi/limits.h"
#include "l4/abi/utcb.h"

namespace kern {

/// Addresses of users end here.
inline constexpr VAddr user_end{L4_USER_TOP};

/// Pages that users neither map nor unmap: the UTCB area and the kernel info page.
constexpr bool is_protected(VAddr va) {
    return va.raw() - L4_UTCB_AREA < L4_UTCB_AREA_SIZE || va.raw() - L4_KIP_ADDRESS < ia32::page_size;
}
static_assert(ia32::directory_index(L4_KIP_ADDRESS) == ia32::directory_index(L4_UTCB_AREA));

/// Does the 4 MiB region around `va` hold a protected page?
constexpr bool has_protected(VAddr va) {
    return ia32::directory_index(va.raw()) == ia32::directory_index(L4_UTCB_AREA);
}

/// What a flexpage word names (docs/semantics.md 9.2).  Any word is one; most name nothing.
class Fpage {
public:
    enum class Kind : std::uint8_t { nothing, memory, ports };

    explicit constexpr Fpage(std::uint32_t word) : word_(word) {
        const std::uint32_t log2 = size_log2();
        if (l4_fpage_is_io(word) && log2 <= L4_FP_IO_SIZE_MAX) {
            kind_ = Kind::ports;
            first_ = (word & L4_FP_IO_PORT_MASK) >> L4_FP_IO_PORT_SHIFT & ~offset_mask();
            end_ = first_ + offset_mask() + 1;
        } else if (log2 >= L4_FP_MEM_SIZE_MIN && log2 <= L4_FP_WHOLE_SIZE) {
            kind_ = Kind::memory;
            first_ = word & ~offset_mask();
            const std::uint64_t end = std::uint64_t{first_} + offset_mask() + 1;
            end_ = end < L4_USER_TOP ? static_cast<std::uint32_t>(end) : L4_USER_TOP;
        }
    }
    constexpr Kind kind() const { return kind_; }
    constexpr std::uint32_t size_log2() const { return l4_fpage_size(word_); }
    /// The size minus one.
    constexpr std::uint32_t offset_mask() const {
        return size_log2() < 32 ? (1u << size_log2()) - 1 : ~std::uint32_t{0};
    }
    /// First address or port of the range; and the one after its last, which is cut at the user's end and so
    /// may lie before the first.
    constexpr std::uint32_t first() const { return first_; }
    constexpr std::uint32_t end() const { return end_; }
    constexpr bool is_whole() const { return kind_ == Kind::memory && size_log2() == L4_FP_WHOLE_SIZE; }
    constexpr bool write() const { return (word_ & L4_FP_WRITE) != 0; }
    constexpr bool grant() const { return (word_ & L4_FP_GRANT) != 0; }

private:
    std::uint32_t word_;
    std::uint32_t first_ = 0, end_ = 0;
    Kind kind_ = Kind::nothing;
};

} // namespace kern
