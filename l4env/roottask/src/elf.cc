// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/roottask/src/elf.h"

#include <cstring>

#include "l4/abi/limits.h"

namespace l4env::root {
namespace {

constexpr std::uint32_t page_mask = (1u << L4_PAGE_SHIFT) - 1;

// The parts of the format that matter here (ELF specification 1.2).
struct Header {
    std::uint8_t magic[4], word_class, byte_order, version, padding[9];
    std::uint16_t type, machine;
    std::uint32_t version2, entry, program_headers, section_headers, flags;
    std::uint16_t size, program_header_size, program_header_count, rest[3];
};
static_assert(sizeof(Header) == 52);

struct ProgramHeader {
    std::uint32_t type, offset, vaddr, paddr, file_size, memory_size, flags, alignment;
};
static_assert(sizeof(ProgramHeader) == 32);

constexpr std::uint8_t class_32 = 1, little_endian = 1;
constexpr std::uint16_t type_executable = 2, type_shared = 3, machine_386 = 3;
constexpr std::uint32_t segment_load = 1, segment_interpreter = 3;
constexpr std::uint32_t flag_execute = 1, flag_write = 2;

const char* check(const Header& h, std::size_t file_size) {
    if (h.magic[0] != 0x7f || h.magic[1] != 'E' || h.magic[2] != 'L' || h.magic[3] != 'F')
        return "it is no ELF file";
    if (h.word_class != class_32 || h.byte_order != little_endian)
        return "it is not for a 32-bit little-endian machine";
    if (h.machine != machine_386) return "it is not for IA-32";
    if (h.type == type_shared) return "it is position-independent or a shared library; link it statically";
    if (h.type != type_executable) return "it is no executable";
    if (h.program_header_size != sizeof(ProgramHeader)) return "its program headers have an unknown size";
    const std::uint64_t end =
        std::uint64_t{h.program_headers} + std::uint64_t{h.program_header_count} * sizeof(ProgramHeader);
    return end > file_size ? "its program headers are outside the file" : nullptr;
}

const char* check(const ProgramHeader& p, std::size_t file_size) {
    if (p.file_size > p.memory_size) return "a segment is larger in the file than in memory";
    if (std::uint64_t{p.offset} + p.file_size > file_size) return "a segment is outside the file";
    if (p.vaddr < image_first) return "a segment lies in the first page";
    if (std::uint64_t{p.vaddr} + p.memory_size > image_end)
        return "a segment lies where a program can have none";
    return nullptr;
}

/// Adds the segment's pages, in order of address, merged with whatever they meet.
void add_range(Program& program, Program::Range r) {
    std::size_t first = 0;
    while (first < program.range_count && program.ranges[first].end <= r.first) ++first;
    std::size_t end = first;
    while (end < program.range_count && program.ranges[end].first < r.end) {
        const Program::Range& met = program.ranges[end++];
        if (met.first < r.first) r.first = met.first;
        if (met.end > r.end) r.end = met.end;
        r.write |= met.write;
    }
    const std::size_t behind = program.range_count - end;
    std::memmove(&program.ranges[first + 1], &program.ranges[end], behind * sizeof r);
    program.ranges[first] = r;
    program.range_count = first + 1 + behind;
}

const char* add_segment(Program& program, const ProgramHeader& p) {
    const std::uint64_t end = std::uint64_t{p.vaddr} + p.memory_size;
    for (const Program::Segment& s : program.all_segments())
        if (p.vaddr < std::uint64_t{s.address} + s.size && s.address < end) return "two segments overlap";
    if (program.segment_count == Program::most) return "it has too many segments";
    const bool write = (p.flags & flag_write) != 0, execute = (p.flags & flag_execute) != 0;
    program.segments[program.segment_count++] = {.address = p.vaddr,
                                                 .size = p.memory_size,
                                                 .offset = p.offset,
                                                 .in_file = p.file_size,
                                                 .write = write,
                                                 .execute = execute};
    add_range(program,
              {p.vaddr & ~page_mask, (static_cast<std::uint32_t>(end) + page_mask) & ~page_mask, write});
    return nullptr;
}

bool executable(const Program& program, std::uint32_t address) {
    for (const Program::Segment& s : program.all_segments())
        if (s.execute && address >= s.address && address - s.address < s.size) return true;
    return false;
}

} // namespace

std::uint32_t Program::pages() const {
    std::uint32_t bytes = 0;
    for (const Range& r : all_ranges()) bytes += r.end - r.first;
    return bytes >> L4_PAGE_SHIFT;
}

const char* read_elf(std::span<const std::byte> file, Program& program) {
    program = {};
    Header h;
    if (file.size() < sizeof h) return "it is no ELF file";
    std::memcpy(&h, file.data(), sizeof h);
    if (const char* const why = check(h, file.size())) return why;
    for (std::uint32_t i = 0; i < h.program_header_count; ++i) {
        ProgramHeader p;
        std::memcpy(&p, file.data() + h.program_headers + i * sizeof p, sizeof p);
        if (p.type == segment_interpreter) return "it wants a dynamic linker; link it statically";
        if (p.type != segment_load || p.memory_size == 0) continue;
        if (const char* const why = check(p, file.size())) return why;
        if (const char* const why = add_segment(program, p)) return why;
    }
    program.entry = h.entry;
    if (program.segment_count == 0) return "there is nothing to load in it";
    return executable(program, h.entry) ? nullptr : "its entry is not in a segment to execute";
}

} // namespace l4env::root
