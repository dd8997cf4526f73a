// SPDX-License-Identifier: BSD-2-Clause
// Takes the place of hal-x86's header of this name: the player says what happens between events.
#pragma once
#include "x86/kernel.h"

namespace x86 {

kern::Thread* handle(const kern::Event& event);
kern::Thread* handle_ipc();
arch::Frame* run(kern::Thread* next);

} // namespace x86
