// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/sigma0/src/answers.h"

#include "l4/abi/exception.h"
#include "l4/abi/fpage.h"
#include "l4/abi/sigma0.h"

namespace l4env::sigma0 {
namespace {

constexpr std::uint32_t page_log2 = L4_PAGE_SHIFT, super_log2 = L4_SUPERPAGE_SHIFT;

/// The last 4 MiB of user space hold the UTCBs and the kernel info page of every task, sigma0 too.
constexpr std::uint32_t devices_end = 0xbfc00000;

Answer memory(std::uint32_t address, std::uint32_t log2, std::uint32_t options) {
    return {address, l4_fpage(address, log2, options), true, true};
}

constexpr std::uint32_t aligned(std::uint32_t address, std::uint32_t log2) { return address >> log2 << log2; }

} // namespace

Answer Answers::to(std::uint16_t task, l4_word_t w0, l4_word_t w1) {
    if (w0 == L4_SIGMA0_ANY_PAGE) return any(task, page_log2);
    if ((w0 & L4_SIGMA0_REQUEST_MASK) == L4_SIGMA0_REQUEST) return newer(task, w0, w1);
    if (l4_fpage_is_io(w0) && l4_fpage_size(w0) <= L4_FP_IO_SIZE_MAX)
        return has_devices(task) ? Answer{0, w0 & ~L4_FP_GRANT, true, false} : Answer{};
    if (w0 == L4_SIGMA0_KERNEL_INFO) {
        if (w1 == L4_SIGMA0_W1_KIP) return info();
        if (w1 == L4_SIGMA0_W1_RECOMMENDED || w1 == L4_SIGMA0_W1_TBUF) return {};
    }
    if (w0 < L4_SIGMA0_RAM_LIMIT) return page(task, w0, w1);
    if (w0 < L4_SIGMA0_ADAPTER_LIMIT)
        return device(task, aligned(w0 + L4_SIGMA0_ADAPTER_OFFSET, super_log2), super_log2,
                      L4_FP_CACHE_UNCACHED);
    return {};
}

Answer Answers::newer(std::uint16_t task, l4_word_t w0, l4_word_t w1) {
    if (w0 == L4_SIGMA0_KIP) return info();
    const std::uint32_t log2 = l4_fpage_size(w1);
    if (log2 < page_log2 || log2 >= L4_FP_WHOLE_SIZE) return {};
    const std::uint32_t address = aligned(w1, log2);
    switch (w0) {
        case L4_SIGMA0_FPAGE_ANY: return any(task, log2);
        case L4_SIGMA0_FPAGE_RAM:
            return frames_.take(address, log2, task) ? memory(address, log2, L4_FP_WRITE) : Answer{};
        case L4_SIGMA0_FPAGE_IOMEM: return device(task, address, log2, L4_FP_CACHE_UNCACHED);
        case L4_SIGMA0_FPAGE_IOMEM_CACHED: return device(task, address, log2, L4_FP_CACHE_CACHED);
        default: return {};
    }
}

/// A page, or the superpage around it. A page fault of the client asks as well: it has its EIP in w1, and is
/// told so when there is nothing, for else it would come again for ever.
Answer Answers::page(std::uint16_t task, l4_word_t w0, l4_word_t w1) {
    const bool super = (w0 & L4_SIGMA0_SUPERPAGE) != 0 && w1 == L4_SIGMA0_SUPERPAGE_W1;
    const std::uint32_t large = aligned(w0, super_log2), small = aligned(w0, page_log2);
    if (super && frames_.take(large, super_log2, task)) return memory(large, super_log2, L4_FP_WRITE);
    if (frames_.take(small, page_log2, task)) return memory(small, page_log2, L4_FP_WRITE);
    return {w1 == 0 || super ? 0 : L4_PF_REFUSED};
}

Answer Answers::any(std::uint16_t task, std::uint32_t log2) {
    std::uint32_t address = 0;
    return frames_.take_any(log2, task, address) ? memory(address, log2, L4_FP_WRITE) : Answer{};
}

/// What is at an address that no space can have is not there.
Answer Answers::device(std::uint16_t task, std::uint32_t address, std::uint32_t log2, std::uint32_t cache) {
    const std::uint64_t end = std::uint64_t{address} + (std::uint64_t{1} << log2);
    if (end > devices_end || !frames_.is_device(address, log2) || !has_devices(task)) return {};
    return memory(address, log2, L4_FP_WRITE | cache);
}

Answer Answers::info() const { return memory(kip_, page_log2, 0); }

bool Answers::has_devices(std::uint16_t task) {
    if (devices_ == 0) devices_ = task;
    return devices_ == task;
}

} // namespace l4env::sigma0
