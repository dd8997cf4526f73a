// SPDX-License-Identifier: BSD-2-Clause
// What the root task answers to faults and requests for memory.
#include "l4env/roottask/test/root_fixture.h"

namespace l4env::root {
namespace {

TEST_F(RootTest, PagesAreTheFilesAndTheRestIsZero) {
    ASSERT_EQ(start("one"), nullptr);
    const PagerAnswer text = page(5, entry + 0x1004);
    ASSERT_TRUE(text.map);
    const std::uint32_t size = 1u << l4_fpage_size(text.w1), at = text.w1 & L4_FP_PAGE_MASK;
    EXPECT_LE(text.w0, entry + 0x1004);
    EXPECT_GT(text.w0 + size, entry + 0x1004);
    EXPECT_EQ(text.w1 & L4_FP_WRITE, 0u);
    EXPECT_EQ(byte_at(at + (entry + 0x17ff - text.w0)), std::byte{1});
    EXPECT_EQ(byte_at(at + (entry + 0x1800 - text.w0)), std::byte{0});
    const PagerAnswer data = page(5, (entry + 0x2000) | L4_PF_WRITE);
    ASSERT_TRUE(data.map);
    EXPECT_NE(data.w1 & L4_FP_WRITE, 0u);
    EXPECT_EQ(byte_at((data.w1 & L4_FP_PAGE_MASK) + (entry + 0x2000 - data.w0)), std::byte{2});
    EXPECT_TRUE(page(5, (stack_end - 4) | L4_PF_WRITE).map);
    still_used(image_and_stack);
}

TEST_F(RootTest, FaultWithoutMemoryEndsTheTask) {
    for (const l4_word_t w0 : {l4_word_t{0x4000}, entry | L4_PF_WRITE | L4_PF_PRESENT, stack_end}) {
        ASSERT_EQ(start("one"), nullptr);
        const PagerAnswer a = page(5, w0);
        EXPECT_TRUE(a.none);
        EXPECT_FALSE(kernel.created.contains(5));
    }
    EXPECT_EQ(root->failures(), 3u);
    EXPECT_EQ(root->running(), 0u);
    EXPECT_NE(log_text.find("root: one: page fault, reading 0x4000 at 0x1000000\n"), std::string::npos)
        << log_text;
}

TEST_F(RootTest, FaultsWhereNoUserHasMemoryEndTheTask) {
    constexpr l4_word_t all[] = {0xc0000000,          0xc0300002,    0xdeadbeef,          0xffffffff,
                                 L4_SIGMA0_ANY_PAGE,  L4_SIGMA0_KIP, L4_SIGMA0_FPAGE_ANY, L4_FP_IO_WHOLE,
                                 L4_SIGMA0_FPAGE_RAM, 0xf02f8000};
    for (const l4_word_t address : all) {
        for (const l4_word_t eip : {l4_word_t{entry + 0x30}, address}) { // as a flexpage: 4 KiB
            ASSERT_EQ(start("one"), nullptr);
            EXPECT_TRUE(fault(5, address, eip).none) << std::hex << address;
            EXPECT_FALSE(kernel.created.contains(5)) << std::hex << address;
        }
    }
    EXPECT_NE(log_text.find("root: one: page fault, reading 0xf0000040 at 0x1000030\n"), std::string::npos)
        << log_text;
}

// Its EIP is 0.
TEST_F(RootTest, JumpToNullEndsTheTask) {
    ASSERT_EQ(start("one"), nullptr);
    EXPECT_TRUE(fault(5, 0, 0).none);
    EXPECT_NE(log_text.find("root: one: page fault, reading 0 at 0\n"), std::string::npos) << log_text;
}

// A pager of the task passes it on, with the words alone.
TEST_F(RootTest, FaultsThatArePassedOnEndTheTask) {
    for (const l4_word_t w0 : {0xc0000000, L4_SIGMA0_ANY_PAGE, L4_SIGMA0_KIP}) {
        ASSERT_EQ(start("one"), nullptr);
        EXPECT_TRUE(page(5, w0, entry).none) << std::hex << w0;
    }
}

TEST_F(RootTest, RequestIsNoFaultWhateverItsSenderHasInItsUtcb) {
    ASSERT_EQ(start("one"), nullptr);
    l4_utcb_state_t state{};
    state.trapno = L4_TRAP_PAGE_FAULT;
    state.eip = entry;
    EXPECT_TRUE(root->page(l4_threadid(5, 0), L4_SIGMA0_ANY_PAGE, 0, state).map);
    EXPECT_TRUE(root->page(l4_threadid(5, 0), L4_SIGMA0_FPAGE_ANY, l4_fpage(0, 12, 0), state).map);
    still_used(image_and_stack + 2);
}

TEST_F(RootTest, RequestForAPageThatIsNotThereHarmsNobody) {
    ASSERT_EQ(start("one"), nullptr);
    const PagerAnswer a = page(5, 0x4000, 0);
    EXPECT_FALSE(a.map || a.none);
    EXPECT_TRUE(kernel.created.contains(5));
    still_used(image_and_stack);
}

TEST_F(RootTest, RequestsTellWhereTheMachineHasThePage) {
    ASSERT_EQ(start("one"), nullptr);
    const PagerAnswer own = page(5, entry + 0x2000, 0);
    ASSERT_TRUE(own.map);
    EXPECT_EQ(byte_at((own.w1 & L4_FP_PAGE_MASK) + (entry + 0x2000 - own.w0)), std::byte{2});
    const PagerAnswer block = page(5, L4_SIGMA0_FPAGE_ANY, l4_fpage(0, 13, 0));
    ASSERT_TRUE(block.map);
    EXPECT_EQ(block.w1 & L4_FP_PAGE_MASK, block.w0);
    EXPECT_EQ(byte_at(block.w0), std::byte{0});
    still_used(image_and_stack + 2);
}

TEST_F(RootTest, MemoryEndsWhereTheOptionSays) {
    Options o;
    o.memory = (image_and_stack + 3) << 12;
    ASSERT_EQ(start("one", o), nullptr);
    EXPECT_TRUE(page(5, L4_SIGMA0_ANY_PAGE, 0).map);
    EXPECT_FALSE(page(5, L4_SIGMA0_FPAGE_ANY, l4_fpage(0, 14, 0)).map);
    const PagerAnswer two = page(5, L4_SIGMA0_FPAGE_ANY, l4_fpage(0, 13, 0));
    ASSERT_TRUE(two.map);
    EXPECT_EQ(two.w1 & 0x1000, 0u);
    EXPECT_FALSE(page(5, L4_SIGMA0_ANY_PAGE, 0).map);
    EXPECT_EQ(ask(5, L4_ROOT_MEMORY), std::pair(L4_ROOT_OK, 0u));
    for (const l4_word_t log2 : {0u, 11u, 23u, 32u, 63u})
        EXPECT_FALSE(page(5, L4_SIGMA0_FPAGE_ANY, log2 << L4_FP_SIZE_SHIFT).map);
    still_used(image_and_stack + 3);
}

TEST_F(RootTest, PhysicalMemoryIsThatOfTheOptions) {
    Options o;
    o.physical.add({0xa0000, 0xbffff});
    kernel.sigma0_gives = {0xb8000, 0xc0000};
    ASSERT_EQ(start("one", o), nullptr);
    const PagerAnswer a = page(5, 0xb8004 | L4_PF_WRITE);
    EXPECT_EQ(a.w0, 0xb8000u);
    EXPECT_EQ(a.w1, l4_fpage(0xb8000, 12, L4_FP_WRITE));
    EXPECT_FALSE(page(5, L4_SIGMA0_FPAGE_IOMEM, l4_fpage(0xc0000, 12, 0)).map); // not his
    EXPECT_FALSE(page(5, L4_SIGMA0_FPAGE_IOMEM, l4_fpage(0xb9000, 12, 0)).map); // sigma0 has none
    still_used(image_and_stack);
}

TEST_F(RootTest, PhysicalMemoryMayBeRamThatNobodyHas) {
    Options o, too_much;
    o.physical.add({0x200000, 0x200fff});
    o.physical.add({0x80000, 0x81fff});
    too_much.physical.add({0x300000, 0x300fff});
    too_much.physical.add({0x80000, 0x90fff});
    pool().use_if([](std::uint32_t at) { return at == 0x90000; });
    EXPECT_EQ(root->keep_physical(too_much), 0x90000u); // and then nothing is kept
    EXPECT_EQ(root->keep_physical(o), 0u);
    EXPECT_EQ(root->keep_physical(o), 0u);
    ASSERT_EQ(start("one", o), nullptr);
    EXPECT_EQ(page(5, 0x200000).w1, l4_fpage(0x200000, 12, L4_FP_WRITE));
    EXPECT_TRUE(page(5, 0x201000).none);
    still_used(1);
}

TEST_F(RootTest, PhysicalMemoryIsTakenBackUnlessAnotherMayHaveIt) {
    Options o, other;
    o.physical.add({0xa0000, 0xbffff});
    other.physical.add({0xb4000, 0xb4fff});
    ASSERT_EQ(start("one", o), nullptr);
    ASSERT_EQ(start("two", other), nullptr);
    ask(5, L4_ROOT_EXIT, 0);
    std::set<std::uint32_t> gone_pages;
    for (const l4_word_t fpage : kernel.unmapped)
        for (std::uint32_t at = fpage & L4_FP_PAGE_MASK, i = 0; i < 1u << (l4_fpage_size(fpage) - 12); ++i)
            if ((at + (i << 12)) >> 17 == 5) gone_pages.insert(at + (i << 12));
    EXPECT_EQ(gone_pages.size(), 31u);
    EXPECT_FALSE(gone_pages.contains(0xb4000));
    kernel.unmapped.clear();
    ask(6, L4_ROOT_EXIT, 0);
    EXPECT_EQ(kernel.unmapped.back(), l4_fpage(0xb4000, 12, 0));
}

TEST_F(RootTest, DataAreReadOnlyAndTakenBack) {
    ASSERT_EQ(start("none"), nullptr);
    EXPECT_EQ(ask(5, L4_ROOT_DATA).first, L4_ROOT_ENONE);
    constexpr Data data{.address = 0x40000, .bytes = 0x2001};
    ASSERT_EQ(start("one", {}, data), nullptr);
    EXPECT_EQ(ask(6, L4_ROOT_DATA), std::pair(L4_ROOT_OK, data.bytes));
    const PagerAnswer last = page(6, L4_ROOT_DATA_AT + 0x2000);
    EXPECT_TRUE(last.map);
    EXPECT_EQ(last.w0, L4_ROOT_DATA_AT + 0x2000);
    EXPECT_EQ(last.w1, l4_fpage(0x42000, 12, 0));
    EXPECT_EQ(page(6, L4_ROOT_DATA_AT).w1, l4_fpage(0x40000, 13, 0));
    EXPECT_FALSE(page(6, L4_ROOT_DATA_AT + 0x3000, 0).map);
    EXPECT_FALSE(page(5, L4_ROOT_DATA_AT, 0).map); // another's
    ask(6, L4_ROOT_EXIT, 0);
    const std::vector<l4_word_t> expected{l4_fpage(0x40000, 13, 0), l4_fpage(0x42000, 12, 0)};
    ASSERT_GE(kernel.unmapped.size(), 2u);
    EXPECT_EQ(std::vector(kernel.unmapped.end() - 2, kernel.unmapped.end()), expected);
    ASSERT_EQ(start("two", {}, data), nullptr);
    EXPECT_TRUE(page(6, L4_ROOT_DATA_AT | L4_PF_WRITE).none); // that ends it
    still_used(image_and_stack);
}

TEST_F(RootTest, DataMustBeginWithAPageAndFit) {
    EXPECT_STREQ(start("one", {}, {.address = 0x40800, .bytes = 1}), "its data do not begin with a page");
    EXPECT_STREQ(start("one", {}, {.address = 0x40000, .bytes = 0x10000000}), "its data are too large");
    EXPECT_EQ(root->running(), 0u);
}

TEST_F(RootTest, KernelInfoPageIsForAll) {
    ASSERT_EQ(start("one"), nullptr);
    EXPECT_EQ(page(5, L4_SIGMA0_KIP, 0).w1, l4_fpage(info, 12, 0));
    EXPECT_EQ(page(5, 1, 1).w1, l4_fpage(info, 12, 0));
    still_used(image_and_stack);
}

} // namespace
} // namespace l4env::root
