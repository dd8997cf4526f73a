// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "l4/abi/kip.h"
#include "x86/boot_memory.h"

namespace x86 {

/// What the kernel info page tells.
struct KipFacts {
    const BootMemory* memory;
    Range sigma0, root, modules;
    std::uint32_t sigma0_entry, sigma0_stack, root_entry, info, cpu_khz, bus_khz;
};

/// Fills the page of zeros at `page`: docs/abi.md, kernel info page.
void fill_kip(void* page, const KipFacts& facts);

/// The call stubs of the fixed system-call page: int, and for IPC sysenter where there is it.
void fill_call_page(void* page, bool sysenter);

} // namespace x86
