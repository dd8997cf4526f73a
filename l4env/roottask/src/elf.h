// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "l4/roottask/protocol.h"

namespace l4env::root {

/// What a program consists of in its own space.
struct Program {
    static constexpr std::size_t most = 16;

    /// Bytes of the file, and zeros behind them.
    struct Segment {
        std::uint32_t address = 0, size = 0;   ///< in the program's space; size is not 0
        std::uint32_t offset = 0, in_file = 0; ///< of the file; in_file <= size
        bool write = false, execute = false;
    };
    /// Whole pages; none meets another.
    struct Range {
        std::uint32_t first = 0, end = 0;
        bool write = false;
    };

    std::uint32_t entry = 0;
    Segment segments[most] = {};
    std::size_t segment_count = 0;
    Range ranges[most] = {}; ///< ascending; those of segments that share a page are one
    std::size_t range_count = 0;

    std::span<const Segment> all_segments() const { return {segments, segment_count}; }
    std::span<const Range> all_ranges() const { return {ranges, range_count}; }
    std::uint32_t pages() const;
};

/// Where a program's image must lie: above the first page, so that null points nowhere, and below the stack.
constexpr std::uint32_t image_first = 0x1000, image_end = L4_ROOT_STACKS_AT;

/// Reads a static ELF32 executable for IA-32. The file may be anything: it is read inside its bounds only.
/// nullptr: `program` is good. Else what is wrong with the file.
const char* read_elf(std::span<const std::byte> file, Program& program);

} // namespace l4env::root
