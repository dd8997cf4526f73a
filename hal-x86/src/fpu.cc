// SPDX-License-Identifier: BSD-2-Clause
#include "x86/fpu.h"

namespace x86 {

void Fpu::init(bool sse) {
    write_cr4(read_cr4() | cr4_fxsave | (sse ? cr4_simd_errors : 0u));
    write_cr0(read_cr0() | cr0_monitor_fpu | cr0_fpu_errors | cr0_fpu_away);
}

void Fpu::save_elsewhere(arch::FpuState& to) {
    if (loaded_ != 0)
        store(to);
    else
        to = *wanted_;
}

bool Fpu::fetch() {
    if (loaded_ != 0 || wanted_ == nullptr) return false;
    asm volatile("clts");
    asm volatile("fxrstor %0" ::"m"(*wanted_));
    loaded_ = 1;
    return true;
}

} // namespace x86
