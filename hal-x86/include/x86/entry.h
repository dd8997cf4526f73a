// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "arch/frame.h"

/// What entry.S and C++ know of each other.
namespace x86 {

inline constexpr std::uint32_t trap_vectors = 0x50, stub_size = 16;
inline constexpr std::uint32_t kernel_stack_size = 16384;
inline constexpr std::uint32_t sysenter_vector = 0x100; ///< stands in the frame's trapno

/// What the processor pushes when it interrupts the kernel.
struct Interrupted {
    std::uint32_t eip, cs, eflags;
};

} // namespace x86

extern "C" {
extern const char trap_stubs[], sysenter_entry[], nmi_entry[], sysenter_stack_end[], kernel_stack_end[],
    image_end[];
/// shortcut.S and fault_entry.S, if they are linked.
[[gnu::weak]] extern const char ipc_entry[], switch_entry[], protection_entry[], page_fault_entry[];
[[gnu::regparm(1)]] arch::Frame* trap_from_user(arch::Frame* frame);
[[gnu::regparm(1)]] void trap_from_kernel(arch::Frame* frame);
[[gnu::regparm(1)]] void trap_nmi(const x86::Interrupted* interrupted);
[[noreturn, gnu::regparm(1)]] void leave_to_user(arch::Frame* frame);
}
