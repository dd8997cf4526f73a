// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <type_traits>

namespace kern {

/// What can go wrong inside the kernel on behalf of a caller; made into V2 codes at the edge only.
enum class Err : std::uint8_t { no_memory, not_permitted, invalid };

/// A value or the reason why there is none.
template <class T>
class [[nodiscard]] Result {
    static_assert(std::is_trivially_copyable_v<T>, "results travel in registers; hand out pointers");

public:
    constexpr Result(T value) : value_(value), ok_(true) {}
    constexpr Result(Err error) : error_(error), ok_(false) {}
    constexpr bool ok() const { return ok_; }
    constexpr Err error() const { return error_; }
    constexpr T operator*() const { return value_; }

private:
    union {
        T value_;
        Err error_;
    };
    bool ok_;
};

struct Done {};
using Status = Result<Done>;

} // namespace kern

/// Unwrap, or return the error to our caller (a GNU statement expression: gcc and clang).
#define KTRY(expr)                          \
    ({                                      \
        auto ktry_result = (expr);          \
        if (!ktry_result.ok()) [[unlikely]] \
            return ktry_result.error();     \
        *ktry_result;                       \
    })
