// SPDX-License-Identifier: BSD-2-Clause
// The tree of mappings and what its nodes cost (semantics 9.1, 9.8).
#include <algorithm>

#include "spec/memory.h"
#include "spec/ram.h"

namespace spec {
namespace {

constexpr Word super_base(Word va) { return va & ~(super_size - 1); }

/// The region whose table comes with the task (11.1).
constexpr bool has_utcb_table(Word va) { return super_base(va) == super_base(L4_UTCB_AREA); }

} // namespace

/// The page that covers an address, split or not, its part there or not; task 0 when there is none.
PageName Memory::covering(TaskNo task, Word va) const {
    const PageName small{task, va & ~(page_size - 1)};
    if (pages_.count(small) != 0) {
        return small;
    }
    const auto super = pages_.find({task, super_base(va)});
    return super != pages_.end() && super->second.super ? super->first : PageName{};
}

bool Memory::region_is_empty(TaskNo task, Word va) const {
    const Word base = super_base(va);
    const auto page = pages_.lower_bound({task, base});
    return page == pages_.end() || page->first.task != task || page->first.va - base >= super_size;
}

/// Does the region have a page table for 4 KiB pages?
bool Memory::region_has_table(TaskNo task, Word va) const {
    const auto page = pages_.lower_bound({task, super_base(va)});
    return has_utcb_table(va) || (!region_is_empty(task, va) && !page->second.super);
}

void Memory::insert(PageName name, Page page) {
    if (page.parent.task != 0) {
        Page& parent = pages_.at(page.parent);
        parent.children.push_back(name);
        page.depth = parent.depth + 1;
    }
    pages_[name] = std::move(page);
}

/// What a page gives back when it goes, but for the page table of 4 KiB pages, which they share.
Bill Memory::cost_of(const Page& page) const {
    return {.frames = (page.is_split() ? L4_KMEM_TABLE : 0) + (page.fanout ? L4_KMEM_FANOUT : 0), .nodes = 1};
}

/// The page at `from` is now at `to`: grant.  `to` has been paid for.
void Memory::move(PageName from, PageName to, bool writable) {
    Page page = pages_.at(from);
    page.bits.writable = page.bits.writable && writable;
    if (page.parent.task != 0) {
        auto& siblings = pages_.at(page.parent).children;
        std::replace(siblings.begin(), siblings.end(), from, to);
    }
    for (const PageName child : page.children) {
        pages_.at(child).parent = to;
    }
    const bool small = !page.super;
    const Bill cost = cost_of(page);
    pages_.erase(from);
    pages_[to] = std::move(page);
    accounts.refund(account_of(from.task), cost);
    if (small && !region_has_table(from.task, from.va)) {
        accounts.refund(account_of(from.task), {.frames = L4_KMEM_TABLE});
    }
}

/// A page without children goes.
void Memory::remove(PageName name) {
    const Page& page = pages_.at(name);
    const bool small = !page.super;
    const Bill cost = cost_of(page);
    if (page.parent.task != 0) {
        auto& siblings = pages_.at(page.parent).children;
        siblings.erase(std::find(siblings.begin(), siblings.end(), name));
    }
    pages_.erase(name);
    accounts.refund(account_of(name.task), cost);
    if (small && !region_has_table(name.task, name.va)) {
        accounts.refund(account_of(name.task), {.frames = L4_KMEM_TABLE});
    }
}

Translation Memory::look(TaskNo task, Word va, bool write) const {
    if (is_utcb(va)) {
        return {.present = true,
                .allowed = true,
                .phys = Ram::utcb(task, va - L4_UTCB_AREA),
                .bits = {.writable = true, .accessed = true, .dirty = true}};
    }
    const PageName name = covering(task, va);
    if (name.task == 0) {
        return {};
    }
    const Page& page = pages_.at(name);
    const Word offset = va - name.va;
    const PageBits& bits = page.is_split() ? page.parts[offset / page_size] : page.bits;
    return {.present = bits.present,
            .allowed = bits.present && (bits.writable || !write),
            .phys = page.phys + offset,
            .bits = bits};
}

Translation Memory::access(TaskNo task, Word va, bool write) {
    const Translation found = look(task, va, write);
    if (found.allowed && !is_utcb(va)) {
        Page& page = pages_.at(covering(task, va));
        PageBits& bits = page.is_split() ? page.parts[va % super_size / page_size] : page.bits;
        bits.accessed = true;
        bits.dirty = bits.dirty || write;
    }
    return found;
}

void Memory::destroy(TaskNo task) {
    Unmap all{.flush = true, .reset = false, .only = 0};
    for (auto page = pages_.lower_bound({task, 0}); page != pages_.end() && page->first.task == task;
         page = pages_.lower_bound({task, 0})) {
        visit(page->first, 0, page->second.super ? parts_per_super : 1, true, all);
    }
    const PortSet ports = spaces_.at(task).ports;
    flush_ports_below(task, ports, 0, 0);
    take_ports(task, ports);
    spaces_.erase(task);
}

Bill Memory::count(TaskNo task) const {
    Bill bill{.frames = spaces_.at(task).paid_bitmap ? L4_KMEM_IO_BITMAP : 0};
    std::optional<Word> table;
    for (auto page = pages_.lower_bound({task, 0}); page != pages_.end() && page->first.task == task;
         ++page) {
        bill = bill + cost_of(page->second);
        if (!page->second.super && !has_utcb_table(page->first.va) && table != super_base(page->first.va)) {
            table = super_base(page->first.va);
            bill.frames += L4_KMEM_TABLE;
        }
    }
    return bill;
}

std::string Memory::check() const {
    for (const auto& [name, page] : pages_) {
        const std::string where = "page " + std::to_string(name.task) + ":" + std::to_string(name.va);
        if (spaces_.count(name.task) == 0 || name.va >= L4_USER_TOP || is_protected(name.va)) {
            return where + " can not be";
        }
        for (const PageName child : page.children) {
            const auto found = pages_.find(child);
            if (found == pages_.end() || found->second.parent != name) {
                return where + " has a child that does not know it";
            }
            const Page& c = found->second;
            const bool inside =
                page.super ? c.phys - page.phys < super_size : c.phys == page.phys && !c.super;
            if (!inside) {
                return where + " has a child of another frame";
            }
            if (page.super && !c.super && !page.fanout) {
                return where + " has no fan-out";
            }
        }
        if (page.parent.task != 0) {
            const auto parent = pages_.find(page.parent);
            if (parent == pages_.end() ||
                std::count(parent->second.children.begin(), parent->second.children.end(), name) != 1) {
                return where + " is not its parent's child";
            }
        }
    }
    for (const auto& [task, space] : spaces_) {
        if (space.port_giver == 0 || space.ports.empty()) {
            continue;
        }
        if (!(space.ports - spaces_.at(space.port_giver).ports).empty()) {
            return "task " + std::to_string(task) + " has ports that its giver has not";
        }
    }
    return {};
}

} // namespace spec
