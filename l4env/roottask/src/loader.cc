// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/roottask/src/loader.h"

#include <cstring>

#include "l4/abi/utcb.h"
#include "l4/sys/fpage.h"
#include "l4env/roottask/src/arguments.h"

namespace l4env::root {
namespace {

/// Zeroed frames for these addresses.
const char* add_range(Task& task, Program::Range r, Pool& pool, const Memory& memory) {
    const std::uint32_t bytes = r.end - r.first;
    if (bytes > task.left()) return "its memory= is too little for its image and its stack";
    const std::uint32_t frames = pool.take(task.number, bytes >> L4_PAGE_SHIFT);
    if (frames == 0) return "the machine has not enough memory for it in one piece";
    std::memset(memory.at(frames, bytes).data(), 0, bytes);
    task.ranges[task.range_count++] = {r.first, r.end, frames, r.write};
    task.used += bytes;
    return nullptr;
}

void fill(const Task& task, const Program::Segment& s, std::span<const std::byte> file,
          const Memory& memory) {
    if (s.in_file == 0) return;
    const Task::Mapped& r = *task.range_of(s.address);
    std::memcpy(memory.at(r.frames + (s.address - r.first), s.in_file).data(), &file[s.offset], s.in_file);
}

} // namespace

const char* give_data(Task& task, Data data, const Memory& memory) {
    if (data.bytes == 0) return nullptr;
    constexpr std::uint32_t room = L4_UTCB_AREA - L4_ROOT_DATA_AT;
    if (l4_page_floor(data.address) != data.address) return "its data do not begin with a page";
    if (data.bytes > room) return "its data are too large";
    const std::span<const std::byte> bytes = memory.at(data.address, data.bytes);
    for (std::size_t at = 0; at < bytes.size(); at += 1u << L4_PAGE_SHIFT)
        (void)std::to_integer<int>(static_cast<const volatile std::byte&>(bytes[at]));
    const std::uint32_t end = L4_ROOT_DATA_AT + l4_page_ceil(data.bytes);
    task.ranges[task.range_count++] = {L4_ROOT_DATA_AT, end, data.address, false};
    task.data = data.bytes;
    return nullptr;
}

const char* load(Task& task, std::span<const std::byte> file, Text arguments, Pool& pool,
                 const Memory& memory, Entry& entry) {
    Program program;
    if (const char* const why = read_elf(file, program)) return why;
    for (const Program::Range& r : program.all_ranges())
        if (const char* const why = add_range(task, r, pool, memory)) return why;
    for (const Program::Segment& s : program.all_segments()) fill(task, s, file, memory);
    const std::uint32_t stack_size = task.options.stack;
    if (stack_size == 0 || stack_size > stack_end - image_end)
        return "its stack= is 0, or more than there is behind the image";
    if (const char* const why = add_range(task, {stack_end - stack_size, stack_end, true}, pool, memory))
        return why;
    const Task::Mapped& stack = task.ranges[task.range_count - 1];
    entry.eip = program.entry;
    entry.esp = put_arguments(memory.at(stack.frames, stack_size), task.name, arguments);
    return entry.esp == 0 ? "its arguments do not fit on its stack" : nullptr;
}

} // namespace l4env::root
