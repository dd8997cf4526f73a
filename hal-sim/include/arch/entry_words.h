// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "kern/strong.h"
#include "l4/abi/types.h"

namespace arch {

/// Entries are calls here and need nothing at hand.
struct EntryWords {
    EntryWords() = default;
    EntryWords(l4_threadid_t /*reported*/, kern::VAddr /*utcb*/) {}
};

} // namespace arch
