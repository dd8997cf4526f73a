// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "arch/fpu_state.h"
#include "arch/frame.h"
#include "kern/strong.h"
#include "kern/text_job.h"
#include "l4/abi/counters.h"
#include "x86/console.h"
#include "x86/copy.h"
#include "x86/cpu.h"
#include "x86/fpu.h"
#include "x86/io.h"
#include "x86/layout.h"
#include "x86/pic.h"
#include "x86/segments.h"
#include "x86/text.h"
#include "x86/timer.h"

namespace x86 {

/// Shown to every program at L4_COUNTERS_PAGE: nothing else is in that page.
struct alignas(4096) CountersPage {
    l4_counters_t counters{L4_COUNTERS_MAGIC, sizeof(l4_counters_t), {}, 0, {}, 0, 0, 0, 0};
};

/// Shown to every program behind GS:0: where its UTCB is.
struct alignas(4096) UtcbWordPage {
    std::uint32_t at = 0;
};

} // namespace x86

extern "C" x86::CountersPage event_counters;
extern "C" x86::UtcbWordPage utcb_word;

namespace arch {

/// The PC: one processor with its MMU, clock, interrupt controllers and console.  There is only one in the
/// world, so copies make no sense.
///
/// All physical memory up to x86::direct_size is mapped; kernel memory must lie there.  Memory beyond that is
/// seen through windows: of the spans that page() returned for it, the last x86::windows are good, and that
/// of a frame that is asked for twice in a row is the same, so that who copies within it sees how far.
class Machine {
public:
    constexpr Machine() = default;
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;

    // --- the kernel's side
    kern::Micros now() const { return timer_.now(); }
    /// In the kernel, not in this library: run.cc.
    bool interrupted();
    static void rest();
    void arm_timer(kern::Micros at) { timer_.arm(at); }
    void activate(kern::PAddr directory) {
        ++event_counters().cr3_loads;
        x86::write_cr3(directory.raw());
    }
    void invalidate(kern::VAddr va) {
        ++event_counters().invlpgs;
        x86::invalidate_page(va.raw());
    }
    std::span<std::byte, 4096> page(kern::PAddr frame) {
        if (frame.raw() < x86::direct_size) [[likely]]
            return bytes_at(x86::direct_base + frame.raw());
        return window(frame);
    }
    static std::byte* kernel_byte(kern::PAddr at) {
        return x86::at_address<std::byte>(x86::direct_base + at.raw());
    }
    static void copy_up(std::byte* to, const std::byte* from, std::size_t size) {
        x86::copy_up(to, from, size);
    }
    kern::PAddr address(const void* p) const {
        return kern::PAddr{reinterpret_cast<std::uint32_t>(p) - x86::direct_base};
    }
    bool offers(kern::Line line) const {
        return x86::Pic::offers(line) && !(console_.listens() && line == x86::Console::line);
    }
    void mask(kern::Line line) { pic_.mask(line); }
    void unmask(kern::Line line) { pic_.unmask(line); }
    void acknowledge(kern::Line line) { pic_.acknowledge(line); }
    void forget(kern::Line line);
    void save_fpu(FpuState& to) { fpu_.save(to); }
    void load_fpu(const FpuState& from) { fpu_.load(from); }
    void set_ports(kern::PAddr low, kern::PAddr high) {
        if (low.raw() == 0 && high.raw() == 0) [[likely]]
            tss().bitmap_offset = x86::Tss::no_bitmap;
        else
            map_ports(low, high);
    }
    void set_utcb(kern::VAddr at) { utcb_word.at = at.raw(); }
    void set_tls(const std::array<std::uint64_t, 3>& descriptors) { gdt_.set_tls(descriptors); }
    void put_char(char c) { console_.put(c); }
    static l4_counters_t& event_counters() { return ::event_counters.counters; }
    /// int3: the debugger's output calls (l4/abi/kdebug.h).
    std::optional<kern::TextJob> debug(Frame& frame, std::uint32_t vector);
    /// In the kernel, too.
    bool print(kern::TextJob& job);

    // --- the embedder's side
    /// Once, when paging is on: `fixed` is the page table of x86::fixed_base.
    void init(std::uint32_t* fixed, bool want_apic);
    x86::Timer& timer() { return timer_; }
    x86::Pic& pic() { return pic_; }
    x86::Fpu& fpu() { return fpu_; }
    x86::Console& console() { return console_; }
    x86::Text& text() { return text_; }
    /// The debugger hears the serial line, whose interrupt nobody else gets.
    void listen() {
        console_.listen();
        if (console_.listens()) unmask(x86::Console::line);
    }
    /// Entries from user mode push there.
    void set_entry_stack(const Frame& frame) {
        tss().esp0 = reinterpret_cast<std::uint32_t>(&frame) + sizeof frame;
    }
    /// Reads bytes that a program could, of the directory that is loaded, marking nothing.  Returns how many.
    std::size_t read_user(std::uint32_t va, std::span<std::byte> to);

private:
    friend struct kern::Layout;
    static std::span<std::byte, 4096> bytes_at(std::uint32_t va) {
        return std::span<std::byte, 4096>(x86::at_address<std::byte>(va), 4096);
    }
    static x86::Tss& tss() { return *x86::at_address<x86::Tss>(x86::tss_base); }
    std::span<std::byte, 4096> window(kern::PAddr frame);
    void map_ports(kern::PAddr low, kern::PAddr high);
    void set_fixed(std::uint32_t va, std::uint32_t entry) {
        fixed_[ia32::table_index(va)] = entry;
        x86::invalidate_page(va);
    }
    std::uint32_t user_entry(std::uint32_t va);

    x86::Timer timer_;
    x86::Pic pic_;
    x86::Fpu fpu_;
    x86::Gdt gdt_;
    x86::Console console_;
    x86::Text text_;
    std::uint32_t* fixed_ = nullptr;
    std::uint32_t window_ = x86::window_base; ///< the last one
    kern::PAddr window_frame_{};              ///< what is seen through it
};

} // namespace arch
