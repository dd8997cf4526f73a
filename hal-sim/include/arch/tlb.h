// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "arch/lookaside.h"
#include "ia32/paging.h"
#include "kern/strong.h"

namespace arch {

/// What the processor remembers of the page tables: translations and, as real ones do, directory entries.
///
/// Pessimistic: never evicts, so that a flush that the kernel left out is seen every time and not once a
/// month. What IA-32 forgets by itself is forgotten here too: the translation of an address that faulted.
class Tlb {
public:
    /// A cached page-table entry (or superpage directory entry): frame, and the rights of the whole walk.
    struct Hit {
        std::uint32_t entry = 0;
        bool super = false;
        explicit operator bool() const { return entry != 0; }
        bool allows_write() const { return (entry & ia32::writable) != 0; }
        bool dirty() const { return (entry & ia32::dirty) != 0; }
        kern::PAddr address(kern::VAddr va) const {
            const std::uint32_t mask = super ? ia32::super_mask : ia32::frame_mask;
            return kern::PAddr{(entry & mask) | (va.raw() & ~mask)};
        }
    };

    Hit find(kern::VAddr va) const {
        if (const auto* e = pages_.find(page_key(va))) return {*e, false};
        if (const auto* e = pages_.find(super_key(va))) return {*e, true};
        return {};
    }
    void remember(kern::VAddr va, Hit hit) {
        pages_.insert(hit.super ? super_key(va) : page_key(va), hit.entry);
    }

    /// The cached directory entry (present, not a superpage) for `va`, or 0.
    std::uint32_t directory_entry(kern::VAddr va) const {
        const auto* e = directory_.find(ia32::directory_index(va.raw()));
        return e ? *e : 0;
    }
    void remember_directory(kern::VAddr va, std::uint32_t entry) {
        directory_.insert(ia32::directory_index(va.raw()), entry);
    }

    /// A fault at `va`: its translation and its directory entry go.
    void drop(kern::VAddr va) {
        forget_page(va);
        directory_.forget(ia32::directory_index(va.raw()));
    }
    /// invlpg: the translation of `va`, and every directory entry.
    void invalidate(kern::VAddr va) {
        forget_page(va);
        directory_.clear();
    }
    /// A new directory was loaded.
    void clear() {
        pages_.clear();
        directory_.clear();
    }

private:
    static std::uint32_t page_key(kern::VAddr va) { return va.raw() >> ia32::page_shift; }
    static std::uint32_t super_key(kern::VAddr va) { return 1u << 20 | va.raw() >> ia32::super_shift; }
    void forget_page(kern::VAddr va) {
        pages_.forget(page_key(va));
        pages_.forget(super_key(va));
    }
    Lookaside pages_, directory_;
};

} // namespace arch
