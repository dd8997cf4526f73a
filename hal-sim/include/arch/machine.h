// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>

#include "arch/fpu_state.h"
#include "arch/frame.h"
#include "arch/irq_controller.h"
#include "arch/memory.h"
#include "arch/mmu.h"
#include "arch/ports.h"
#include "arch/timer.h"
#include "kern/strong.h"
#include "kern/text_job.h"
#include "l4/abi/counters.h"
#include "l4/abi/exception.h"

namespace arch {

struct MachineConfig {
    std::uint32_t user_pages = 64;    ///< frames of RAM from physical address 0 on; at most 65536
    std::uint32_t kernel_pages = 256; ///< frames of RAM from Memory::kernel_base on
    bool spoil = false;               ///< fill kernel memory that is given back with rubbish
};

/// What the machine was asked to do, for tests that state how often.
struct Counters {
    std::uint64_t activations = 0, invalidations = 0, fpu_saves = 0, fpu_loads = 0, timer_arms = 0;
    std::uint64_t utcb_sets = 0, tls_sets = 0;
};

/// A page fault that an access of user code ran into.
struct AccessFault {
    kern::VAddr address{};
    std::uint32_t error = 0;
};

/// A whole IA-32 machine with one processor, as a value: no state outside, any number in a process,
/// deterministic. The first half is what kern/hal_contract.h asks for; the second is for whoever embeds it
/// and plays the user and the devices. A copy has the same memory and the same hardware state, but no kernel
/// of its own: pointers in kernel memory are the host's.
class Machine {
public:
    explicit Machine(const MachineConfig& config = {})
        : memory_(config.user_pages, config.kernel_pages), spoil_(config.spoil) {}

    // --- the kernel's side
    kern::Micros now() const { return timer_.now(); }
    /// An entry ends when its bound is reached; unless it shall go on: so often.
    bool interrupted() {
        if (uninterrupted_ == 0) return true;
        --uninterrupted_;
        return false;
    }
    void rest() { static_cast<void>(interrupted()); }
    void arm_timer(kern::Micros at) {
        ++counters_.timer_arms;
        timer_.arm(at);
    }
    void activate(kern::PAddr directory) {
        ++counters_.activations;
        ++event_counters_.cr3_loads;
        mmu_.activate(directory);
    }
    void invalidate(kern::VAddr va) {
        ++counters_.invalidations;
        ++event_counters_.invlpgs;
        mmu_.invalidate(va);
    }
    std::span<std::byte, 4096> page(kern::PAddr frame) { return memory_.page(frame); }
    static void copy_up(std::byte* to, const std::byte* from, std::size_t size) {
        std::memmove(to, from, size);
    }
    kern::PAddr address(const void* p) const { return memory_.address(p); }
    bool offers(kern::Line line) const { return IrqController::offers(line); }
    void mask(kern::Line line) { irqs_.mask(line); }
    void unmask(kern::Line line) { irqs_.unmask(line); }
    void acknowledge(kern::Line line) { irqs_.acknowledge(line); }
    void forget(kern::Line line) { irqs_.forget(line); }
    void save_fpu(FpuState& to) {
        ++counters_.fpu_saves;
        to = fpu_;
    }
    void load_fpu(const FpuState& from) {
        ++counters_.fpu_loads;
        fpu_ = from;
    }
    void set_ports(kern::PAddr low, kern::PAddr high) { ports_.set_bitmap(low, high); }
    void set_utcb(kern::VAddr at) {
        ++counters_.utcb_sets;
        utcb_ = at;
    }
    void set_tls(const std::array<std::uint64_t, 3>& descriptors) {
        ++counters_.tls_sets;
        tls_ = descriptors;
    }
    void put_char(char c) { console_.push_back(c); }
    /// There is a debugger if a test wants one (attach_debugger()): int3 prints EBX bytes at EAX.
    std::optional<kern::TextJob> debug(const Frame& frame, std::uint32_t vector) const {
        if (!has_debugger_ || vector != L4_TRAP_BREAKPOINT) return std::nullopt;
        return kern::TextJob{.at = kern::VAddr{frame.eax}, .left = frame.ebx};
    }
    /// One byte.
    bool print(kern::TextJob& job);
    l4_counters_t& event_counters() { return event_counters_; }
    /// Who uses these bytes of kernel memory before they are handed out again is caught under
    /// AddressSanitizer, and reads rubbish if the configuration says so.  Their first word stays usable.
    void discard(std::span<std::byte> bytes) { Memory::discard(bytes, spoil_); }
    void hand_out(std::span<std::byte> bytes) { Memory::hand_out(bytes); }

    // --- the embedder's side
    /// The next `times` that the kernel asks, no interrupt has come.
    void leave_alone(std::uint64_t times) { uninterrupted_ = times; }
    void attach_debugger() { has_debugger_ = true; }
    /// One user access of the current space; sets accessed and dirty bits, fills the TLB.
    Translation translate(kern::VAddr va, bool write) { return mmu_.translate(memory_, va, write); }
    /// Loads or stores bytes as user code: all of them, or none and the first fault.  At most a page long.
    std::optional<AccessFault> load(kern::VAddr va, std::span<std::byte> to);
    std::optional<AccessFault> store(kern::VAddr va, std::span<const std::byte> from);
    bool port_allowed(std::uint16_t port, unsigned width) { return ports_.allowed(memory_, port, width); }

    /// What user code reads at GS:0 with this selector in GS: its UTCB's address, if it is the selector for
    /// that.
    std::optional<std::uint32_t> word_at_gs(std::uint32_t gs) const;
    /// The descriptors behind ia32::tls_selectors; 0: not present.
    const std::array<std::uint64_t, 3>& tls() const { return tls_; }
    kern::VAddr utcb() const { return utcb_; }

    Timer& timer() { return timer_; }
    IrqController& irqs() { return irqs_; }
    Ports& ports() { return ports_; }
    FpuState& fpu() { return fpu_; } ///< the live registers
    Memory& memory() { return memory_; }
    const Mmu& mmu() const { return mmu_; }
    const std::string& console() const { return console_; }
    const Counters& counters() const { return counters_; }

private:
    Memory memory_;
    bool spoil_;
    Mmu mmu_;
    Timer timer_;
    IrqController irqs_;
    Ports ports_;
    FpuState fpu_;
    kern::VAddr utcb_{};
    std::array<std::uint64_t, 3> tls_{};
    std::string console_;
    bool has_debugger_ = false;
    std::uint64_t uninterrupted_ = 0;
    Counters counters_;
    l4_counters_t event_counters_{L4_COUNTERS_MAGIC, sizeof(l4_counters_t), {}, 0, {}, 0, 0, 0, 0};
};

} // namespace arch
