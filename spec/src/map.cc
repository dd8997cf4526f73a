// SPDX-License-Identifier: BSD-2-Clause
// Mapping and granting (semantics 9.3 to 9.5, 9.10).
#include "spec/memory.h"

namespace spec {
namespace {

constexpr std::uint64_t low_bits(Word count) { return (1ull << count) - 1; }

} // namespace

MapResult Memory::map_item(TaskNo from, TaskNo to, Word snd_base, Word fpage, Word window_word) {
    const Flexpage source = decode_flexpage(fpage);
    const Flexpage window = decode_flexpage(window_word);
    const bool grant = (fpage & L4_FP_GRANT) != 0;
    if (source.kind == Flexpage::Kind::io && (window.kind == Flexpage::Kind::io || window.is_whole_space())) {
        PortSet ports = PortSet::range(source.base, source.end);
        if (window.kind == Flexpage::Kind::io) {
            ports = ports & PortSet::range(window.base, window.end);
        }
        return map_ports(from, to, ports, grant);
    }
    if (source.kind == Flexpage::Kind::memory && window.kind == Flexpage::Kind::memory) {
        return map_memory({from, to, grant, (fpage & L4_FP_WRITE) != 0, source, window, 0}, snd_base);
    }
    return MapResult::nothing;
}

/// Where the sender's address goes (9.3).
std::uint64_t Memory::Item::target(std::uint64_t at) const {
    const std::uint64_t offset = at - source.base;
    return window.size >= source.size ? start + offset : window.base + (offset & low_bits(window.size));
}

MapResult Memory::map_memory(const Item& given, Word snd_base) {
    Item item = given;
    if (item.window.size >= item.source.size) {
        const std::uint64_t hot_spot = snd_base & low_bits(item.window.size) & ~low_bits(item.source.size);
        item.start = static_cast<Word>(item.window.base + hot_spot);
    }
    MapResult result = MapResult::nothing;
    for (std::uint64_t at = item.source.base; at < item.source.end;) {
        const PageName source = covering(item.from, static_cast<Word>(at));
        if (source.task == 0) { // on to the next page that there is
            const auto next = pages_.lower_bound({item.from, static_cast<Word>(at)});
            if (next == pages_.end() || next->first.task != item.from) {
                break;
            }
            at = next->first.va;
            continue;
        }
        const std::uint64_t target = item.target(at);
        const bool super = moves_as_one(item, at, source);
        MapResult one = MapResult::nothing;
        if (super) {
            one = map_super(item, source, static_cast<Word>(target));
        } else if (target < L4_USER_TOP && !is_protected(static_cast<Word>(target))) {
            const Word part = static_cast<Word>(at - source.va) / page_size;
            one = map_small(item, source, part, static_cast<Word>(target));
        }
        if (one == MapResult::no_memory) {
            return one;
        }
        if (one == MapResult::something) {
            result = one;
        }
        at += super ? super_size : page_size;
    }
    return result;
}

/// 9.5
bool Memory::moves_as_one(const Item& item, std::uint64_t at, PageName source) const {
    const Page& page = pages_.at(source);
    const std::uint64_t target = item.target(at);
    if (!page.super || page.is_split() || at != source.va || item.source.end - at < super_size) {
        return false;
    }
    if (item.window.size < L4_FP_SUPERPAGE_SIZE || target % super_size != 0 || target >= L4_USER_TOP ||
        region_is_protected(static_cast<Word>(target))) {
        return false;
    }
    const PageName there = covering(item.to, static_cast<Word>(target));
    if (there.task == 0) {
        return region_is_empty(item.to, static_cast<Word>(target));
    }
    const Page& same = pages_.at(there);
    return !item.grant && same.super && !same.is_split() && same.parent == source;
}

MapResult Memory::map_super(const Item& item, PageName source, Word target) {
    Page& page = pages_.at(source);
    const PageName name{item.to, target};
    if (pages_.count(name) != 0) { // the same mapping
        Page& same = pages_.at(name);
        same.bits.writable = same.bits.writable || (page.bits.writable && item.write);
        return MapResult::something;
    }
    if (!item.grant && ends_chain(page)) {
        return MapResult::no_memory;
    }
    const Bill bill{.frames = item.grant && page.fanout ? L4_KMEM_FANOUT : 0, .nodes = 1};
    if (!accounts.pay(account_of(item.to), bill)) {
        return MapResult::no_memory;
    }
    if (item.grant) {
        move(source, name, item.write);
    } else {
        insert(name, {.phys = page.phys,
                      .super = true,
                      .bits = {.writable = page.bits.writable && item.write},
                      .parts = {},
                      .parent = source,
                      .children = {}});
    }
    return MapResult::something;
}

/// One 4 KiB page, or one part of a 4 MiB page, to a target that may hold one (9.4).
MapResult Memory::map_small(const Item& item, PageName source, Word part, Word target) {
    Page& page = pages_.at(source);
    const PageBits bits = page.is_split() ? page.parts[part] : page.bits;
    const Word phys = page.phys + part * page_size;
    if (!bits.present) {
        return MapResult::nothing;
    }
    const bool writable = bits.writable && item.write;
    const PageName there = covering(item.to, target);
    if (there.task != 0) {
        Page& other = pages_.at(there);
        if (item.grant || other.super || other.parent != source || other.phys != phys) {
            return MapResult::nothing;
        }
        other.bits.writable = other.bits.writable || writable;
        return MapResult::something;
    }
    if (item.grant && page.super) {
        return MapResult::nothing;
    }
    if (!item.grant && ends_chain(page)) {
        return MapResult::no_memory;
    }
    const Bill receivers{.frames = region_has_table(item.to, target) ? 0 : L4_KMEM_TABLE, .nodes = 1};
    const Bill owners{.frames = page.super && !page.fanout ? L4_KMEM_FANOUT : 0};
    if (!accounts.pay(account_of(item.to), receivers, account_of(item.from), owners)) {
        return MapResult::no_memory;
    }
    if (item.grant) {
        move(source, {item.to, target}, item.write);
        return MapResult::something;
    }
    page.fanout = page.super;
    insert({item.to, target}, {.phys = phys,
                               .super = false,
                               .bits = {.writable = writable},
                               .parts = {},
                               .parent = source,
                               .children = {}});
    return MapResult::something;
}

/// 9.10
bool Memory::sigma0_fault(Word va) {
    const Word small = va & ~(page_size - 1);
    const Word super = va & ~(super_size - 1);
    const auto holds_kernel = [this](Word begin, Word size) {
        return begin < kernel_end_ && kernel_begin_ < std::uint64_t{begin} + size;
    };
    if (va >= L4_USER_TOP || is_protected(va) || holds_kernel(small, page_size)) {
        return false;
    }
    const PageName there = covering(L4_TASK_SIGMA0, va);
    if (there.task != 0) {
        Page& page = pages_.at(there);
        if (page.parent.task != 0 || page.phys != there.va) {
            return false;
        }
        PageBits& bits = page.is_split() ? page.parts[(va - super) / page_size] : page.bits;
        if (!bits.present) {
            bits = {};
        }
        bits.writable = true;
        return true;
    }
    const bool as_super = region_is_empty(L4_TASK_SIGMA0, va) && !holds_kernel(super, super_size) &&
                          !region_is_protected(super);
    const bool table = !as_super && !region_has_table(L4_TASK_SIGMA0, va);
    if (!accounts.pay(account_of(L4_TASK_SIGMA0), {.frames = table ? L4_KMEM_TABLE : 0, .nodes = 1})) {
        return false;
    }
    const Word base = as_super ? super : small;
    insert({L4_TASK_SIGMA0, base}, {.phys = base,
                                    .super = as_super,
                                    .bits = {.writable = true},
                                    .parts = {},
                                    .parent = {},
                                    .children = {}});
    return true;
}

} // namespace spec
