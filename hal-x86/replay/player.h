// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <optional>

#include "hal-x86/replay/program.h"
#include "kern/kernel.h"
#include "test/replay/observation.h"
#include "test/replay/pack.h"
#include "x86/io.h"

namespace replay {

/// Does the traces of a pack, one system after the other, and compares.  What a thread does is done in user
/// mode by one instruction with the thread's registers; interrupts are real, too.  The first difference is
/// the end.
class Player {
public:
    /// `page`: what programs execute at L4_SYSCALL_PAGE; `directory`: the kernel's.
    void init(std::span<std::byte, 4096> page, std::uint32_t directory) {
        page_ = page.data();
        directory_ = directory;
    }
    /// Returns the frame of the first thread that goes to user mode.
    arch::Frame* begin(const std::uint32_t* pack);
    /// The same after an event; does not return when the last trace is over.
    arch::Frame* go_on();
    /// The running thread has come back from user mode with what hal-x86 takes for this event.
    kern::Thread* trapped(const kern::Event& event);
    kern::Thread* interrupted(std::uint32_t vector);
    void forget(kern::Line line) { latched_ &= ~(1u << line.raw()); }
    void piece_ends();
    /// What was done since then the PC does not do.
    void leave_out(std::uint64_t begun) { left_out_ += x86::read_tsc() - begun; }

private:
    bool idle() const { return current_->idle(); }
    bool in_kernel() const { return !idle() && current_->in_kernel(); }

    // system.cc
    void begin_system();
    void end_system();
    void next_step();
    void next_system();
    [[noreturn]] void finish();

    // player.cc
    arch::Frame* act();
    arch::Frame* execute();
    arch::Frame* leave();
    bool set_by_hand(arch::Frame& frame) const;
    void tell_by_hand();
    void tell(const kern::Event& event);
    arch::Frame* interrupt(std::uint32_t vector);
    void take(std::uint32_t vector);
    int deliverable() const;
    void step_over();
    void ended(const arch::Frame& now, bool refused);
    void check_frame(const arch::Frame& now, std::uint32_t changes, bool ended);

    // report.cc
    void compare();
    [[noreturn]] void differ(const char* what, std::uint32_t expected, std::uint32_t got);

    std::byte* page_ = nullptr;
    std::uint32_t directory_ = 0;
    const std::uint32_t* next_ = nullptr; ///< System
    std::uint32_t traces_ = 0, trace_ = 0, steps_ = 0, events_ = 0, in_user_mode_ = 0;
    System system_{};
    const std::uint32_t* frames_ = nullptr;
    std::optional<StepReader> reader_;
    Step step_{};
    std::uint32_t step_number_ = 0;
    bool acted_ = false, over_ = false;

    /// The piece of work that took most ticks of the time stamp counter: under QEMU's -icount shift=0
    /// instructions.
    struct Piece {
        std::uint32_t ticks = 0, trace = 0, step = 0;
    } longest_;
    std::uint64_t piece_begun_ = 0; ///< 0: a kernel boots, which is not counted
    std::uint64_t left_out_ = 0;    ///< ticks that are none of the kernel's
    std::uint64_t piece_time() const { return x86::read_tsc() - left_out_; }

    kern::Thread* current_ = nullptr;
    std::uint32_t fail_at_ = 0, latched_ = 0;
    std::uint32_t awaited_ = 0; ///< the interrupt that is on its way
    Program program_{};
    arch::Frame saved_{};  ///< the thread's frame
    arch::Frame loaded_{}; ///< and what it went to user mode with
};

extern Player player;

/// Lets the interrupt in that is on its way; its vector, 0: none came.
std::uint32_t open_window();

} // namespace replay
