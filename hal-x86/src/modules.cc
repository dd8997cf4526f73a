// SPDX-License-Identifier: BSD-2-Clause
#include "x86/modules.h"

#include <cstring>

#include "ia32/paging.h"
#include "x86/layout.h"

namespace x86 {

const char* Modules::take(const multiboot::Info& info, const BootMemory& memory) {
    if ((info.flags & multiboot::Info::has_modules) == 0 || info.modules_count < 2)
        return "it needs two boot modules, sigma0 and the root task";
    static_assert(most == 64);
    if (info.modules_count > most) return "there are more than 64 boot modules";
    if (const char* const why = copy_info(info, memory.info_copy())) return why;
    return move(memory);
}

/// A piece of the copy; 0: there is no room.
std::uint32_t Modules::copy(const void* from, std::uint32_t size) {
    const std::uint32_t to = (free_.first + 3) & ~3u;
    if (size > free_.end - to) return 0;
    std::memcpy(at_physical<void>(to), from, size);
    free_.first = to + size;
    return to;
}

std::uint32_t Modules::copy_text(std::uint32_t from) {
    return from == 0 ? copy("", 1) : copy(at_physical<char>(from), std::strlen(at_physical<char>(from)) + 1);
}

const char* Modules::copy_info(const multiboot::Info& info, Range to) {
    constexpr const char* no_room = "the command lines and the memory map are too long";
    using Info = multiboot::Info;
    free_ = to;
    copy_ = copy(&info, sizeof info);
    const std::uint32_t list =
        copy(at_physical<void>(info.modules), info.modules_count * std::uint32_t{sizeof(multiboot::Module)});
    if (copy_ == 0 || list == 0) return no_room;
    auto& mbi = *at_physical<Info>(copy_);
    mbi.flags = info.flags & (Info::has_memory | Info::has_command_line | Info::has_modules | Info::has_map);
    mbi.modules = list;
    copied_modules_ = at_physical<multiboot::Module>(list);
    if ((info.flags & Info::has_command_line) != 0) {
        mbi.command_line = copy_text(info.command_line);
        if (mbi.command_line == 0) return no_room;
        command_line_ = at_physical<char>(mbi.command_line);
    }
    if ((info.flags & Info::has_map) != 0) {
        mbi.map = copy(at_physical<void>(info.map), info.map_length);
        if (mbi.map == 0) return no_room;
    }
    for (count_ = 0; count_ < info.modules_count; ++count_) {
        multiboot::Module& m = copied_modules_[count_];
        m.command_line = copy_text(m.command_line);
        if (m.command_line == 0) return no_room;
        modules_[count_] = {{m.start, m.end}, at_physical<char>(m.command_line)};
    }
    return nullptr;
}

/// From the highest on, each to a higher place than it had, so that none is overwritten that is still to
/// move.
const char* Modules::move(const BootMemory& memory) {
    std::uint32_t top = memory.boot_area().first;
    std::array<bool, most> moved{};
    for (std::size_t n = 0; n < count_; ++n) {
        std::size_t next = count_;
        for (std::size_t i = 0; i < count_; ++i)
            if (!moved[i] && (next == count_ || modules_[i].at.first > modules_[next].at.first)) next = i;
        moved[next] = true;
        Range& from = modules_[next].at;
        if (from.end < from.first || from.size() > top) return "a boot module is larger than memory";
        const std::uint32_t to = (top - from.size()) & ia32::frame_mask;
        if (to < from.first) return "a boot module lies where the kernel's memory is to be";
        if (to < memory.image().end) return "the boot modules do not fit into memory";
        std::memmove(at_physical<void>(to), at_physical<void>(from.first), from.size());
        from = {to, to + from.size()};
        copied_modules_[next].start = from.first;
        copied_modules_[next].end = from.end;
        top = to;
    }
    area_ = {top, memory.boot_area().first};
    return nullptr;
}

} // namespace x86
