// SPDX-License-Identifier: BSD-2-Clause
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "l4/abi/exception.h"
#include "l4/abi/fpage.h"
#include "l4/abi/sigma0.h"
#include "l4/abi/utcb.h"
#include "l4env/sigma0/src/answers.h"
#include "l4env/sigma0/src/memory_map.h"

namespace l4env::sigma0 {
namespace {

constexpr std::uint32_t mib = 1u << 20, kip = 0x1ff0000, top = 32 * mib;
constexpr std::uint16_t root = 4, other = 9;

l4_kip_mem_t entry(std::uint32_t first, std::uint32_t end, std::uint32_t type) {
    return {first | type, (end - 1) | 0x3ff};
}

/// A PC with 32 MiB: hole for the BIOS, a kernel, modules.
const std::vector<l4_kip_mem_t> pc = {
    entry(0, 0x9fc00, L4_KIP_MEM_CONVENTIONAL),    entry(mib, top, L4_KIP_MEM_CONVENTIONAL),
    entry(0xa0000, mib, L4_KIP_MEM_SHARED),        entry(3 * mib, 4 * mib, L4_KIP_MEM_RESERVED),
    entry(28 * mib, top, L4_KIP_MEM_RESERVED),     entry(26 * mib, 28 * mib, L4_KIP_MEM_BOOTLOADER),
    entry(0x90000, 0x94000, L4_KIP_MEM_DEDICATED),
};

class Sigma0 : public testing::Test {
protected:
    Sigma0() {
        MemoryMap map(pc);
        owners_.resize(map.end() >> L4_PAGE_SHIFT);
        frames_.emplace_back(Frames(owners_));
        map.apply(frames_[0]);
        answers_.emplace_back(Answers(frames_[0], kip));
    }
    Answer ask(std::uint16_t task, l4_word_t w0, l4_word_t w1 = 0) { return answers_[0].to(task, w0, w1); }
    static Answer page(std::uint32_t address, std::uint32_t log2 = 12) {
        return {address, l4_fpage(address, log2, L4_FP_WRITE), true, true};
    }
    static constexpr Answer nothing{};

private:
    std::vector<std::uint16_t> owners_;
    std::vector<Frames> frames_;
    std::vector<Answers> answers_;
};

TEST_F(Sigma0, PageIsOneToOneForItsFirstOwnerOnly) {
    EXPECT_EQ(ask(root, 2 * mib), page(2 * mib));
    EXPECT_EQ(ask(root, 2 * mib), page(2 * mib));
    EXPECT_EQ(ask(other, 2 * mib), nothing);
    EXPECT_EQ(ask(other, 2 * mib + 0x1000), page(2 * mib + 0x1000));
}

TEST_F(Sigma0, AnyPageIsFreeAndNotTheFirst) {
    const Answer a = ask(root, L4_SIGMA0_ANY_PAGE), b = ask(other, L4_SIGMA0_ANY_PAGE);
    EXPECT_EQ(a, page(0x1000));
    EXPECT_EQ(b, page(0x2000));
    EXPECT_EQ(ask(root, 0), page(0)); // who names it gets it
}

TEST_F(Sigma0, SuperpageIsThereWhileItIsWhole) {
    EXPECT_EQ(ask(root, 8 * mib | L4_SIGMA0_SUPERPAGE, L4_SIGMA0_SUPERPAGE_W1), page(8 * mib, 22));
    EXPECT_EQ(ask(other, 12 * mib), page(12 * mib));
    EXPECT_EQ(ask(root, (12 * mib + 0x1000) | L4_SIGMA0_SUPERPAGE, L4_SIGMA0_SUPERPAGE_W1),
              page(12 * mib + 0x1000));
}

TEST_F(Sigma0, SmallerPartsOfASuperpageStayTheOwners) {
    ask(root, 8 * mib | L4_SIGMA0_SUPERPAGE, L4_SIGMA0_SUPERPAGE_W1);
    EXPECT_EQ(ask(root, 8 * mib + 0x5000), page(8 * mib + 0x5000));
    EXPECT_EQ(ask(other, 8 * mib + 0x5000), nothing);
}

TEST_F(Sigma0, KernelAndSigma0AreNobodys) {
    for (const std::uint32_t at : {3 * mib, 31 * mib, 0x90000u, 0x93000u, 64 * mib}) {
        EXPECT_EQ(ask(root, at), nothing) << at;
        EXPECT_EQ(ask(root, L4_SIGMA0_FPAGE_RAM, l4_fpage(at, 12, 0)), nothing) << at;
    }
}

TEST_F(Sigma0, ModulesAreRoots) {
    EXPECT_EQ(ask(other, 26 * mib), nothing);
    EXPECT_EQ(ask(root, 26 * mib), page(26 * mib));
}

TEST_F(Sigma0, BiosIsEverybodys) {
    EXPECT_EQ(ask(root, 0xb8000), page(0xb8000));
    EXPECT_EQ(ask(other, 0xb8000), page(0xb8000));
}

TEST_F(Sigma0, PageFaultWithoutAnAnswerIsRefused) {
    constexpr std::uint32_t eip = 0x120040;
    EXPECT_EQ(ask(root, 2 * mib | L4_PF_WRITE, eip), page(2 * mib));
    EXPECT_EQ(ask(other, (2 * mib + 0x44) | L4_PF_WRITE, eip).w0, L4_PF_REFUSED);
    EXPECT_FALSE(ask(other, 2 * mib, eip).map);
}

TEST_F(Sigma0, RangesOfAnySize) {
    EXPECT_EQ(ask(root, L4_SIGMA0_FPAGE_RAM, l4_fpage(16 * mib, 24, 0)).map, false); // reaches the kernel's
    EXPECT_EQ(ask(root, L4_SIGMA0_FPAGE_RAM, l4_fpage(16 * mib, 23, 0)), page(16 * mib, 23));
    EXPECT_EQ(ask(root, L4_SIGMA0_FPAGE_ANY, l4_fpage(0, 22, 0)), page(4 * mib, 22));
    EXPECT_EQ(ask(root, L4_SIGMA0_FPAGE_ANY, l4_fpage(0, 22, 0)), page(8 * mib, 22));
    EXPECT_EQ(ask(root, L4_SIGMA0_FPAGE_ANY, l4_fpage(0, 23, 0)).map, false);
    for (const std::uint32_t log2 : {0u, 11u, 32u, 63u})
        EXPECT_EQ(ask(root, L4_SIGMA0_FPAGE_ANY, log2 << L4_FP_SIZE_SHIFT), nothing) << log2;
}

TEST_F(Sigma0, ThereIsAnEndToMemory) {
    std::vector<bool> seen(top >> 12);
    unsigned pages = 0;
    for (Answer a = ask(root, L4_SIGMA0_ANY_PAGE); a.map; a = ask(root, L4_SIGMA0_ANY_PAGE), ++pages) {
        ASSERT_FALSE(seen[a.w0 >> 12]) << "given twice";
        seen[a.w0 >> 12] = true;
    }
    EXPECT_EQ(pages, (0x9f000u - 0x1000 - 0x4000 + 2 * mib + 22 * mib) >> 12);
}

TEST_F(Sigma0, KernelInfoPageIsReadOnly) {
    const Answer info{kip, l4_fpage(kip, 12, 0), true, true};
    EXPECT_EQ(ask(other, 1, 1), info);
    EXPECT_EQ(ask(other, L4_SIGMA0_KIP), info);
    EXPECT_EQ(ask(other, 1, L4_SIGMA0_W1_TBUF), nothing);
    EXPECT_EQ(ask(other, L4_SIGMA0_TBUF), nothing);
    EXPECT_EQ(ask(other, L4_SIGMA0_DEBUG_DUMP), nothing);
}

TEST_F(Sigma0, PortsAndDevicesAreTheFirstTasks) {
    const l4_word_t ports = l4_io_fpage(0x3f8, 3, 0);
    EXPECT_EQ(ask(root, ports | L4_FP_GRANT), (Answer{0, ports, true, false})); // sigma0 keeps what it has
    EXPECT_EQ(ask(other, ports), nothing);
    EXPECT_EQ(ask(root, L4_FP_IO_WHOLE).w1, L4_FP_IO_WHOLE);
    EXPECT_TRUE(ask(root, L4_SIGMA0_FPAGE_IOMEM, l4_fpage(0x80000000, 22, 0)).map);
    EXPECT_EQ(ask(other, L4_SIGMA0_FPAGE_IOMEM, l4_fpage(0x80000000, 22, 0)), nothing);
}

TEST_F(Sigma0, AdapterIsAbove2GiB) {
    EXPECT_EQ(ask(root, 0x40123000),
              (Answer{0x80000000, l4_fpage(0x80000000, 22, L4_FP_WRITE | L4_FP_CACHE_UNCACHED), true, true}));
    EXPECT_EQ(ask(root, 0x7fc00000), nothing); // its place is where every space has its UTCBs
    EXPECT_EQ(ask(root, 0xbfc00000), nothing); // no space reaches it
}

TEST_F(Sigma0, UnknownRequestGetsNothing) {
    for (const l4_word_t w0 : {0xffffff00u, 0xffffff50u, 0xffffffd0u, 0xffffffffu, 0xc0000000u, 0xf0000044u})
        EXPECT_EQ(ask(root, w0, l4_fpage(mib, 12, 0)), nothing) << w0;
}

TEST(MemoryMapTest, TableGoesToTheTopOfFreeMemory) {
    EXPECT_EQ(MemoryMap(pc).place(0x10000), 26 * mib - 0x10000);
    EXPECT_EQ(MemoryMap(pc).place(22 * mib), 4 * mib);
    EXPECT_EQ(MemoryMap(pc).place(22 * mib + 0x1000), 0u);
    EXPECT_EQ(MemoryMap({}).place(0x1000), 0u);
    EXPECT_EQ(MemoryMap({}).end(), 0u);
}

TEST(MemoryMapTest, KnowsRamFromDevices) {
    const MemoryMap map(pc);
    EXPECT_EQ(map.end(), top);
    for (const std::uint32_t at : {0u, 0x90000u, mib, 3 * mib, 27 * mib, top - 1})
        EXPECT_TRUE(map.is_ram(at)) << at;
    for (const std::uint32_t at : {0x9f000u, 0xa0000u, top, 0xbff00000u}) EXPECT_FALSE(map.is_ram(at)) << at;
    const std::vector<l4_kip_mem_t> kernel_at_top(pc.begin() + 4, pc.begin() + 5);
    EXPECT_EQ(MemoryMap(kernel_at_top).end(), top);
}

TEST(MemoryMapTest, LaterEntryHoldsAndPartPagesAreNotRam) {
    const std::vector<l4_kip_mem_t> list = {entry(0x1400, 0x8c00, L4_KIP_MEM_CONVENTIONAL),
                                            entry(0x3000, 0x3400, L4_KIP_MEM_RESERVED),
                                            entry(0, 0x100000, L4_KIP_MEM_CONVENTIONAL | L4_KIP_MEM_VIRTUAL)};
    std::vector<std::uint16_t> owners(16);
    Frames frames(owners);
    MemoryMap(list).apply(frames);
    const std::uint16_t absent = Frames::absent, free = Frames::free, kept = Frames::kept;
    EXPECT_EQ(owners, (std::vector<std::uint16_t>{absent, absent, free, kept, free, free, free, free, absent,
                                                  absent, absent, absent, absent, absent, absent, absent}));
}

TEST(MemoryMapTest, MemoryBeyondUserSpaceIsNotCounted) {
    const std::vector<l4_kip_mem_t> list = {entry(0, 0xfffffc00, L4_KIP_MEM_CONVENTIONAL),
                                            entry(0xd0000000, 0xd0100000, L4_KIP_MEM_CONVENTIONAL)};
    EXPECT_EQ(MemoryMap(list).end(), L4_UTCB_AREA);
}

TEST(MemoryMapTest, ListOutsideItsPageIsEmpty) {
    alignas(4096) static unsigned char page[4096] = {};
    auto& info = *reinterpret_cast<l4_kip_t*>(page);
    for (const l4_word_t mem : {0x0ff80002u, 0xffff0001u, 0x0100ffffu, 0x01020001u}) {
        info.mem_info = mem;
        EXPECT_EQ(MemoryMap::of(info).end(), 0u) << mem;
    }
    info.mem_info = 0x02000001;
    *reinterpret_cast<l4_kip_mem_t*>(page + 0x200) = entry(0, mib, L4_KIP_MEM_CONVENTIONAL);
    EXPECT_EQ(MemoryMap::of(info).end(), mib);
}

} // namespace
} // namespace l4env::sigma0
