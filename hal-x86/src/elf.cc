// SPDX-License-Identifier: BSD-2-Clause
#include "x86/elf.h"

#include <cstring>

#include "x86/layout.h"

namespace x86::elf {
namespace {

const Header& header(Range file) { return *at_physical<const Header>(file.first); }

const char* check_header(Range file) {
    constexpr std::uint8_t magic[] = {0x7f, 'E', 'L', 'F'};
    constexpr std::uint8_t width_32 = 1, little_endian = 1;
    constexpr std::uint16_t executable = 2, i386 = 3;
    if (file.size() < sizeof(Header)) return "it is too short for an ELF file";
    const Header& h = header(file);
    if (std::memcmp(h.magic, magic, sizeof magic) != 0) return "it is no ELF file";
    if (h.width != width_32 || h.byte_order != little_endian || h.machine != i386)
        return "it is not for 32-bit IA-32";
    if (h.type != executable) return "it is not an executable";
    if (h.program_header_size != sizeof(Segment) || h.program_headers > file.size() ||
        (file.size() - h.program_headers) / sizeof(Segment) < h.program_header_count)
        return "its program headers are cut off";
    return nullptr;
}

const char* check_segment(Range file, const Segment& s) {
    if (s.file_size > s.memory_size) return "a segment is larger in the file than in memory";
    if (s.offset > file.size() || s.file_size > file.size() - s.offset) return "it is cut off";
    if (s.memory_size > ~s.physical_address) return "a segment goes beyond 4 GiB";
    return nullptr;
}

/// Of the segments before the one with that index, does any lie where it does?
bool meets_earlier(Range file, std::uint32_t index) {
    const Range at = memory(segment(file, index));
    for (std::uint32_t i = 0; i < index; ++i) {
        const Segment s = segment(file, i);
        if (loaded(s) && memory(s).meets(at)) return true;
    }
    return false;
}

const char* check_segments(Range file) {
    constexpr std::uint32_t most = 1024;
    bool any = false, entered = false;
    if (segments(file) > most) return "it has too many program headers";
    for (std::uint32_t i = 0; i < segments(file); ++i) {
        const Segment s = segment(file, i);
        if (!loaded(s)) continue;
        if (const char* const why = check_segment(file, s)) return why;
        if (meets_earlier(file, i)) return "its segments overlap";
        any = true;
        entered |= entry(file) - memory(s).first < memory(s).size();
    }
    if (!any) return "it has nothing to load";
    return entered ? nullptr : "its entry is at none of the physical addresses of its segments";
}

} // namespace

const char* check(Range file) {
    const char* const why = check_header(file);
    return why ? why : check_segments(file);
}

std::uint32_t segments(Range file) { return header(file).program_header_count; }
std::uint32_t entry(Range file) { return header(file).entry; }

Segment segment(Range file, std::uint32_t index) {
    Segment s;
    std::memcpy(&s, at_physical<const void>(file.first + header(file).program_headers + index * sizeof s),
                sizeof s);
    return s;
}

void copy(Range file, const Segment& s) {
    auto* const to = at_physical<std::uint8_t>(s.physical_address);
    std::memcpy(to, at_physical<const void>(file.first + s.offset), s.file_size);
    std::memset(to + s.file_size, 0, s.memory_size - s.file_size);
}

} // namespace x86::elf
