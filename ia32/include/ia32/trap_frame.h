// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

namespace ia32 {

/// The registers of an interrupted thread, in the order in which entry code pushes them.  The first sixteen
/// words are the state words of a UTCB in the same order, so that state moves as one block.
struct TrapFrame {
    std::uint32_t gs, fs, edi, esi, ebp, cr2, ebx, edx, ecx, eax, trapno, err, eip, cs, eflags, esp, ss;
};
static_assert(sizeof(TrapFrame) == 17 * 4);

inline constexpr std::uint32_t user_eflags = 0x202; ///< interrupts on, the always-one bit
inline constexpr std::uint32_t eflags_trap = 1u << 8, eflags_interrupts = 1u << 9, eflags_iopl = 3u << 12;
/// CF PF AF ZF SF TF DF OF AC ID: what a program sets without asking anybody.
inline constexpr std::uint32_t eflags_of_user = 0x00240dd5;
inline constexpr std::uint32_t user_cs = 0x1b, user_ds = 0x23;
inline constexpr std::uint32_t selector_mask = 0xfffc; ///< of a selector: index and table, not privilege
inline constexpr std::uint32_t utcb_selector = 0x2b;   ///< a word: where the thread's UTCB is
inline constexpr std::uint32_t tls_slots = 3;
inline constexpr std::uint32_t tls_selectors[tls_slots] = {0x33, 0x3b, 0x43};

} // namespace ia32
