// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <string>

#include "test/conformance/system/support/world.h"

namespace conformance::system {

/// A program that appends its letter when it runs, and ends.
inline sim::Body says(std::string& order, char letter) {
    return [&order, letter](User) -> Program {
        order += letter;
        co_return;
    };
}

} // namespace conformance::system
