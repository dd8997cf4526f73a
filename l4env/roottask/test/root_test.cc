// SPDX-License-Identifier: BSD-2-Clause
// The root task on a kernel that only keeps books.
#include "l4env/roottask/src/root.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "l4/abi/exception.h"
#include "l4/abi/fpage.h"
#include "l4/abi/ipc.h"
#include "l4/abi/sigma0.h"
#include "l4/abi/thread.h"
#include "l4env/roottask/src/arguments.h"
#include "l4env/roottask/test/elf_file.h"
#include "l4env/sys/test/fake_kernel.h"

namespace l4env::root {
namespace {

std::string log_text;

/// Task numbers with their chiefs, interrupt lines, and what was unmapped.
class Books {
public:
    std::map<unsigned, l4_registers_t> created;
    std::map<unsigned, unsigned> chief; ///< of what is not root's
    std::map<unsigned, unsigned> prio;
    std::set<unsigned> lines_of_others;
    std::vector<l4_word_t> unmapped;
    std::set<l4_word_t> sigma0_gives; ///< addresses
    std::optional<l4_word_t> refuse;
    l4_word_t frames_free = 0;

private:
    static constexpr unsigned lines_offered = 0xfffe; // 0 is the timer's

    unsigned chief_of(unsigned n) const { return chief.contains(n) ? chief.at(n) : L4_TASK_ROOT; }

    l4_registers_t task_new(l4_registers_t r) {
        const unsigned n = l4_id_task({r.esi, r.edi});
        if (refuse || chief_of(n) != L4_TASK_ROOT)
            return {refuse.value_or(L4_TASK_NEW_EPERM), frames_free, 0, 0, 0, 0, 0};
        created.erase(n);
        if (r.ebx != 0)
            created[n] = r;
        else
            chief[n] = l4_id_task({r.eax, 0});
        return r;
    }
    l4_registers_t ipc(l4_registers_t r) {
        const l4_threadid_t to{r.esi, r.edi};
        if (l4_id_task(to) == L4_TASK_SIGMA0) {
            if (r.edx == L4_SIGMA0_FPAGE_IOMEM && sigma0_gives.contains(r.ebx & L4_FP_PAGE_MASK))
                r.eax = l4_msgdope(2, 0) | L4_MSGDOPE_FPAGE_RECEIVED;
            else
                r.eax = l4_msgdope(2, 0);
            return r;
        }
        EXPECT_EQ(l4_id_task(to), L4_TASK_ROOT);
        EXPECT_EQ(l4_id_lthread(to), Irqs::first_lthread + r.ebx);
        const bool offered = (lines_offered >> r.ebx & 1) != 0;
        const bool refused = r.edx == Irqs::attach && (!offered || lines_of_others.contains(r.ebx));
        r.edx = refused ? L4_IPC_ENOT_EXISTENT : L4_IPC_OK;
        r.eax = l4_msgdope(2, 0);
        return r;
    }

    FakeKernel kernel_{[this](unsigned vector, l4_registers_t r) {
        switch (vector) {
            case L4_VEC_TASK_NEW: return task_new(r);
            case L4_VEC_IPC: return ipc(r);
            case L4_VEC_THREAD_SCHEDULE:
                prio[l4_id_task({r.esi, r.edi})] = r.eax & L4_SCHED_PRIO_MASK;
                return r;
            case L4_VEC_FPAGE_UNMAP: unmapped.push_back(r.eax); return r;
            default: ADD_FAILURE() << "vector " << vector; return r;
        }
    }};
};

class RootTest : public testing::Test {
protected:
    static constexpr std::uint32_t frames = 1024, info = 0xb0000000, entry = 0x1000000;

