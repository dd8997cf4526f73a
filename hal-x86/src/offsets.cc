// SPDX-License-Identifier: BSD-2-Clause
// Numbers of C++ for entry.S, as absolute symbols: nothing to generate, nothing to keep in step by hand.
#include <cstddef>

#include "kern/thread.h"
#include "x86/entry.h"
#include "x86/layout.h"
#include "x86/segments.h"

#define PUBLISH(name, value) asm volatile(".globl " #name "\n.set " #name ", %c0" ::"i"(value))

namespace {

// An NMI pushes three words below the stack pointer before it changes it: at the worst, below a thread.
static_assert(kern::Account::thread_slot - sizeof(kern::Thread) >= sizeof(x86::Interrupted));

[[gnu::used]] void publish_offsets() {
    PUBLISH(FRAME_CS, offsetof(arch::Frame, cs));
    PUBLISH(USER_CS, ia32::user_cs);
    PUBLISH(USER_DS, ia32::user_ds);
    PUBLISH(TSS_ESP0, x86::tss_base + offsetof(x86::Tss, esp0));
    PUBLISH(SYSENTER_VECTOR, x86::sysenter_vector);
}

} // namespace
