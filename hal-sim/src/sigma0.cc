// SPDX-License-Identifier: BSD-2-Clause
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "l4/abi/fpage.h"
#include "l4/abi/kip.h"
#include "l4/abi/limits.h"
#include "l4/abi/sigma0.h"
#include "sim/programs.h"
#include "sim/world.h"

namespace sim {
namespace {

constexpr std::uint32_t page_log2 = L4_PAGE_SHIFT, super_log2 = L4_SUPERPAGE_SHIFT;

/// Where devices are: above all RAM and below what the kernel keeps for itself in every space.
constexpr std::uint32_t devices = 0x80000000, devices_end = 0xbfc00000;

/// What a request gets: a flexpage of sigma0's space, which is physical memory, or nothing (size 0).
struct Grant {
    std::uint32_t base = 0, fpage = 0;
    /// RAM and device memory have to be touched before they can be mapped on.
    bool memory() const { return fpage != 0 && !l4_fpage_is_io(fpage); }
};

Grant memory(std::uint32_t address, std::uint32_t log2) {
    return {address, l4_fpage(address, log2, L4_FP_WRITE)};
}

/// Who has which frame.  First owner wins; he may ask again.
class Ram {
public:
    explicit Ram(std::uint32_t frames) : owner_(frames) {}

    bool contains(std::uint32_t address) const { return address >> page_log2 < owner_.size(); }
    /// All of it that is RAM is free or his.
    bool take(std::uint32_t address, std::uint32_t log2, std::uint16_t task) {
        const std::uint64_t first = address >> page_log2,
                            end = first + (std::uint64_t{1} << (log2 - page_log2));
        for (std::uint64_t f = first; f < end && f < owner_.size(); ++f)
            if (owner_[f] != 0 && owner_[f] != task) return false;
        for (std::uint64_t f = first; f < end && f < owner_.size(); ++f) owner_[f] = task;
        return true;
    }
    /// The first free aligned range; frame 0 is only for who asks for it.
    Grant any(std::uint32_t log2, std::uint16_t task) {
        const std::uint64_t step = std::uint64_t{1} << (log2 - page_log2);
        for (std::uint64_t f = 0; f + step <= owner_.size(); f += step) {
            if (f == 0 || !free(f, step)) continue;
            const auto address = static_cast<std::uint32_t>(f << page_log2);
            take(address, log2, task);
            return memory(address, log2);
        }
        return {};
    }

private:
    bool free(std::uint64_t first, std::uint64_t count) const {
        for (std::uint64_t f = first; f < first + count; ++f)
            if (owner_[f] != 0) return false;
        return true;
    }
    std::vector<std::uint16_t> owner_; ///< task number; 0 = free
};

/// What a page of the machine's boot code would hold; here sigma0 makes it, in frame 0.  No clock, no stubs.
class InfoPage {
public:
    explicit InfoPage(const arch::Memory& memory) {
        const std::uint64_t ram = std::uint64_t{memory.user_frames()} << page_log2,
                            kernel = std::uint64_t{memory.kernel_frames()} << page_log2;
        const std::uint32_t base = arch::Memory::kernel_base.raw();
        const l4_kip_mem_t map[] = {stretch(0, ram, L4_KIP_MEM_CONVENTIONAL),
                                    stretch(base, base + kernel, L4_KIP_MEM_RESERVED)};
        constexpr char strings[] = "drops\0"; // a version, no features
        l4_kip_t page{};
        page.magic = L4_KIP_MAGIC;
        page.version = L4_KIP_VERSION_TOP << 24;
        page.version_strings = strings_at / 16;
        page.sched_granularity = L4_SCHED_GRANULARITY_US;
        page.mem_info = map_at << L4_KIP_MEM_OFFSET_SHIFT | std::size(map);
        page.total_ram = static_cast<l4_word_t>(ram + kernel);
        std::memcpy(bytes.data(), &page, sizeof page);
        std::memcpy(bytes.data() + map_at, map, sizeof map);
        std::memcpy(bytes.data() + strings_at, strings, sizeof strings);
    }
    static constexpr std::uint32_t address = 0;
    static constexpr std::uint32_t map_at = sizeof(l4_kip_t), strings_at = 0x100;
    std::array<std::byte, strings_at + 16> bytes{};

private:
    static_assert(map_at + 2 * sizeof(l4_kip_mem_t) <= strings_at);
    static l4_kip_mem_t stretch(std::uint64_t begin, std::uint64_t end, std::uint32_t type) {
        return {static_cast<l4_word_t>(begin) | type,
                static_cast<l4_word_t>(end - 1) | ~L4_KIP_MEM_ADDR_MASK};
    }
};

bool wants_info_page(const IpcResult& m) {
    return (m.w0 == L4_SIGMA0_KERNEL_INFO && m.w1 == L4_SIGMA0_W1_KIP) || m.w0 == L4_SIGMA0_KIP;
}

Grant page_request(Ram& ram, std::uint32_t w0, std::uint32_t w1, std::uint16_t task) {
    const std::uint32_t page = w0 & L4_FP_PAGE_MASK, super = w0 >> super_log2 << super_log2;
    if (!ram.contains(page)) return {};
    if ((w0 & L4_SIGMA0_SUPERPAGE) != 0 && w1 == L4_SIGMA0_SUPERPAGE_W1 && ram.take(super, super_log2, task))
        return memory(super, super_log2);
    return ram.take(page, page_log2, task) ? memory(page, page_log2) : Grant{};
}

Grant range_request(Ram& ram, std::uint32_t w0, std::uint32_t w1, std::uint16_t task) {
    const std::uint32_t log2 = l4_fpage_size(w1);
    if (log2 < page_log2 || log2 > super_log2) return {};
    const std::uint32_t address = (w1 & L4_FP_PAGE_MASK) >> log2 << log2;
    switch (w0) {
        case L4_SIGMA0_FPAGE_ANY: return ram.any(log2, task);
        case L4_SIGMA0_FPAGE_RAM:
            return ram.contains(address + ((1u << log2) - 1)) && ram.take(address, log2, task)
                       ? memory(address, log2)
                       : Grant{};
        case L4_SIGMA0_FPAGE_IOMEM:
        case L4_SIGMA0_FPAGE_IOMEM_CACHED:
            return address >= devices && address < devices_end ? memory(address, log2) : Grant{};
        default: return {};
    }
}

Grant decide(Ram& ram, const IpcResult& m) {
    const auto task = static_cast<std::uint16_t>(l4_id_task(m.from));
    if (m.w0 == L4_SIGMA0_ANY_PAGE) return ram.any(page_log2, task);
    if (wants_info_page(m)) {
        const bool has = ram.take(InfoPage::address, page_log2, L4_TASK_SIGMA0);
        return has ? Grant{InfoPage::address, l4_fpage(InfoPage::address, page_log2, 0)} : Grant{};
    }
    if ((m.w0 & L4_SIGMA0_REQUEST_MASK) == L4_SIGMA0_REQUEST) return range_request(ram, m.w0, m.w1, task);
    if (l4_fpage_is_io(m.w0)) return {0, m.w0};
    const bool kernels = m.w1 == L4_SIGMA0_W1_RECOMMENDED || m.w1 == L4_SIGMA0_W1_TBUF;
    if (m.w0 == L4_SIGMA0_KERNEL_INFO && kernels) return {}; // there are no such pages
    if (m.w0 < L4_SIGMA0_RAM_LIMIT) return page_request(ram, m.w0, m.w1, task);
    const std::uint32_t device = (m.w0 + L4_SIGMA0_ADAPTER_OFFSET) >> super_log2 << super_log2;
    const bool adapter = m.w0 < L4_SIGMA0_ADAPTER_LIMIT && device >= devices && device < devices_end;
    return adapter ? memory(device, super_log2) : Grant{};
}

} // namespace

Program sigma0(User u, std::uint32_t frames) {
    Ram ram(frames);
    InfoPage info(u.world().machine().memory());
    IpcResult m = co_await u.wait();
    for (;;) {
        const Grant g = decide(ram, m);
        if (g.fpage != 0 && wants_info_page(m))
            co_await u.store_block(InfoPage::address, info.bytes.data(), info.bytes.size());
        if (g.memory()) {
            // The kernel maps what sigma0 touches, as a superpage where it can.
            const std::uint64_t end = std::uint64_t{g.base} + (std::uint64_t{1} << l4_fpage_size(g.fpage));
            for (std::uint64_t at = g.base; at < end; at += 1u << page_log2)
                co_await u.load8(static_cast<std::uint32_t>(at));
        }
        if (g.fpage != 0)
            m = co_await u.reply_fpage_and_wait(m.from, g.base, g.fpage);
        else
            m = co_await u.reply_and_wait(m.from, 0, 0);
        while (!m.ok()) m = co_await u.wait(); // the client did not wait for the answer
    }
}

} // namespace sim
