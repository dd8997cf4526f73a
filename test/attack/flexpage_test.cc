// SPDX-License-Identifier: BSD-2-Clause
// Flexpage arithmetic at every size and every boundary, against a model in 64 bits (docs/semantics.md 9.1 to
// 9.4, testing V7).
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "kern/fpage.h"
#include "l4/abi/limits.h"
#include "l4/abi/utcb.h"
#include "test/attack/support/world.h"
#include "test/memory/memory_world.h"

namespace attack {
namespace {

using Wide = std::uint64_t;
constexpr Wide page = 0x1000, top = L4_USER_TOP;
constexpr Word sizes = 64; ///< the field has six bits

/// Where ranges begin and end, one page to either side included.
std::vector<Word> boundaries() {
    std::set<Word> all;
    for (const Wide at : {Wide{0}, Wide{0x400000}, Wide{0x80000000}, top - 0x400000, Wide{L4_UTCB_AREA},
                          Wide{L4_KIP_ADDRESS}, top, Wide{1} << 32})
        for (const int d : {-1, 0, 1}) all.insert(static_cast<Word>(at + static_cast<Wide>(d) * page));
    all.insert(0x12345000);
    return {all.begin(), all.end()};
}

/// What a flexpage word names, computed in numbers that do not overflow.
struct Range {
    Wide first = 0, end = 0; ///< end: cut at the users' end; at most first: empty
    bool valid = false;
    Wide size = 0; ///< uncut
    explicit Range(Word word) {
        const Word log2 = l4_fpage_size(word);
        valid = log2 >= 12 && log2 <= 32;
        if (!valid) return;
        size = Wide{1} << log2;
        first = (word & L4_FP_PAGE_MASK) / size * size;
        end = std::min(first + size, top);
    }
    bool holds(Wide at) const { return valid && first <= at && at < end; }
};

bool is_protected(Wide at) {
    return (at >= L4_UTCB_AREA && at < Wide{L4_UTCB_AREA} + L4_UTCB_AREA_SIZE) ||
           (at >= L4_KIP_ADDRESS && at < Wide{L4_KIP_ADDRESS} + page);
}

TEST(Flexpage, OfEverySizeAndAddressIsTheRangeOfTheModel) {
    for (Word log2 = 0; log2 < sizes; ++log2) {
        for (const Word at : boundaries()) {
            for (const Word options : {0u, 0xf03u, 0xfffu & ~Word{L4_FP_SIZE_MASK}}) {
                const Word word = (at & L4_FP_PAGE_MASK) | log2 << L4_FP_SIZE_SHIFT | options;
                if (l4_fpage_is_io(word) && log2 <= 16) continue; // ports: ports_test.cc
                const kern::Fpage f(word);
                const Range model(word);
                ASSERT_EQ(f.kind() == kern::Fpage::Kind::memory, model.valid) << std::hex << word;
                if (!model.valid) continue;
                ASSERT_EQ(f.first(), model.first) << std::hex << word;
                ASSERT_EQ(Wide{f.end()}, model.end) << std::hex << word;
            }
        }
    }
}

TEST(Flexpage, OfPortsOfEverySizeAndPlaceIsTheRangeOfTheModel) {
    for (Word log2 = 0; log2 <= 16; ++log2) {
        for (Word port = 0; port < 65536; ++port) {
            const kern::Fpage f(l4_io_fpage(port, log2, 0));
            ASSERT_EQ(f.kind(), kern::Fpage::Kind::ports);
            ASSERT_EQ(f.first(), port >> log2 << log2);
            ASSERT_EQ(f.end(), (port >> log2 << log2) + (Word{1} << log2));
        }
    }
}

/// The pages of task 4 are those at the boundaries, each mapped from a page of sigma0's.
class Pages : public ::testing::Test {
protected:
    Pages() {
        for (const std::uint16_t n : {2, 4, 5}) {
            w.open_account(n, 300);
            w.open_space(n, n);
        }
        w.db.activate(w.space(4));
        EXPECT_TRUE(w.fault(2, 0)); // 4 MiB
        fill();
    }
    ~Pages() override { w.close_all(); }
    void fill() {
        Word frame = 0;
        held.clear();
        for (const Word at : boundaries()) {
            w.map(2, 4, l4_fpage(frame, 12, L4_FP_WRITE), at, L4_FP_WHOLE_SPACE);
            if (at < top && !is_protected(at)) held.insert(at);
            frame += 0x1000;
        }
        EXPECT_EQ(pages(4), held);
    }
    /// What a space has at the boundaries, and where else the model says.
    std::set<Wide> pages(std::uint16_t task, const std::set<Wide>& more = {}) {
        std::set<Wide> found;
        for (const Word at : boundaries())
            if (at < top && w.page(task, at)) found.insert(at);
        for (const Wide at : more)
            if (w.page(task, static_cast<Word>(at))) found.insert(at);
        return found;
    }
    /// Where the pages of an item go (9.3).
    std::set<Wide> targets(Word fpage, Word base, Word window_word) const {
        const Range send(fpage), window(window_word);
        std::set<Wide> all;
        if (!send.valid || !window.valid) return all;
        const Wide hot = base & (window.size - 1) & ~(send.size - 1);
        for (const Wide at : held) {
            if (!send.holds(at)) continue;
            const Wide offset = at - send.first;
            const Wide to = window.first + (window.size >= send.size ? hot + offset : offset % window.size);
            if (to < top && !is_protected(to)) all.insert(to);
        }
        return all;
    }
    void expect_mapped(Word fpage, Word base, Word window) {
        const std::set<Wide> wanted = targets(fpage, base, window);
        w.map(4, 5, fpage, base, window);
        ASSERT_EQ(w.space(5).nodes(), wanted.size()) << std::hex << fpage << " " << base << " " << window;
        ASSERT_EQ(w.received, !wanted.empty());
        ASSERT_EQ(pages(5, wanted), wanted) << std::hex << fpage << " " << base << " " << window;
        const bool grant = (fpage & L4_FP_GRANT) != 0;
        w.clear(5);
        if (!grant || wanted.empty()) return;
        w.unmap(2, l4_fpage(0, 22, 0), L4_FP_FLUSH);
        fill();
    }
    test::MemoryWorld w;
    std::set<Wide> held;
};

TEST_F(Pages, OfItemsOfEverySizeGoWhereTheModelSays) {
    for (Word log2 = 0; log2 < sizes; ++log2)
        for (const Word at : boundaries())
            for (const Word base : {0u, 0x5000u, 0xbffff000u, 0xfffff000u}) {
                const Word item = l4_fpage(at, log2, L4_FP_WRITE);
                if (l4_fpage_is_io(item)) continue;
                expect_mapped(item, base, L4_FP_WHOLE_SPACE);
                if (HasFatalFailure()) return;
            }
}

TEST_F(Pages, OfItemsGoIntoWindowsOfEverySizeWhereTheModelSays) {
    for (Word log2 = 0; log2 < sizes; ++log2)
        for (const Word at : boundaries())
            for (const Word item :
                 {l4_fpage(0, 32, L4_FP_WRITE), l4_fpage(0x80000000, 31, 0), l4_fpage(0xbfc00000, 22, 0),
                  l4_fpage(0x3ff000, 12, 0), l4_fpage(0, 13, 0)})
                for (const Word base : {0u, 0x3ff000u, 0xfffff000u}) {
                    const Word window = l4_fpage(at, log2, 0);
                    if (l4_fpage_is_io(window)) continue;
                    expect_mapped(item, base, window);
                    if (HasFatalFailure()) return;
                }
}

TEST_F(Pages, AreGrantedToWhereTheModelSays) {
    for (const Word log2 : {12u, 13u, 21u, 22u, 23u, 30u, 31u, 32u})
        for (const Word at : {0u, 0x3ff000u, 0x7ffff000u, 0xbfbff000u, 0xbffff000u})
            for (const Word window :
                 {Word{L4_FP_WHOLE_SPACE}, l4_fpage(0xbf800000, 23, 0), l4_fpage(0x400000, 13, 0)}) {
                const std::set<Wide> gone = targets(l4_fpage(at, log2, L4_FP_GRANT), at, window);
                expect_mapped(l4_fpage(at, log2, L4_FP_WRITE | L4_FP_GRANT), at, window);
                if (HasFatalFailure()) return;
            }
}

TEST_F(Pages, OfEverySizeOfRangeAreUnmappedAndNoOthers) {
    for (Word log2 = 0; log2 < sizes; ++log2)
        for (const Word at : boundaries()) {
            const Word range = l4_fpage(at, log2, 0);
            if (l4_fpage_is_io(range)) continue;
            w.map(4, 5, L4_FP_WHOLE_SPACE | L4_FP_WRITE, 0);
            ASSERT_EQ(pages(5), held);
            w.unmap(4, range, L4_FP_FLUSH);
            std::set<Wide> left;
            for (const Wide p : held)
                if (!Range(range).holds(p)) left.insert(p);
            ASSERT_EQ(pages(5), left) << std::hex << range;
            ASSERT_EQ(pages(4), held);
            w.clear(5);
        }
}

} // namespace
} // namespace attack
