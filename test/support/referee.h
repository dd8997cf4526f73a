// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "arch/machine.h"
#include "kern/kernel.h"
#include "spec/system.h"

namespace test {

/// Says after which events everything is looked at.  The entries of a long operation are many and alike: each
/// counts an eighth.
class Cadence {
public:
    bool full(bool resume, unsigned each) {
        eighths_ += resume ? 1 : 8;
        if (eighths_ < 8 * each) return false;
        eighths_ = 0;
        return true;
    }
    /// Has nothing happened since?
    bool at_rest() const { return eighths_ == 0; }

private:
    unsigned eighths_ = 0;
};

/// Runs the specification beside a kernel, event by event, and compares.
///
/// Under small Limits the kernel needs several entries where the specification needs one.  The referee then
/// compares when the operation is over.  When anything else happens in between, the specification can not
/// tell any more what is right: following() becomes false, and from then on only the kernel's own invariants
/// are checked.
class Referee {
public:
    /// The kernel has been started and has seen no event.  With `full_each` above 1 everything is looked at
    /// after each so many events only (Cadence); after the others, the threads that ran before and run then.
    Referee(kern::Kernel& kernel, arch::Machine& machine, const kern::Limits& limits,
            std::uint32_t sigma0_frames, unsigned full_each = 1);

    /// The running thread's program has done to its registers what it wants; the kernel sees `event` next,
    /// and an allocation may fail meanwhile that no account forbids.
    void before(const kern::Event& event, bool may_fail = false);
    /// The kernel has seen it.  If an allocation has failed, the kernel must have done what the specification
    /// does when one payment, whichever, can not be made.
    void after(const kern::Event& event, bool failed = false);
    /// An access of the running thread's program succeeded on the machine.
    void accessed(kern::VAddr at, bool write);
    /// And it stored: `size` bytes, within a page, are fetched from the machine.
    void stored(kern::VAddr at, std::uint32_t size);
    /// Everything, and all memory that users can have.
    void finish();

    bool following() const { return following_; }
    const std::string& mismatch() const {
        return mismatch_;
    } ///< empty: none so far; else comparing has ended
    std::uint64_t comparisons() const { return comparisons_; }
    spec::System& specification() { return spec_; }

private:
    bool active() const { return following_ && mismatch_.empty(); }
    bool hear(const kern::Event& event);
    void take_registers();
    void check_fault(const kern::Event& event);
    bool working_alike() const;
    bool busy_alone() const;
    void check_invariants(const kern::Event& event);
    bool is_full(const kern::Event& event);
    bool compare_failed(const kern::Event& event);
    void compare();
    void compare_running();
    void compare_thread(kern::ThreadId id);
    void compare_memory();
    void compare_machine();
    void compare_tlb(std::uint32_t page, const arch::Tlb::Hit& hit);
    void compare_written();
    void compare_utcbs();
    void compare_frame(spec::Word frame, const spec::Ram::Frame& wanted);
    void differ(const std::string& what);

    kern::Kernel& kernel_;
    arch::Machine& machine_;
    const bool bounded_;
    spec::System spec_;
    bool told_ = true;   ///< the specification sees the event under way, too
    bool ahead_ = false; ///< the specification is done with what the kernel is still doing
    bool following_ = true;
    unsigned resumes_ = 0;
    const unsigned full_each_;
    Cadence cadence_;
    kern::ThreadId ran_{};                ///< before the event under way
    std::optional<spec::System> earlier_; ///< before an event in which an allocation may fail
    std::set<std::uint32_t> seen_;        ///< pages that user code has accessed
    std::uint64_t comparisons_ = 0;
    std::string mismatch_;
};

} // namespace test
