// SPDX-License-Identifier: BSD-2-Clause
// The words of a line of a trace, one after the other.  What is wrong is thrown as std::invalid_argument.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace test {

/// What somebody wrote, for a message: in quotes, printable, and not too much of it.
std::string quoted(std::string_view text);

class Words {
public:
    explicit Words(std::string_view line) : rest_(line) {}

    bool done();
    /// The next word; `wanted` says what it should be, should there be none.
    std::string_view next(const std::string& wanted);
    /// The next word as a number up to `most`.
    std::uint64_t number(const std::string& wanted, int base, std::uint64_t most);
    void expect_end(const std::string& after);

private:
    std::string_view rest_;
};

/// The whole of `word` as such a number.  What is said of the bound is written in that base, too.
std::uint64_t parse_number(std::string_view word, const std::string& wanted, int base, std::uint64_t most);

} // namespace test
