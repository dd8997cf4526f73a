// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "x86/boot_memory.h"

namespace x86 {

/// A program of a boot module, copied to the physical addresses that it asks for.
struct Program {
    const char* error = nullptr; ///< why the module can not be used
    std::uint32_t entry = 0;
    Range memory{}; ///< from its first to its last byte
};

/// Loads an ELF executable for IA-32.  `refused` says why a range may not be written, nullptr: it may.
template <class Refused>
Program load_elf(Range file, Refused refused);

namespace elf {

struct Header {
    std::uint8_t magic[4], width, byte_order, rest[10];
    std::uint16_t type, machine;
    std::uint32_t version, entry, program_headers, section_headers, flags;
    std::uint16_t size, program_header_size, program_header_count;
};
struct Segment {
    static constexpr std::uint32_t load = 1;
    std::uint32_t type, offset, virtual_address, physical_address, file_size, memory_size, flags, align;
};
static_assert(sizeof(Segment) == 32);

/// nullptr if the file is whole and its segments lie side by side in the address space, the entry in one of
/// them.  They are looked at by physical address: sigma0 and the root task have such memory where it is.
const char* check(Range file);
Segment segment(Range file, std::uint32_t index);
std::uint32_t segments(Range file);
std::uint32_t entry(Range file);
/// Is it part of the program?
constexpr bool loaded(const Segment& s) { return s.type == Segment::load && s.memory_size != 0; }
constexpr Range memory(const Segment& s) { return {s.physical_address, s.physical_address + s.memory_size}; }
void copy(Range file, const Segment& s);

} // namespace elf

template <class Refused>
Program load_elf(Range file, Refused refused) {
    Program p;
    p.error = elf::check(file);
    if (p.error) return p;
    p.entry = elf::entry(file);
    p.memory = {~0u, 0};
    for (std::uint32_t i = 0; i < elf::segments(file); ++i) {
        const elf::Segment s = elf::segment(file, i);
        if (!elf::loaded(s)) continue;
        const Range to = elf::memory(s);
        p.error = refused(to);
        if (p.error) return p;
        elf::copy(file, s);
        if (to.first < p.memory.first) p.memory.first = to.first;
        if (to.end > p.memory.end) p.memory.end = to.end;
    }
    return p;
}

} // namespace x86
