// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace trace {

/// A command, its files, and options `--name=value`.  What is wrong is thrown as std::invalid_argument.
class Arguments {
public:
    Arguments(int argc, char** argv);

    const std::string& command() const { return command_; }
    const std::string& file(std::size_t index) const { return files_.at(index); }
    /// Complains unless there are so many files and no options but these; `flags` take no value.
    void expect(std::size_t files, const std::vector<std::string>& options,
                const std::vector<std::string>& flags = {}) const;

    bool has(const std::string& option) const { return options_.count(option) != 0; }
    std::string text(const std::string& option, const std::string& otherwise) const;
    /// A decimal number within bounds.
    std::uint64_t number(const std::string& option, std::uint64_t otherwise, std::uint64_t least,
                         std::uint64_t most) const;
    /// `--seeds`, 1 without it: so many from `first` on, which is not beyond the last that there is.
    std::uint64_t seeds(std::uint64_t first) const;
    /// `--to`: a file that can be written, as far as one can tell; `what` goes there.
    std::string target(const std::string& what) const;

private:
    std::string command_;
    std::vector<std::string> files_;
    std::map<std::string, std::string> options_; ///< from the `=` on
};

} // namespace trace
