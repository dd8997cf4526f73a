// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <array>
#include "kern/strong.h"
#include "l4/abi/limits.h"

namespace kern {

class Thread;

/// Who has attached which interrupt line.  A line that nobody owns, or whose last interrupt waits to be
/// received, is masked (docs/semantics.md 8).
class IrqTable {
public:
    struct Entry {
        Thread* owner = nullptr;
        bool pending = false; ///< fired and not yet received
    };
    Entry& operator[](Line line) { return entries_[line.raw()]; }
    const Entry& operator[](Line line) const { return entries_[line.raw()]; }

private:
    std::array<Entry, L4_IRQS> entries_{};
};

} // namespace kern
