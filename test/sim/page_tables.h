// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <cstring>

#include "arch/machine.h"
#include "ia32/paging.h"

namespace sim_test {

/// A page directory and its tables, built by hand in the machine's kernel bank.
class PageTables {
public:
    explicit PageTables(arch::Machine& m) : m_(m) { clear(directory); }

    static constexpr std::uint32_t directory = arch::Memory::kernel_base.raw();
    static constexpr std::uint32_t rights = ia32::present | ia32::user | ia32::writable;

    void map(std::uint32_t va, std::uint32_t frame, std::uint32_t bits = rights) {
        if (!(entry(va) & ia32::present)) set_entry(va, new_table() | rights);
        set(table(va), ia32::table_index(va), frame | bits);
    }
    void map_super(std::uint32_t va, std::uint32_t frame, std::uint32_t bits = rights) {
        set_entry(va, frame | bits | ia32::super);
    }
    std::uint32_t entry(std::uint32_t va) { return get(directory, ia32::directory_index(va)); }
    void set_entry(std::uint32_t va, std::uint32_t value) {
        set(directory, ia32::directory_index(va), value);
    }
    std::uint32_t page_entry(std::uint32_t va) { return get(table(va), ia32::table_index(va)); }

private:
    std::uint32_t table(std::uint32_t va) { return entry(va) & ia32::frame_mask; }
    std::uint32_t new_table() {
        next_ += ia32::page_size;
        clear(next_);
        return next_;
    }
    void clear(std::uint32_t frame) { std::memset(m_.page(kern::PAddr{frame}).data(), 0, ia32::page_size); }
    std::uint32_t get(std::uint32_t frame, std::uint32_t index) {
        std::uint32_t value = 0;
        std::memcpy(&value, m_.page(kern::PAddr{frame}).data() + 4 * index, 4);
        return value;
    }
    void set(std::uint32_t frame, std::uint32_t index, std::uint32_t value) {
        std::memcpy(m_.page(kern::PAddr{frame}).data() + 4 * index, &value, 4);
    }

    arch::Machine& m_;
    std::uint32_t next_ = directory;
};

} // namespace sim_test