    RootTest() : memory_(frames << 12), owners_(frames), pool_(owners_) {
        log_text.clear();
        pool_.add(0x100000, (frames << 12) - 0x100000);
        root.emplace(pool_, Memory{reinterpret_cast<std::uintptr_t>(memory_.data())}, info);
        root->irqs().hold_all();
        initially_free_ = pool_.free_frames();
    }
    void TearDown() override { EXPECT_EQ(pool_.free_frames() + used_, initially_free_); }

    /// Starts a program of 2 pages text and 3 pages data; its task is the next number from 5 on.
    const char* start(const char* name, const Options& options = {}, Data data = {}) {
        const ElfFile file({{.vaddr = entry, .file_size = 0x1800, .memory_size = 0x1800, .flags = 5},
                            {.vaddr = entry + 0x2000, .file_size = 0x10, .memory_size = 0x3000, .flags = 6}},
                           entry);
        return root->start(name, options, file.bytes(), "arg", data);
    }
    PagerAnswer page(unsigned task, l4_word_t w0, l4_word_t w1 = entry) {
        return root->page(l4_threadid(task, 0), w0, w1, {});
    }
    /// A page fault as the kernel tells of it.
    PagerAnswer fault(unsigned task, l4_word_t address, l4_word_t eip = entry) {
        l4_utcb_state_t state{};
        state.trapno = L4_TRAP_PAGE_FAULT;
        state.pfa = address;
        state.eip = eip;
        return root->page(l4_threadid(task, 0), address & L4_PF_ADDR_MASK, eip, state);
    }
    std::pair<l4_word_t, l4_word_t> ask(unsigned task, l4_word_t request, l4_word_t argument = 0,
                                        Text text = {}) {
        ServiceCall call{
            .client = l4_threadid(task, 0), .request = request, .argument = argument, .text = text};
        root->serve(call);
        gone = call.none;
        return {call.status, call.value};
    }
    std::byte byte_at(std::uint32_t physical) const { return memory_[physical]; }
    /// Frames that tasks still have at the end of the test.
    void still_used(std::uint32_t frames_used) { used_ = frames_used; }

    Pool& pool() { return pool_; }

