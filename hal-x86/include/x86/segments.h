// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "ia32/trap_frame.h"
#include "x86/layout.h"

namespace kern {
struct Layout;
}

namespace x86 {

/// Selectors.  The order of the first four is that of sysenter and sysexit; users' are in ia32/trap_frame.h.
inline constexpr std::uint32_t kernel_cs = 0x08, kernel_ds = 0x10, tss_selector = 0x48;

/// The task state segment: the stack pointer for entries from users, and which ports they may use.
struct Tss {
    static constexpr std::uint16_t bitmap = io_bitmap_base - tss_base, no_bitmap = 0xffff;

    std::uint32_t link = 0, esp0 = 0, ss0 = kernel_ds;
    std::array<std::uint32_t, 22> unused{};
    std::uint16_t trap = 0, bitmap_offset = no_bitmap;
};
static_assert(sizeof(Tss) == 104 && offsetof(Tss, esp0) == 4 && offsetof(Tss, bitmap_offset) == 102);

/// The global descriptor table.
class Gdt {
public:
    void load() const; ///< and the task register
    void set_tls(const std::array<std::uint64_t, ia32::tls_slots>& descriptors) {
        for (std::uint32_t i = 0; i < ia32::tls_slots; ++i)
            entries_[ia32::tls_selectors[i] / 8] = descriptors[i];
    }

private:
    friend struct kern::Layout;
    static constexpr std::uint64_t segment(std::uint32_t base, std::uint32_t limit, std::uint32_t type) {
        return std::uint64_t{limit & 0xffff} | std::uint64_t{base & 0xffffff} << 16 |
               std::uint64_t{type & 0xff} << 40 | std::uint64_t{limit >> 16 & 15} << 48 |
               std::uint64_t{type >> 8 & 15} << 52 | std::uint64_t{base >> 24} << 56;
    }
    static constexpr std::uint32_t flat = 0xfffff, big_pages = 0xc00, big = 0x400; ///< type: flags and access
    static constexpr std::uint32_t code = 0x9b, data = 0x93, read_only = 0x91, tss = 0x89, for_users = 0x60;

    std::array<std::uint64_t, 10> entries_{
        0,
        segment(0, flat, big_pages | code),
        segment(0, flat, big_pages | data),
        segment(0, flat, big_pages | code | for_users),
        segment(0, flat, big_pages | data | for_users),
        segment(utcb_word_base, 3, big | read_only | for_users),
        0,
        0,
        0,
        segment(tss_base, io_bitmap_end - tss_base, tss),
    };
};

} // namespace x86
