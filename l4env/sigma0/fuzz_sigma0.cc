// SPDX-License-Identifier: BSD-2-Clause
// sigma0's answers against a model of what was given: no frame to two tasks, none that is the kernel's.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <span>
#include <vector>

#include "l4/abi/fpage.h"
#include "l4env/sigma0/src/answers.h"
#include "l4env/sigma0/src/memory_map.h"

namespace {

using namespace l4env::sigma0; // NOLINT(google-build-using-namespace)

constexpr std::uint32_t kip = 0x7f000, devices_end = 0xbfc00000;

void check(bool holds) {
    if (!holds) std::abort();
}

/// Takes values from the input; zeros behind its end.
class Input {
public:
    explicit Input(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
    bool empty() const { return bytes_.empty(); }
    std::uint32_t word(std::size_t size) {
        std::uint32_t value = 0;
        size = std::min(size, bytes_.size());
        std::memcpy(&value, bytes_.data(), size);
        bytes_ = bytes_.subspan(size);
        return value;
    }

private:
    std::span<const std::uint8_t> bytes_;
};

/// What each frame is by the plain reading of the list, page by page.
std::uint16_t expected(const std::vector<l4_kip_mem_t>& list, std::uint32_t frame) {
    const std::uint64_t first = std::uint64_t{frame} << 12, end = first + 4096;
    std::uint16_t owner = Frames::absent;
    for (const l4_kip_mem_t& e : list) {
        const std::uint64_t low = e.start & L4_KIP_MEM_ADDR_MASK, high = std::uint64_t{e.end | 0x3ffu} + 1;
        const std::uint32_t type = e.start & L4_KIP_MEM_TYPE_MASK;
        if ((e.start & L4_KIP_MEM_VIRTUAL) != 0 || low >= high) continue;
        if (type == L4_KIP_MEM_CONVENTIONAL) {
            if (low <= first && end <= high) owner = Frames::free;
        } else if (low < end && first < high) {
            owner = type == L4_KIP_MEM_BOOTLOADER ? 4
                    : type == L4_KIP_MEM_SHARED   ? Frames::shared
                                                  : Frames::kept;
        }
    }
    return owner;
}

class Model {
public:
    Model(const std::vector<l4_kip_mem_t>& list, std::uint32_t frames) : owner_(frames) {
        for (std::uint32_t f = 0; f < frames; ++f) owner_[f] = expected(list, f);
    }

    void given(std::uint16_t task, const Answer& a) {
        if (!a.map) return;
        if (l4_fpage_is_io(a.w1)) return owns_devices(task);
        const std::uint32_t log2 = l4_fpage_size(a.w1);
        check(a.touch && a.w0 == (a.w1 & L4_FP_PAGE_MASK) && log2 >= 12 && log2 < 32);
        if ((a.w1 & L4_FP_WRITE) == 0) return check(a.w0 == kip && log2 == 12);
        const std::uint64_t first = a.w0 >> 12, count = std::uint64_t{1} << (log2 - 12);
        check(first % count == 0 && (first + count) << 12 <= devices_end);
        bool device = (a.w1 & L4_FP_CACHE_MASK) != 0;
        if (device) owns_devices(task);
        for (std::uint64_t f = first; f < first + count; ++f) frame(task, f, device);
    }

private:
    void owns_devices(std::uint16_t task) {
        if (devices_ == 0) devices_ = task;
        check(devices_ == task);
    }
    void frame(std::uint16_t task, std::uint64_t f, bool device) {
        if (f >= owner_.size()) return check(device);
        std::uint16_t& owner = owner_[f];
        if (owner == Frames::free && !device) owner = task;
        check(owner == Frames::shared || owner == (device ? Frames::absent : task));
    }

    std::vector<std::uint16_t> owner_;
    std::uint16_t devices_ = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input in({data, size});
    std::vector<l4_kip_mem_t> list;
    const std::uint32_t entries = in.word(1) % 8;
    for (std::uint32_t i = 0; i < entries; ++i) {
        const std::uint32_t start = in.word(4) & 0x03ffffff, length = in.word(3);
        list.push_back({start, start + length});
    }
    const MemoryMap map(list);
    std::vector<std::uint16_t> owners(map.end() >> 12);
    Frames frames(owners);
    map.apply(frames);
    Answers answers(frames, kip);
    Model model(list, static_cast<std::uint32_t>(owners.size()));
    while (!in.empty()) {
        const auto task = static_cast<std::uint16_t>(4 + in.word(1) % 3);
        const std::uint32_t w0 = in.word(4), w1 = in.word(4);
        model.given(task, answers.to(task, w0, w1));
    }
    return 0;
}