    Books kernel;
    std::optional<Root> root;
    bool gone = false;

private:
    std::vector<std::byte> memory_;
    std::vector<std::uint16_t> owners_;
    Pool pool_;
    std::uint32_t initially_free_ = 0, used_ = 0;
};

constexpr std::uint32_t image_and_stack = 5 + 16; ///< frames

TEST_F(RootTest, StartsATaskAsItsOptionsSay) {
    Options o;
    o.prio = 30;
    o.mcp = 40;
    o.kmem = 77;
    ASSERT_EQ(start("one", o), nullptr);
    ASSERT_TRUE(kernel.created.contains(5));
    const l4_registers_t r = kernel.created[5];
    EXPECT_EQ(r.eax, l4_task_new_create(40, 77));
    EXPECT_EQ(r.edx, entry);
    EXPECT_LT(r.ecx, stack_end);
    EXPECT_GT(r.ecx, stack_end - 0x1000);
    EXPECT_EQ(r.ebx, l4_threadid(L4_TASK_ROOT, 0).low);
    EXPECT_EQ(kernel.prio[5], 30u);
    EXPECT_EQ(root->running(), 1u);
    still_used(image_and_stack);
}

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

TEST_F(RootTest, WhatCannotStartLeavesNothing) {
    Options small;
    small.memory = 0x2000;
    EXPECT_STREQ(start("one", small), "it needs more memory than it may have");
    Options large;
    large.memory = 0x80000000;
    large.stack = 0x400000;
    EXPECT_STREQ(start("one", large), "there is not enough memory in one piece");
    Options no_stack;
    no_stack.stack = 0;
    EXPECT_STREQ(start("one", no_stack), "its stack has no size that is possible");
    EXPECT_STREQ(root->start("x", {}, {}, ""), "it is no ELF file");
    kernel.refuse = L4_TASK_NEW_ENOMEM;
    EXPECT_STREQ(start("one"), "the kernel has too little memory");
    kernel.frames_free = 64;
    EXPECT_STREQ(start("one"), "its kmem= is too little for a task");
    kernel.refuse = L4_TASK_NEW_EINVAL;
    EXPECT_STREQ(start("one"), "the kernel refuses");
    EXPECT_EQ(root->running(), 0u);
    kernel.refuse.reset();
    ASSERT_EQ(start("one"), nullptr);
    EXPECT_TRUE(kernel.created.contains(5)); // the number is free again
    still_used(image_and_stack);
}

TEST_F(RootTest, EndGivesEverythingBackAndTakesWhatWasPassedOn) {
    Options o;
    o.tasks = 2;
    o.irqs = 1u << 4;
    o.ports.add({0x3f8, 0x3ff});
    ASSERT_EQ(start("one", o), nullptr);
    ASSERT_TRUE(page(5, L4_SIGMA0_ANY_PAGE, 0).map);
    ASSERT_EQ(ask(5, L4_ROOT_TASK_ALLOC), std::pair(L4_ROOT_OK, 6u));
    ASSERT_EQ(ask(5, L4_ROOT_IRQ_ALLOC, 4).first, L4_ROOT_OK);
    EXPECT_FALSE(root->irqs().held(4));
    kernel.chief.erase(6); // the kernel gives a dead task's numbers to its killer
    ask(5, L4_ROOT_EXIT, 0);
    EXPECT_TRUE(gone);
    EXPECT_TRUE(root->irqs().held(4));
    std::uint32_t frames_unmapped = 0;
    for (const l4_word_t fpage : kernel.unmapped)
        if (!l4_fpage_is_io(fpage)) frames_unmapped += 1u << (l4_fpage_size(fpage) - 12);
    EXPECT_EQ(frames_unmapped, image_and_stack + 1);
    EXPECT_EQ(kernel.unmapped.back(), l4_io_fpage(0x3f8, 3, 0));
    EXPECT_EQ(root->failures(), 0u);
    ASSERT_EQ(start("two"), nullptr);
    EXPECT_TRUE(kernel.created.contains(5));
    still_used(image_and_stack);
}

TEST_F(RootTest, TaskNumbersAreCountedAndComeBackOnlyFromTheirOwner) {
    Options o;
    o.tasks = 2;
    ASSERT_EQ(start("one", o), nullptr);
    ASSERT_EQ(start("two", o), nullptr);
    EXPECT_EQ(ask(5, L4_ROOT_TASK_ALLOC), std::pair(L4_ROOT_OK, 7u));
    EXPECT_EQ(kernel.chief[7], 5u);
    EXPECT_EQ(ask(5, L4_ROOT_TASK_ALLOC), std::pair(L4_ROOT_OK, 8u));
    EXPECT_EQ(ask(5, L4_ROOT_TASK_ALLOC).first, L4_ROOT_ELIMIT);
    EXPECT_EQ(ask(6, L4_ROOT_TASK_FREE, 7).first, L4_ROOT_EPERM); // another's
    EXPECT_EQ(ask(5, L4_ROOT_TASK_FREE, 7).first, L4_ROOT_EPERM); // not given back yet
    EXPECT_EQ(ask(5, L4_ROOT_TASK_FREE, 5).first, L4_ROOT_EPERM); // itself
    EXPECT_EQ(ask(5, L4_ROOT_TASK_FREE, 0xffffffff).first, L4_ROOT_EPERM);
    kernel.chief.erase(7);
    EXPECT_EQ(ask(5, L4_ROOT_TASK_FREE, 7).first, L4_ROOT_OK);
    EXPECT_EQ(ask(5, L4_ROOT_TASK_ALLOC), std::pair(L4_ROOT_OK, 7u));
    still_used(2 * image_and_stack);
}

TEST_F(RootTest, InterruptsAreForWhomTheOptionsName) {
    Options o;
    o.irqs = 1u << 4 | 1u;
    ASSERT_EQ(start("one", o), nullptr);
    EXPECT_EQ(ask(5, L4_ROOT_IRQ_ALLOC, 3).first, L4_ROOT_EPERM);
    EXPECT_EQ(ask(5, L4_ROOT_IRQ_ALLOC, 16).first, L4_ROOT_EPERM);
    EXPECT_EQ(ask(5, L4_ROOT_IRQ_ALLOC, 0xffffffff).first, L4_ROOT_EPERM);
    EXPECT_EQ(ask(5, L4_ROOT_IRQ_ALLOC, 0).first, L4_ROOT_ENONE); // the kernel does not offer it
    EXPECT_EQ(ask(5, L4_ROOT_IRQ_ALLOC, 4).first, L4_ROOT_OK);
    EXPECT_EQ(ask(5, L4_ROOT_IRQ_ALLOC, 4).first, L4_ROOT_ENONE);
    kernel.lines_of_others.insert(4);
    EXPECT_EQ(ask(5, L4_ROOT_IRQ_FREE, 4).first, L4_ROOT_EPERM); // still attached
    kernel.lines_of_others.clear();
    EXPECT_EQ(ask(5, L4_ROOT_IRQ_FREE, 4).first, L4_ROOT_OK);
    EXPECT_EQ(ask(5, L4_ROOT_IRQ_FREE, 4).first, L4_ROOT_EPERM);
    still_used(image_and_stack);
}

TEST_F(RootTest, PortsAreThoseOfTheOptions) {
    Options o;
    o.ports.add({0x3f8, 0x3ff});
    ASSERT_EQ(start("one", o), nullptr);
    EXPECT_EQ(page(5, l4_io_fpage(0x3fc, 2, 0)).w1, l4_io_fpage(0x3fc, 2, 0));
    EXPECT_FALSE(page(5, l4_io_fpage(0x3f8, 4, 0), 0).map); // too wide, and no fault: a request
    EXPECT_TRUE(page(5, l4_io_fpage(0x2f8, 0, 0)).none);
    EXPECT_EQ(root->failures(), 1u);
}

TEST_F(RootTest, PortsOfOneInstructionNeedNotBeAligned) {
    Options o;
    o.ports.add({0x3f8, 0x3fb});
    o.ports.add({0x3fc, 0x3ff});
    ASSERT_EQ(start("one", o), nullptr);
    const PagerAnswer two = page(5, l4_io_fpage(0x3fb, 1, 0));
    EXPECT_EQ(two.w1, l4_io_fpage(0x3fb, 0, 0));
    ASSERT_EQ(two.more_count, 1u);
    EXPECT_EQ(two.more[0], l4_io_fpage(0x3fc, 0, 0));
    const PagerAnswer four = page(5, l4_io_fpage(0x3f9, 2, 0));
    EXPECT_EQ(four.w1, l4_io_fpage(0x3f9, 0, 0));
    ASSERT_EQ(four.more_count, 3u);
    EXPECT_EQ(four.more[2], l4_io_fpage(0x3fc, 0, 0));
    EXPECT_TRUE(page(5, l4_io_fpage(0x3fe, 2, 0)).none);
    EXPECT_NE(log_text.find("root: one: port 0x400 at 0x1000000 is not its own\n"), std::string::npos)
        << log_text;
}

TEST_F(RootTest, NobodyHasAPortBehindTheLast) {
    Options o;
    o.ports.add({0, 0xffff});
    ASSERT_EQ(start("one", o), nullptr);
    EXPECT_EQ(page(5, L4_FP_IO_WHOLE).w1, l4_io_fpage(0, 16, 0));
    EXPECT_TRUE(page(5, l4_io_fpage(0xffff, 1, 0)).none);
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

TEST_F(RootTest, ExceptionEndsTheTask) {
    ASSERT_EQ(start("one"), nullptr);
    l4_utcb_state_t state{};
    state.trapno = 6;
    state.eip = 0x1234;
    EXPECT_TRUE(root->page(l4_threadid(5, 2), L4_EXC_COOKIE_0, L4_EXC_COOKIE_1, state).none);
    EXPECT_NE(log_text.find("root: one: exception 6, error code 0, at 0x1234\n"), std::string::npos)
        << log_text;
}

TEST_F(RootTest, KernelInfoPageIsForAll) {
    ASSERT_EQ(start("one"), nullptr);
    EXPECT_EQ(page(5, L4_SIGMA0_KIP, 0).w1, l4_fpage(info, 12, 0));
    EXPECT_EQ(page(5, 1, 1).w1, l4_fpage(info, 12, 0));
    still_used(image_and_stack);
}

TEST_F(RootTest, StrangersGetNothing) {
    ASSERT_EQ(start("one"), nullptr);
    EXPECT_EQ(page(9, entry).w0, L4_PF_REFUSED);
    EXPECT_FALSE(page(9, L4_SIGMA0_ANY_PAGE, 0).map);
    for (l4_word_t request = L4_ROOT_EXIT; request <= L4_ROOT_DATA; ++request)
        EXPECT_EQ(ask(9, request, 5).first, request == L4_ROOT_FIND ? L4_ROOT_ENONE : L4_ROOT_EPERM)
            << request;
    EXPECT_EQ(ask(9, L4_ROOT_FIND, 0, "one"), std::pair(L4_ROOT_OK, 5u)); // anybody
    EXPECT_EQ(ask(9, L4_ROOT_FIND, 0, "two").first, L4_ROOT_ENONE);
    EXPECT_EQ(ask(9, L4_ROOT_FIND).first, L4_ROOT_ENONE);
    EXPECT_EQ(ask(9, L4_ROOT_PING, 5), std::pair(L4_ROOT_OK, ~5u));
    EXPECT_EQ(ask(5, 0x1234).first, L4_ROOT_EINVAL);
    still_used(image_and_stack);
}

TEST_F(RootTest, OnlyWhoMayEndsOthers) {
    Options o;
    o.control = true;
    ASSERT_EQ(start("one", o), nullptr);
    ASSERT_EQ(start("two"), nullptr);
    EXPECT_EQ(ask(6, L4_ROOT_KILL, 5).first, L4_ROOT_EPERM);
    EXPECT_EQ(ask(5, L4_ROOT_KILL, 6).first, L4_ROOT_OK);
    EXPECT_EQ(ask(5, L4_ROOT_KILL, 6).first, L4_ROOT_ENONE);
    EXPECT_EQ(ask(5, L4_ROOT_KILL, 0).first, L4_ROOT_ENONE);
    EXPECT_EQ(root->running(), 1u);
    EXPECT_EQ(ask(5, L4_ROOT_KILL, 5).first, L4_ROOT_OK);
    EXPECT_TRUE(gone);
    EXPECT_EQ(root->running(), 0u);
}

TEST_F(RootTest, ServicesAreNotWaitedFor) {
    Options o;
    o.service = true;
    ASSERT_EQ(start("one", o), nullptr);
    EXPECT_EQ(root->running(), 0u);
    ask(5, L4_ROOT_EXIT, 3);
    EXPECT_EQ(root->running(), 0u);
    EXPECT_EQ(root->failures(), 1u);
}

TEST_F(RootTest, ThereIsRoomForSoManyTasks) {
    Options o;
    o.stack = 0x1000;
    for (std::size_t i = 0; i < Tasks::most; ++i) ASSERT_EQ(start("one", o), nullptr) << i;
    EXPECT_STREQ(start("one", o), "there is no task number or no room for it");
    still_used(Tasks::most * 6);
}

} // namespace
} // namespace l4env::root

extern "C" void l4c_print(const char* piece, std::size_t length) {
    l4env::root::log_text.append(piece, length);
}
