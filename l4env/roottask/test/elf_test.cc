// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/roottask/src/elf.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "l4env/roottask/test/elf_file.h"

namespace l4env::root {
namespace {

TEST(Elf, ReadsWhatALinkerMakes) {
    const ElfFile file({{.vaddr = 0x1000000, .file_size = 0x1234, .memory_size = 0x1234, .flags = 5},
                        {.vaddr = 0x1003000, .file_size = 0x10, .memory_size = 0x5000, .flags = 6}},
                       0x1000040);
    Program p;
    ASSERT_EQ(read_elf(file.bytes(), p), nullptr);
    EXPECT_EQ(p.entry, 0x1000040u);
    ASSERT_EQ(p.range_count, 2u);
    EXPECT_EQ(p.ranges[0].first, 0x1000000u);
    EXPECT_EQ(p.ranges[0].end, 0x1002000u);
    EXPECT_FALSE(p.ranges[0].write);
    EXPECT_EQ(p.ranges[1].first, 0x1003000u);
    EXPECT_EQ(p.ranges[1].end, 0x1008000u);
    EXPECT_TRUE(p.ranges[1].write);
    EXPECT_EQ(p.pages(), 7u);
}

TEST(Elf, SegmentsOnOnePageAreOneRange) {
    const ElfFile file({{.vaddr = 0x5f00, .file_size = 1, .memory_size = 0x200, .flags = 6},
                        {.vaddr = 0x3000, .file_size = 0x1800, .memory_size = 0x1800, .flags = 5},
                        {.vaddr = 0x4800, .file_size = 0x1000, .memory_size = 0x1000, .flags = 4}},
                       0x3000);
    Program p;
    ASSERT_EQ(read_elf(file.bytes(), p), nullptr);
    ASSERT_EQ(p.range_count, 1u);
    EXPECT_EQ(p.ranges[0].first, 0x3000u);
    EXPECT_EQ(p.ranges[0].end, 0x7000u);
    EXPECT_TRUE(p.ranges[0].write);
}

TEST(Elf, EmptyAndForeignSegmentsAreSkipped) {
    const ElfFile file({{.type = 4, .vaddr = 0, .file_size = 0xffffffff, .memory_size = 1, .flags = 0},
                        {.vaddr = 0, .file_size = 0, .memory_size = 0, .flags = 6},
                        {.vaddr = 0x1000, .file_size = 1, .memory_size = 1, .flags = 5}},
                       0x1000);
    Program p;
    EXPECT_EQ(read_elf(file.bytes(), p), nullptr);
    EXPECT_EQ(p.segment_count, 1u);
}

struct Bad {
    const char* what;
    std::vector<ElfFile::Segment> segments;
    std::uint32_t entry;
};

TEST(Elf, BadSegmentsAreNamed) {
    const ElfFile::Segment good{.vaddr = 0x1000, .file_size = 4, .memory_size = 0x1000, .flags = 5};
    std::vector<ElfFile::Segment> many;
    for (std::uint32_t i = 1; i < 20; ++i)
        many.push_back({.vaddr = i * 0x1000, .memory_size = 1, .flags = 5});
    const Bad all[] = {
        {"a segment is larger in the file than in memory",
         {{.vaddr = 0x1000, .file_size = 2, .memory_size = 1, .flags = 5}},
         0},
        {"a segment is outside the file",
         {{.offset = 0xfffffff0, .vaddr = 0x1000, .file_size = 0x20, .memory_size = 0x20}},
         0},
        {"a segment lies in the first page", {{.vaddr = 0xfff, .memory_size = 2}}, 0},
        {"a segment lies where a program can have none", {{.vaddr = 0xffffff00, .memory_size = 0x200}}, 0},
        {"a segment lies where a program can have none", {{.vaddr = image_end - 1, .memory_size = 2}}, 0},
        {"two segments overlap", {good, {.vaddr = 0x1fff, .memory_size = 1}}, 0},
        {"two segments overlap", {good, good}, 0},
        {"it has too many segments", many, 0},
        {"there is nothing to load in it", {}, 0},
        {"its entry is not in a segment to execute", {good}, 0x2000},
        {"its entry is not in a segment to execute",
         {{.vaddr = 0x1000, .memory_size = 9, .flags = 6}},
         0x1000},
        {"it wants a dynamic linker; link it statically", {{.type = 3}, good}, 0x1000},
    };
    for (const Bad& bad : all) {
        Program p;
        EXPECT_STREQ(read_elf(ElfFile(bad.segments, bad.entry).bytes(), p), bad.what);
    }
}

TEST(Elf, BadHeadersAreNamed) {
    struct Change {
        std::size_t offset;
        std::uint8_t value;
        const char* what;
    };
    const Change changes[] = {
        {0, 'x', "it is no ELF file"},
        {4, 2, "it is not for a 32-bit little-endian machine"},
        {5, 2, "it is not for a 32-bit little-endian machine"},
        {18, 62, "it is not for IA-32"},
        {16, 3, "it is position-independent or a shared library; link it statically"},
        {16, 1, "it is no executable"},
        {42, 31, "its program headers have an unknown size"},
        {31, 0xff, "its program headers are outside the file"},
        {45, 0xff, "its program headers are outside the file"},
    };
    for (const Change& c : changes) {
        ElfFile file({{.vaddr = 0x1000, .file_size = 4, .memory_size = 4, .flags = 5}}, 0x1000);
        file.set(c.offset, c.value);
        Program p;
        EXPECT_STREQ(read_elf(file.bytes(), p), c.what) << c.offset;
    }
    Program p;
    EXPECT_STREQ(read_elf({}, p), "it is no ELF file");
}

/// Under AddressSanitizer: whatever part of a file is there, nothing outside is read.
TEST(Elf, CutAnywhereItIsReadInsideItsBounds) {
    const ElfFile file({{.vaddr = 0x1000, .file_size = 64, .memory_size = 64, .flags = 5}}, 0x1000);
    for (std::size_t size = 0; size < file.bytes().size(); ++size) {
        const std::vector<std::byte> part(file.bytes().begin(),
                                          file.bytes().begin() + static_cast<std::ptrdiff_t>(size));
        Program p;
        EXPECT_NE(read_elf(part, p), nullptr);
    }
}

} // namespace
} // namespace l4env::root
