// SPDX-License-Identifier: BSD-2-Clause
// fpage_unmap of memory (semantics 9.6, 9.7).
#include <algorithm>

#include "spec/memory.h"

namespace spec {

Word Memory::unmap(TaskNo caller, Word fpage, Word mask) {
    const Flexpage range = decode_flexpage(fpage);
    const auto filter = static_cast<TaskNo>((mask & L4_UNMAP_TASK_MASK) >> L4_UNMAP_TASK_SHIFT);
    Unmap request{.flush = (mask & L4_FP_FLUSH) != 0, .reset = (mask & L4_UNMAP_RESET) != 0, .only = filter};
    const bool own = (mask & L4_FP_ALL_SPACES) != 0 && request.reaches(caller);
    if (range.kind == Flexpage::Kind::io && request.flush) {
        const PortSet ports = spaces_.at(caller).ports & PortSet::range(range.base, range.end);
        flush_ports_below(caller, ports, own ? TaskNo{0} : request.only, 0);
        if (own) {
            take_ports(caller, ports);
        }
    }
    if (range.kind != Flexpage::Kind::memory) {
        return 0;
    }
    for (std::uint64_t at = range.base; at < range.end;) {
        const PageName name = covering(caller, static_cast<Word>(at));
        if (name.task == 0) { // on to the next page that there is
            const auto next = pages_.lower_bound({caller, static_cast<Word>(at)});
            if (next == pages_.end() || next->first.task != caller) {
                break;
            }
            at = next->first.va;
            continue;
        }
        const std::uint64_t page_end =
            std::uint64_t{name.va} + (pages_.at(name).super ? super_size : page_size);
        const std::uint64_t end = std::min(page_end, range.end);
        visit(name, static_cast<Word>(at - name.va) / page_size, static_cast<Word>(end - at) / page_size, own,
              request);
        at = end;
    }
    return request.status;
}

/// Parts [first, first + count) of a page and all that is mapped from them.  `touched`: the page itself too.
/// After the 4 MiB pages below it where those all go, else before.
void Memory::visit(PageName name, Word first, Word count, bool touched, Unmap& request) {
    if (request.takes_all_below(touched)) {
        visit_below(name, true, first, count, touched, request);
    }
    Page& page = pages_.at(name);
    if (touched && page.super && count < parts_per_super && !page.is_split()) {
        if (!accounts.pay(account_of(name.task), {.frames = L4_KMEM_TABLE})) {
            Unmap everything{.flush = true, .reset = false, .only = 0, .status = request.status};
            visit(name, 0, parts_per_super, true, everything);
            request.status = everything.status;
            return;
        }
        page.parts.assign(parts_per_super, page.bits);
        page.bits = {};
    }
    visit_below(name, false, first, count, touched, request);
    if (touched) {
        change(name, first, count, request);
    }
    if (!request.takes_all_below(touched)) {
        visit_below(name, true, first, count, touched, request);
    }
}

/// What is mapped from these parts, either the 4 MiB pages or the 4 KiB pages; the youngest first,
/// but the oldest where all go.
void Memory::visit_below(PageName name, bool supers, Word first, Word count, bool touched, Unmap& request) {
    const Page& page = pages_.at(name);
    std::vector<PageName> children = page.children; // the list shrinks meanwhile
    if (!request.takes_all_below(touched)) {
        std::reverse(children.begin(), children.end());
    }
    for (const PageName child : children) {
        const auto found = pages_.find(child);
        if (found == pages_.end() || found->second.super != supers) {
            continue;
        }
        const bool below = touched || request.reaches(child.task);
        const Word part = (found->second.phys - page.phys) / page_size;
        if (supers) {
            visit(child, first, count, below, request);
        } else if (part >= first && part - first < count) {
            visit(child, 0, 1, below, request);
        }
    }
}

/// Read the status, then flush or make read-only.  Nothing is mapped from a part that is flushed.
void Memory::change(PageName name, Word first, Word count, Unmap& request) {
    Page& page = pages_.at(name);
    const auto one = [&request](PageBits& bits) {
        if (!bits.present) {
            return;
        }
        request.status |= (bits.accessed ? L4_FP_REFERENCED : 0) | (bits.dirty ? L4_FP_DIRTY : 0);
        if (request.flush) {
            bits = {.present = false};
            return;
        }
        bits.writable = false;
        if (request.reset) {
            bits.accessed = bits.dirty = false;
        }
    };
    if (!page.is_split()) {
        one(page.bits);
    } else {
        std::for_each(page.parts.begin() + first, page.parts.begin() + first + count, one);
    }
    const bool gone = page.is_split() ? std::none_of(page.parts.begin(), page.parts.end(),
                                                     [](const PageBits& bits) { return bits.present; })
                                      : !page.bits.present;
    if (gone) {
        remove(name);
    }
}

} // namespace spec
