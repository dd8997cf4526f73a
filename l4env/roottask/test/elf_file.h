// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace l4env::root {

/// An executable as bytes. Segments without an offset get their own piece of it, filled with their number.
class ElfFile {
public:
    struct Segment {
        std::uint32_t type = 1, offset = 0, vaddr = 0, paddr = 0, file_size = 0, memory_size = 0, flags = 0,
                      align = 0;
    };

    ElfFile(std::vector<Segment> segments, std::uint32_t entry) {
        const std::uint8_t ident[16] = {0x7f, 'E', 'L', 'F', 1, 1, 1};
        put(ident, sizeof ident);
        const std::uint16_t type_machine[] = {2, 3};
        put(type_machine, sizeof type_machine);
        const std::uint32_t words[] = {1, entry, 52, 0, 0};
        put(words, sizeof words);
        const std::uint16_t sizes[] = {52, 32, static_cast<std::uint16_t>(segments.size()), 40, 0, 0};
        put(sizes, sizeof sizes);
        auto offset = static_cast<std::uint32_t>(52 + segments.size() * 32);
        for (Segment& s : segments) {
            const bool given = s.offset != 0 || s.file_size > 0x100000;
            if (!given) s.offset = offset;
            if (!given) offset += s.file_size;
            put(&s, sizeof s);
        }
        std::uint8_t number = 0;
        const std::size_t end = offset;
        for (const Segment& s : segments) {
            ++number;
            if (std::uint64_t{s.offset} + s.file_size <= end) // a test may want what is outside
                bytes_.resize(s.offset + s.file_size, std::byte{number});
        }
    }
    void set(std::size_t offset, std::uint8_t value) { bytes_[offset] = std::byte{value}; }
    std::span<const std::byte> bytes() const { return bytes_; }

private:
    void put(const void* from, std::size_t n) {
        const auto* const p = static_cast<const std::byte*>(from);
        bytes_.insert(bytes_.end(), p, p + n);
    }
    std::vector<std::byte> bytes_;
};

} // namespace l4env::root
