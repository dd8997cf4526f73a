// SPDX-License-Identifier: BSD-2-Clause
#include "test/support/observe_memory.h"

#include <bit>
#include <cstring>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ia32/paging.h"
#include "l4/abi/limits.h"
#include "l4/abi/utcb.h"

namespace test {
namespace {

/// A frame that the machine reads by itself: a page table, a half of an I/O bitmap.
class Words {
public:
    static constexpr std::uint32_t count = arch::Memory::frame_size / sizeof(std::uint32_t);
    Words(arch::Machine& machine, kern::PAddr frame) : bytes_(machine.page(frame).data()) {}
    std::uint32_t operator[](std::uint32_t index) const {
        std::uint32_t word;
        std::memcpy(&word, bytes_ + index * sizeof word, sizeof word);
        return word;
    }

private:
    const std::byte* bytes_;
};

void add_run(std::uint32_t first, std::uint32_t count, spec::TaskView& view) {
    const auto last = static_cast<std::uint16_t>(first + count - 1);
    if (!view.ports.empty() && view.ports.back().second + 1u == first)
        view.ports.back().second = last;
    else
        view.ports.emplace_back(static_cast<std::uint16_t>(first), last);
}

/// The 32 ports from `first` on, in runs.
void add_ports(std::uint32_t first, std::uint32_t allowed, spec::TaskView& view) {
    for (unsigned at = 0; allowed >> at != 0;) {
        at += static_cast<unsigned>(std::countr_zero(allowed >> at));
        const auto count = static_cast<unsigned>(std::countr_one(allowed >> at));
        add_run(first + at, count, view);
        at += count;
        if (at == 32) break;
    }
}

/// The mappings of all spaces by their serial numbers, since each knows its parent by that alone.
struct Mappings {
    std::map<spec::TaskNo, std::vector<spec::MappingView>> views;
    std::map<spec::TaskNo, std::vector<std::uint64_t>> parents; ///< of those views, one by one
    std::unordered_map<std::uint64_t, std::pair<spec::TaskNo, spec::Word>> place;
};

spec::PageBits bits_of(std::uint32_t entry) {
    if ((entry & ia32::present) == 0) return {.present = false};
    return {.present = true,
            .writable = (entry & ia32::writable) != 0,
            .accessed = (entry & ia32::accessed) != 0,
            .dirty = (entry & ia32::dirty) != 0};
}

/// Memory of the kernel's that comes with a task and is no mapping.
bool is_utcb(std::uint32_t va) { return va - L4_UTCB_AREA < L4_UTCB_AREA_SIZE; }

/// Reads one space: rights and frames from the tables that the machine walks, origins from the mapping
/// database.
class SpaceReader {
public:
    SpaceReader(const kern::Kernel& kernel, arch::Machine& machine, const kern::Task& task,
                Mappings& mappings)
        : kernel_(kernel), machine_(machine), task_(task), mappings_(mappings) {}

    void read() {
        const Words directory(machine_, task_.space().directory());
        for (std::uint32_t d = 0; d < L4_USER_TOP >> ia32::super_shift; ++d) {
            const std::uint32_t pde = directory[d], va = d << ia32::super_shift;
            if ((pde & ia32::present) == 0) continue;
            if ((pde & ia32::super) != 0)
                read_super(va, pde);
            else
                read_table(va, Words(machine_, kern::PAddr{pde & ia32::frame_mask}));
        }
    }

private:
    void read_super(std::uint32_t va, std::uint32_t pde) {
        spec::MappingView& m = add(va, pde & ia32::super_mask, origin(va));
        m.super = true;
        m.bits = bits_of(pde);
    }

    void read_table(std::uint32_t region, Words table) {
        if (origin(region).split) return read_split(region, table);
        for (std::uint32_t t = 0; t < ia32::entries; ++t) {
            const std::uint32_t pte = table[t], va = region | t << ia32::page_shift;
            if ((pte & ia32::present) == 0 || is_utcb(va)) continue;
            add(va, pte & ia32::frame_mask, origin(va)).bits = bits_of(pte);
        }
    }

    /// A 4 MiB page with a table of its own; where it lies is told by any part that is left.
    void read_split(std::uint32_t region, Words table) {
        spec::MappingView& m = add(region, 0, origin(region));
        m.super = m.split = true;
        for (std::uint16_t t = 0; t < ia32::entries; ++t) {
            const std::uint32_t pte = table[t];
            if ((pte & ia32::present) != 0)
                m.phys = (pte & ia32::frame_mask) - (std::uint32_t{t} << ia32::page_shift);
            m.add_part(t, bits_of(pte));
        }
    }

    kern::MapDb::Origin origin(std::uint32_t va) const {
        return kernel_.map_db().origin(task_.space(), kern::VAddr{va});
    }

    spec::MappingView& add(std::uint32_t va, std::uint32_t phys, const kern::MapDb::Origin& origin) {
        spec::MappingView& m = mappings_.views[task_.no().raw()].emplace_back();
        m.va = va;
        m.phys = phys;
        m.fanout = origin.fan_out;
        mappings_.place[origin.serial] = {task_.no().raw(), va};
        mappings_.parents[task_.no().raw()].push_back(origin.parent_serial);
        return m;
    }

    const kern::Kernel& kernel_;
    arch::Machine& machine_;
    const kern::Task& task_;
    Mappings& mappings_;
};

} // namespace

spec::AccountView observe_account(const kern::Account& a) {
    return {.limit = a.limit(),
            .used = a.used(),
            .thread_frames = a.thread_frames(),
            .threads = a.threads(),
            .node_frames = a.node_frames(),
            .nodes = a.nodes()};
}

void observe_mappings(const kern::Kernel& kernel, arch::Machine& machine, spec::Observation& o) {
    Mappings found;
    for (auto& [number, view] : o.tasks)
        SpaceReader(kernel, machine, *kernel.tasks().task(kern::TaskNo{number}), found).read();
    for (auto& [number, view] : o.tasks) {
        view.mappings = std::move(found.views[number]);
        for (std::size_t i = 0; i < view.mappings.size(); ++i) {
            const std::uint64_t parent = found.parents[number][i];
            if (parent == 0) continue;
            const auto place = found.place.find(parent);
            const auto lost = std::pair<spec::TaskNo, spec::Word>(0xffff, 0);
            std::tie(view.mappings[i].parent_task, view.mappings[i].parent_va) =
                place == found.place.end() ? lost : place->second;
        }
    }
}

void observe_ports(const kern::Kernel& kernel, arch::Machine& machine, const kern::Task& task,
                   spec::TaskView& view) {
    view.port_giver = kernel.map_db().port_giver(task.space()).raw();
    for (std::uint32_t half = 0; half < 2; ++half) {
        const kern::PAddr frame = task.space().port_bitmap(half);
        if (frame == kern::PAddr{}) continue;
        const Words denied(machine, frame);
        for (std::uint32_t w = 0; w < Words::count; ++w)
            if (denied[w] != ~0u) add_ports(half << 15 | w << 5, ~denied[w], view);
    }
}

} // namespace test
