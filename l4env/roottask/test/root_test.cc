// SPDX-License-Identifier: BSD-2-Clause
// Tasks, their numbers, ports and interrupts, and their ends.
#include "l4env/roottask/test/root_fixture.h"

namespace l4env::root {
namespace {

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

TEST_F(RootTest, WhatCannotStartLeavesNothing) {
    Options small;
    small.memory = 0x2000;
    EXPECT_STREQ(start("one", small), "its memory= is too little for its image and its stack");
    Options large;
    large.memory = 0x80000000;
    large.stack = 0x400000;
    EXPECT_STREQ(start("one", large), "the machine has not enough memory for it in one piece");
    Options no_stack;
    no_stack.stack = 0;
    EXPECT_STREQ(start("one", no_stack), "its stack= is 0, or more than there is behind the image");
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

TEST_F(RootTest, ExceptionEndsTheTask) {
    ASSERT_EQ(start("one"), nullptr);
    l4_utcb_state_t state{};
    state.trapno = 6;
    state.eip = 0x1234;
    EXPECT_TRUE(root->page(l4_threadid(5, 2), L4_EXC_COOKIE_0, L4_EXC_COOKIE_1, state).none);
    EXPECT_NE(log_text.find("root: one: exception 6, error code 0, at 0x1234\n"), std::string::npos)
        << log_text;
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
