// SPDX-License-Identifier: BSD-2-Clause
#include "arch/machine.h"

#include <algorithm>

#include "x86/cpu.h"
#include "x86/kdebug.h"
#include "x86/local_apic.h"
#include "x86/pit.h"

constinit x86::UtcbWordPage utcb_word;

namespace arch {
namespace {

/// What is mapped behind the direct range and is no device.
struct FixedPages {
    alignas(4096) std::array<std::byte, 4096> tss{};
    alignas(4096) std::array<std::byte, 4096> bitmap_end{};
};
constinit FixedPages pages;

constexpr std::uint32_t kernel_page = ia32::present | ia32::writable | ia32::accessed | ia32::dirty;
constexpr std::uint32_t user_page = ia32::present | ia32::user | ia32::accessed;

} // namespace

void Machine::init(std::uint32_t* fixed, bool want_apic) {
    fixed_ = fixed;
    const std::uint32_t features = x86::cpuid(1).edx;
    const std::uint32_t global = (features & x86::feature_global_pages) != 0 ? ia32::global : 0u;
    const auto frame_of = [this](const auto& page) { return address(page.data()).raw(); };
    pages.bitmap_end.fill(std::byte{0xff});
    set_fixed(x86::tss_base, frame_of(pages.tss) | kernel_page | global);
    set_fixed(x86::io_bitmap_end, frame_of(pages.bitmap_end) | kernel_page | global);
    set_fixed(x86::utcb_word_base, address(&utcb_word).raw() | user_page | global);
    set_fixed(L4_COUNTERS_PAGE, address(&::event_counters).raw() | user_page | global);
    set_fixed(x86::local_apic_base, x86::LocalApic::physical | kernel_page | ia32::cache_disable | global);
    tss() = x86::Tss{};
    gdt_.load();
    x86::write_cr0(x86::read_cr0() | x86::cr0_write_protect | x86::cr0_alignment);
    fpu_.init((features & x86::feature_sse) != 0);
    pic_.init();
    x86::Pit::stop();
    timer_.init(want_apic);
    if (!timer_.uses_apic()) pic_.unmask(kern::Line{x86::Pic::timer_line});
}

void Machine::map_ports(kern::PAddr low, kern::PAddr high) {
    set_fixed(x86::io_bitmap_base, low.raw() | kernel_page);
    set_fixed(x86::io_bitmap_base + ia32::page_size, high.raw() | kernel_page);
    tss().bitmap_offset = x86::Tss::bitmap;
}

/// The page-table entry, or the directory's for a 4 MiB page, with the rights of both; 0: not for users.
std::uint32_t Machine::user_entry(std::uint32_t va) {
    constexpr std::uint32_t needed = ia32::present | ia32::user;
    const auto entry = [this](std::uint32_t table, std::uint32_t index) {
        std::uint32_t e;
        std::memcpy(&e, page(kern::PAddr{table & ia32::frame_mask}).data() + index * sizeof e, sizeof e);
        return (e & needed) == needed ? e : 0;
    };
    const std::uint32_t outer = entry(x86::read_cr3(), ia32::directory_index(va));
    if (outer == 0 || (outer & ia32::super) != 0) return outer;
    return entry(outer, ia32::table_index(va));
}

std::size_t Machine::read_user(std::uint32_t va, std::span<std::byte> to) {
    std::size_t done = 0;
    while (done < to.size()) {
        const std::uint32_t entry = user_entry(va);
        if (entry == 0) break;
        const std::uint32_t frame =
            (entry & ia32::super) != 0
                ? (entry & ia32::super_mask) | (va & ~ia32::super_mask & ia32::frame_mask)
                : entry & ia32::frame_mask;
        const std::uint32_t offset = va % ia32::page_size;
        const std::size_t run = std::min<std::size_t>(to.size() - done, ia32::page_size - offset);
        std::memcpy(to.data() + done, page(kern::PAddr{frame}).data() + offset, run);
        done += run;
        va += static_cast<std::uint32_t>(run);
    }
    return done;
}

std::optional<kern::TextJob> Machine::debug(Frame& frame, std::uint32_t vector) {
    return x86::kdebug(*this, frame, vector);
}

} // namespace arch
