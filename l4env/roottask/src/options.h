// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <cstdint>

#include "l4/abi/limits.h"
#include "l4env/roottask/src/text.h"

namespace l4env::root {

/// Numbers first..last.
struct Span {
    std::uint32_t first = 0, last = 0;
};

/// A few spans.
struct Spans {
    static constexpr std::size_t most = 8;
    Span all[most] = {};
    std::size_t count = 0;

    bool add(Span s) {
        if (count == most) return false;
        all[count++] = s;
        return true;
    }
    /// The first number from `low` on, up to `high` < 2^32-1, that none of them has; high + 1: there is none.
    std::uint32_t missing(std::uint32_t low, std::uint32_t high) const {
        for (std::size_t i = 0; i < count && low <= high;)
            if (all[i].first <= low && low <= all[i].last) {
                low = all[i].last < high ? all[i].last + 1 : high + 1;
                i = 0;
            } else {
                ++i;
            }
        return low;
    }
    /// One of them has some of low..high.
    bool meet(std::uint32_t low, std::uint32_t high) const {
        for (std::size_t i = 0; i < count; ++i)
            if (all[i].first <= high && low <= all[i].last) return true;
        return false;
    }
    /// Together they have all of low..high.
    bool contain(std::uint32_t low, std::uint32_t high) const {
        return low <= high && high != UINT32_MAX && missing(low, high) > high;
    }
};

/// What a task may have: the words of README.md, "Configuration".
struct Options {
    std::uint32_t memory = 4u << 20; ///< bytes, image and stack among them
    std::uint32_t kmem = 64;         ///< frames of kernel memory
    std::uint32_t stack = 64u << 10; ///< bytes
    std::uint32_t tasks = 0;         ///< numbers of tasks of its own
    std::uint32_t prio = L4_PRIO_ROOT, mcp = L4_PRIO_ROOT;
    std::uint32_t irqs = 0; ///< bit n: interrupt line n
    Spans ports, physical;
    Text data;            ///< the boot module that it may read
    bool service = false; ///< nobody waits for its end
    bool control = false; ///< it may end others
};

/// Why something is not as it should be; `what` is empty when it is.
struct Complaint {
    const char* what = nullptr;
    Text word = {};          ///< part of what was read
    std::uint32_t most = 0;  ///< of what is too large; 0: that is not what is wrong
    std::uint32_t line = 0;  ///< of a configuration, the first is 1; 0: of none
    Text configuration = {}; ///< whose line it is, if that is not who complains
    explicit operator bool() const { return what != nullptr; }
};

/// Reads words `key=value` into `options`; what was there stays unless a word says otherwise.
Complaint read_options(Text words, Options& options);

/// A module's command line: path, options of ours before a word "--", arguments. Without "--" all are
/// arguments.
struct CommandLine {
    Text name; ///< of the path, without folders and ".elf"
    Text options, arguments;
};
CommandLine read_command_line(Text line);

/// A line of a configuration that says something: whose options, a module's or * for all, and which.
struct ConfigurationLine {
    Text whose, options;
    std::uint32_t number = 0; ///< the first is 1
};
/// Takes lines off the text up to such a one. False: there was none.
bool take_line(Text& text, ConfigurationLine& line);

/// What is wrong with a configuration whoever reads it: it is no text, or a line has no options.
Complaint check_configuration(Text text);

/// The options that a configuration gives to the module `name`. # begins a comment.
Complaint read_configuration(Text text, Text name, Options& options);

} // namespace l4env::root
