// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "kern/strong.h"
#include "l4/abi/types.h"

namespace arch {

/// For the shortcut (src/shortcut.S).
struct EntryWords {
    EntryWords() = default;
    EntryWords(l4_threadid_t id, kern::VAddr at) : reported(id), utcb(at) {}

    l4_threadid_t reported{};
    kern::VAddr utcb{};
};

} // namespace arch
