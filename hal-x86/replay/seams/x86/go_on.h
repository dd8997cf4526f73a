// SPDX-License-Identifier: BSD-2-Clause
// Takes the place of hal-x86's header of this name: the player says what happens between events.
#pragma once
#include "x86/kernel.h"

namespace x86 {

kern::Thread* handle(const kern::Event& event);
kern::Thread* handle_ipc();
arch::Frame* run(kern::Thread* next);
/// All exceptions pass through handle(), where the kernel reflects them in the same way.
inline bool reflected(const arch::Frame& /*frame*/) { return false; }

} // namespace x86
