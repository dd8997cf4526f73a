// SPDX-License-Identifier: BSD-2-Clause
// What can be observed of a kernel, as lines of numbers.  The same source runs on the simulated machine and
// on the PC, so that equal systems give equal lines.
#pragma once
#include <bit>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "arch/machine.h"
#include "kern/kernel.h"

namespace replay {

class Lines {
public:
    /// `what` says what the numbers are.
    virtual void line(const char* what, std::span<const std::uint64_t> numbers) = 0;
    void add(const char* what, std::initializer_list<std::uint64_t> numbers) {
        line(what, std::span(numbers.begin(), numbers.size()));
    }

protected:
    Lines() = default;
    Lines(const Lines&) = default;
    Lines& operator=(const Lines&) = default;
    ~Lines() = default;
};

/// Who runs, ready order, donation, timer, timeouts, interrupts; tasks with accounts, threads, registers,
/// UTCBs, pages and where they come from, ports.  Changes nothing.
///
/// Of floating-point registers what both machines keep bit by bit: ST and XMM.  Of the frame no cr2, trapno
/// and err, which entry code of the PC writes and nobody may see.
void observe(const kern::Kernel& kernel, arch::Machine& machine, Lines& to);

/// The words of a frame of memory.
void observe_frame(arch::Machine& machine, std::uint32_t number, Lines& to);

/// A hash of lines.
class Digest final : public Lines {
public:
    void line(const char* what, std::span<const std::uint64_t> numbers) override {
        add_word(std::uint64_t{numbers.size()} << 8 | static_cast<std::uint8_t>(*what));
        for (const std::uint64_t n : numbers) add_word(n);
    }
    std::uint64_t value() const { return state_ ^ state_ >> 32; }

private:
    void add_word(std::uint64_t word) {
        state_ ^= word * 0x9e3779b97f4a7c15u;
        state_ = std::rotl(state_, 29) * 0xbf58476d1ce4e5b9u + 0x94d049bb133111ebu;
    }
    std::uint64_t state_ = 0x2545f4914f6cdd1du;
};

} // namespace replay
