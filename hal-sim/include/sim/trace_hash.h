// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <bit>
#include <cstdint>

#include "arch/frame.h"

namespace sim {

/// A running hash of everything observable.  Equal on every compiler, width and optimisation level.
class TraceHash {
public:
    void add(std::uint64_t word) {
        state_ ^= word * 0x9e3779b97f4a7c15u;
        state_ = std::rotl(state_, 29) * 0xbf58476d1ce4e5b9u + 0x94d049bb133111ebu;
    }
    void add(const arch::Frame& f) {
        add(pair(f.gs, f.fs)), add(pair(f.edi, f.esi)), add(pair(f.ebp, f.cr2)), add(pair(f.ebx, f.edx));
        add(pair(f.ecx, f.eax)), add(pair(f.trapno, f.err)), add(pair(f.eip, f.cs)),
            add(pair(f.eflags, f.esp));
        add(f.ss);
    }
    std::uint64_t value() const { return state_ ^ state_ >> 32; }

private:
    static std::uint64_t pair(std::uint32_t a, std::uint32_t b) { return std::uint64_t{a} << 32 | b; }
    std::uint64_t state_ = 0x2545f4914f6cdd1du;
};

} // namespace sim
