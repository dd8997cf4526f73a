// SPDX-License-Identifier: BSD-2-Clause
// Executables and command lines as somebody hostile would write them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "l4env/roottask/src/elf.h"
#include "l4env/roottask/src/options.h"

namespace {

using l4env::root::Program;

void check(bool holds) {
    if (!holds) std::abort();
}

/// What a loader relies on.
void check_program(const Program& p, std::size_t file_size) {
    std::uint32_t end = l4env::root::image_first;
    for (const Program::Range& r : p.all_ranges()) {
        check(r.first >= end && r.end > r.first && r.end <= l4env::root::image_end);
        check((r.first | r.end) % 4096 == 0);
        end = r.end;
    }
    bool entry = false;
    for (const Program::Segment& s : p.all_segments()) {
        check(s.in_file <= s.size && std::uint64_t{s.offset} + s.in_file <= file_size);
        entry |= s.execute && p.entry - s.address < s.size;
        unsigned inside = 0;
        for (const Program::Range& r : p.all_ranges())
            if (s.address >= r.first && s.address + s.size <= r.end && r.write >= s.write) ++inside;
        check(inside == 1);
    }
    check(entry);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Program program;
    if (l4env::root::read_elf(std::as_bytes(std::span(data, size)), program) == nullptr)
        check_program(program, size);
    const l4env::root::Text text(reinterpret_cast<const char*>(data), size);
    l4env::root::Options options;
    (void)l4env::root::read_options(l4env::root::read_command_line(text).options, options);
    (void)l4env::root::check_configuration(text);
    (void)l4env::root::read_configuration(text, "name", options);
    check(options.prio < 256 && options.mcp < 256 && options.memory <= 0xc0000000 && options.irqs < 1u << 16);
    return 0;
}
