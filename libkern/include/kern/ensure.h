// SPDX-License-Identifier: BSD-2-Clause
#pragma once

namespace kern {

/// Called once when an invariant is broken; supplied by the hardware layer, never returns.
[[noreturn]] void broken(const char* what);

/// States an invariant of the kernel itself, never a fact about its callers: bad input gets an error code.
/// A function, not a macro: evaluated in every build, so it must be cheap and without effect.
constexpr void ensure(bool holds, const char* what) {
    if (!holds) [[unlikely]]
        broken(what);
}

} // namespace kern
