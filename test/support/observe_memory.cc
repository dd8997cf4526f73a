// SPDX-License-Identifier: BSD-2-Clause
#include "test/support/observe_memory.h"

#include <bit>
#include <cstring>

#include "ia32/paging.h"
#include "l4/abi/limits.h"

namespace test {
namespace {

/// A word of a frame that the machine reads by itself: a page-table entry, a part of an I/O bitmap.
std::uint32_t word_at(arch::Machine& machine, kern::PAddr frame, std::uint32_t index) {
    std::uint32_t word;
    std::memcpy(&word, machine.page(frame).data() + index * sizeof word, sizeof word);
    return word;
}

spec::PageBits bits_of(std::uint32_t entry) {
    if ((entry & ia32::present) == 0) return {.present = false};
    return {.present = true,
            .writable = (entry & ia32::writable) != 0,
            .accessed = (entry & ia32::accessed) != 0,
            .dirty = (entry & ia32::dirty) != 0};
}

/// Reads one space: rights and frames from the tables, the tree from the mapping database.
class SpaceReader {
public:
    SpaceReader(const kern::Kernel& kernel, arch::Machine& machine, const kern::Task& task, spec::TaskView& view)
        : kernel_(kernel), machine_(machine), space_(task.space()), view_(view) {}

    void read() {
        for (std::uint32_t d = 0; d < L4_USER_TOP >> ia32::super_shift; ++d) {
            const std::uint32_t pde = word_at(machine_, space_.directory(), d), va = d << ia32::super_shift;
            if ((pde & ia32::present) == 0) continue;
            if ((pde & ia32::super) != 0)
                read_super(va, pde);
            else
                read_table(va, kern::PAddr{pde & ia32::frame_mask});
        }
    }

private:
    void read_super(std::uint32_t va, std::uint32_t pde) {
        spec::MappingView& m = add(va, pde & ia32::super_mask);
        m.super = true;
        m.bits = bits_of(pde);
    }

    void read_table(std::uint32_t region, kern::PAddr table) {
        spec::MappingView* split = nullptr;
        for (std::uint32_t t = 0; t < ia32::entries; ++t) {
            const std::uint32_t pte = word_at(machine_, table, t), va = region | t << ia32::page_shift;
            if ((pte & ia32::present) == 0) continue;
            if (!split) {
                const auto page = kernel_.map_db().page(space_, kern::VAddr{va});
                if (page && page->split) split = &begin_split(region, va, pte);
            }
            if (!split) add(va, pte & ia32::frame_mask).bits = bits_of(pte);
        }
        for (std::uint16_t t = 0; split && t < ia32::entries; ++t)
            split->add_part(t, bits_of(word_at(machine_, table, t)));
    }

    /// `va` is its first part that is there.
    spec::MappingView& begin_split(std::uint32_t region, std::uint32_t va, std::uint32_t pte) {
        spec::MappingView& m = add(va, pte & ia32::frame_mask);
        m.super = m.split = true;
        m.va = region;
        m.phys -= va - region;
        return m;
    }

    spec::MappingView& add(std::uint32_t va, std::uint32_t phys) {
        spec::MappingView& m = view_.mappings.emplace_back();
        m.va = va;
        m.phys = phys;
        const auto page = kernel_.map_db().page(space_, kern::VAddr{va});
        if (!page) return m;
        m.fanout = page->fan_out;
        if (!page->has_parent) return m;
        m.parent_task = page->parent.raw();
        m.parent_va = page->parent_va.raw();
        const auto parent = kernel_.map_db().page(kernel_.tasks().task(page->parent)->space(), page->parent_va);
        const bool hole = !parent; // of a split page: only what was mapped from it is left
        if (hole || parent->super) m.parent_va &= ia32::super_mask;
        return m;
    }

    const kern::Kernel& kernel_;
    arch::Machine& machine_;
    const kern::Space& space_;
    spec::TaskView& view_;
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

void observe_mappings(const kern::Kernel& kernel, arch::Machine& machine, const kern::Task& task,
                      spec::TaskView& view) {
    SpaceReader(kernel, machine, task, view).read();
}

void observe_ports(const kern::Kernel& kernel, arch::Machine& machine, const kern::Task& task,
                   spec::TaskView& view) {
    view.port_giver = kernel.map_db().port_giver(task.space()).raw();
    constexpr std::uint32_t words = arch::Memory::frame_size / sizeof(std::uint32_t);
    for (std::uint32_t w = 0; w < 2 * words; ++w) {
        const kern::PAddr frame = task.space().port_bitmap(w / words);
        if (frame == kern::PAddr{}) continue;
        for (std::uint32_t allowed = ~word_at(machine, frame, w % words); allowed != 0; allowed &= allowed - 1) {
            const auto port = static_cast<std::uint16_t>(w * 32 + static_cast<unsigned>(std::countr_zero(allowed)));
            if (!view.ports.empty() && view.ports.back().second + 1 == port)
                view.ports.back().second = port;
            else
                view.ports.emplace_back(port, port);
        }
    }
}

} // namespace test
