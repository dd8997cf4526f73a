// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "arch/fpu_state.h"
#include "x86/io.h"

namespace kern {
struct Layout;
}

namespace x86 {

/// FPU and SSE registers.  Loaded when the program first uses them, saved only if it did: to threads that
/// compute with integers they cost nothing.
class Fpu {
public:
    void init(bool sse);
    /// `from` stays where it is until the next load.
    void load(const arch::FpuState& from) {
        wanted_ = &from;
        if (loaded_ != 0) [[unlikely]]
            send_away();
    }
    void save(arch::FpuState& to) {
        if (loaded_ != 0 || wanted_ != &to) [[unlikely]]
            save_elsewhere(to);
    }
    /// The processor has found them away (exception 7).  False: they are not.
    bool fetch();

private:
    friend struct kern::Layout;
    void save_elsewhere(arch::FpuState& to);
    static void store(arch::FpuState& to) { asm volatile("fxsave %0" : "=m"(to)); }
    void send_away() {
        loaded_ = 0;
        write_cr0(read_cr0() | cr0_fpu_away);
    }

    const arch::FpuState* wanted_ = nullptr; ///< what the program that runs has in them
    std::uint32_t loaded_ = 0;               ///< not 0: the processor holds them; a word, for assembly
};

} // namespace x86
