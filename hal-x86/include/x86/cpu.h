// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

/// What the processor can do (CPUID).
namespace x86 {

/// Bits of EDX of CPUID leaf 1.
enum Feature : std::uint32_t {
    feature_fpu = 1u << 0,
    feature_super_pages = 1u << 3,
    feature_tsc = 1u << 4,
    feature_msr = 1u << 5,
    feature_apic = 1u << 9,
    feature_sysenter = 1u << 11,
    feature_global_pages = 1u << 13,
    feature_cmov = 1u << 15,
    feature_fxsave = 1u << 24,
    feature_sse = 1u << 25,
};

struct CpuId {
    std::uint32_t eax, ebx, ecx, edx;
};

inline CpuId cpuid(std::uint32_t leaf) {
    CpuId r;
    asm volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(0));
    return r;
}

} // namespace x86
