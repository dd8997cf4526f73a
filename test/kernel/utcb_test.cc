// SPDX-License-Identifier: BSD-2-Clause
// UTCBs and state words (docs/semantics.md 11).
#include <algorithm>
#include <array>

#include "test/kernel/stage.h"

namespace {

using namespace kernel_test;

using Words = std::array<Word, L4_UTCB_STATE_WORDS>;

Words words_of(const l4_utcb_t& u) {
    Words w;
    std::memcpy(w.data(), &u.state, sizeof w);
    return w;
}
void set_words(l4_utcb_t& u, Word first) {
    Words w;
    for (Word i = 0; i < w.size(); ++i) w[i] = first + i;
    std::memcpy(&u.state, w.data(), sizeof w);
}

TEST(Utcb, TheAreaIsThereZeroedAndPaidWithTheTask) {
    Stage s;
    const auto& map = s.kernel().map_db();
    const kern::Task& task = s.thread(child).task();
    for (Word i = 0; i < 4; ++i) {
        const auto page = map.page(task.space(), kern::VAddr{L4_UTCB_AREA + i * 0x1000});
        ASSERT_TRUE(page && page->writable);
        const auto bytes = s.machine().page(page->frame);
        EXPECT_TRUE(std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; }));
    }
    EXPECT_FALSE(map.page(task.space(), kern::VAddr{L4_KIP_ADDRESS + 0x1000 * 0}).has_value() &&
                 L4_KIP_ADDRESS >= L4_UTCB_AREA + L4_UTCB_AREA_SIZE);
    const Word before = task.account().used();
    s.call(sim::TaskNew{.task = l4_threadid(6, 0), .pager = root});
    EXPECT_EQ(task.account().used() - before, L4_KMEM_TASK);
    s.call(sim::TaskNew{.task = l4_threadid(6, 0), .mcp_or_chief = root.low});
    EXPECT_EQ(task.account().used(), before);
}

/// As on a machine whose boot code has made an info page.
TEST(Kip, IsInEveryTaskReadOnlyAndNobodyPaysForIt) {
    arch::Machine machine;
    const kern::PAddr kip{0x3000};
    kern::Kernel kernel(
        machine,
        {.kernel_first = arch::Memory::kernel_base, .kernel_frames = 256, .sigma0_frames = 32, .kip = kip});
    kern::Thread* current = &kernel.start();
    const auto call = [&](const sim::TaskNew& what) {
        what.regs().load_into(current->frame);
        current = &kernel.handle({.kind = kern::Event::Kind::syscall, .code = L4_VEC_TASK_NEW});
        while (current->in_kernel()) current = &kernel.handle({.kind = kern::Event::Kind::resume});
        kernel.check_invariants();
    };
    const Word before = current->task().account().used();
    call({.task = child, .pager = root});
    EXPECT_EQ(current->task().account().used() - before, L4_KMEM_TASK);
    for (const l4_threadid_t id : {root, sigma0, child}) {
        const auto& task = kernel.find(kern::ThreadId::of(id))->task();
        const auto page = kernel.map_db().page(task.space(), kern::VAddr{L4_KIP_ADDRESS});
        ASSERT_TRUE(page);
        EXPECT_EQ(page->frame, kip);
        EXPECT_FALSE(page->writable);
    }
    call({.task = child, .mcp_or_chief = root.low});
    EXPECT_EQ(current->task().account().used(), before);
}

TEST(Utcb, WhereverCreationLacksMemoryNothingIsLeft) {
    Stage s;
    kern::Account& account = s.thread(root).task().account();
    for (const Word quota : {0u, 20u}) {
        const Word used = account.used(), in_pool = account.pool().used();
        Word k = 1;
        for (;; ++k) {
            account.pool().fail_at(k);
            const bool made = s.call(sim::TaskNew{.task = l4_threadid(6, 0),
                                                  .mcp_or_chief = l4_task_new_create(0, quota),
                                                  .pager = root})
                                  .ok();
            account.pool().fail_at(0);
            if (made) break;
            ASSERT_EQ(account.used(), used) << k;
            ASSERT_EQ(account.pool().used(), in_pool) << k;
        }
        EXPECT_GT(k, L4_KMEM_TASK);
        s.call(sim::TaskNew{.task = l4_threadid(6, 0), .mcp_or_chief = root.low});
        EXPECT_EQ(account.used(), used);
    }
}

TEST(Utcb, PagesBesideTheAreaCostNoTable) {
    Stage s;
    s.map_to_root(0x40000000); // its mapping node and its table are paid
    kern::Account& account = s.thread(root).task().account();
    const Word before = account.used();
    s.map_to_root(0xbfc01000);
    EXPECT_EQ(account.used(), before);
    s.call(sim::Unmap{.fpage = l4_fpage(0xbfc00000, 22, 0), .mask = L4_FP_FLUSH | L4_FP_ALL_SPACES});
    EXPECT_EQ(account.used(), before);
    EXPECT_EQ(s.machine().load(kern::VAddr{L4_UTCB_AREA}, {}), std::nullopt);
    s.map_to_root(0xbfefffff); // again
    EXPECT_EQ(account.used(), before);
}

TEST(Utcb, ProgramsReadAndWriteTheirOwn) {
    Stage s;
    const Word value = 0x12345678;
    std::byte bytes[4];
    std::memcpy(bytes, &value, 4);
    EXPECT_FALSE(s.machine().store(kern::VAddr{L4_UTCB_AREA + 5 * 128 + 0x44}, bytes).has_value());
    const auto frame = s.thread(root).task().utcb_frame(0);
    Word seen;
    std::memcpy(&seen, s.machine().page(frame).data() + 5 * 128 + 0x44, 4);
    EXPECT_EQ(seen, value);
}

TEST(Utcb, TheMachineIsToldWhereItIs) {
    Stage s;
    EXPECT_EQ(s.machine().word_at_gs(ia32::utcb_selector), L4_UTCB_AREA);
    EXPECT_EQ(s.machine().word_at_gs(ia32::user_ds), std::nullopt);
    s.call(sim::ExRegs{.target = 3, .esp = 0x100, .eip = 0x200});
    s.call(sim::ThreadSwitch{.to = l4_threadid(L4_TASK_ROOT, 3)});
    EXPECT_EQ(s.machine().word_at_gs(0x28), L4_UTCB_AREA + 3 * L4_UTCB_SIZE);
}

struct SizesCase {
    Word send, receive, moved;
};

class UtcbSizesTest : public ::testing::TestWithParam<SizesCase> {};

TEST_P(UtcbSizesTest, AMessageMovesWhatBothWant) {
    const auto [send, receive, moved] = GetParam();
    for (const Word descriptor : {0u, L4_SND_MAP}) { // in registers, and as a transfer
        Stage s;
        s.to_child();
        set_words(s.utcb(child), 100);
        set_words(s.utcb(root), 500);
        s.utcb(child).snd_size = send;
        s.utcb(root).rcv_size = receive;
        s.call(sim::Ipc{.partner = root, .w0 = 1, .w1 = 0, .send = descriptor});
        s.settle();
        EXPECT_EQ(s.got().w0, 1u);
        const Words w = words_of(s.utcb(root));
        for (Word i = 0; i < w.size(); ++i) EXPECT_EQ(w[i], (i < moved ? 100 : 500) + i) << i;
        EXPECT_EQ(words_of(s.utcb(child))[0], 100u);
    }
}

INSTANTIATE_TEST_SUITE_P(Sizes, UtcbSizesTest,
                         ::testing::Values(SizesCase{0, 16, 0}, SizesCase{16, 0, 0}, SizesCase{3, 16, 3},
                                           SizesCase{16, 5, 5}, SizesCase{16, 16, 16},
                                           SizesCase{~0u, ~0u, 16}));

TEST(Utcb, AMessageThatFailsMovesNothing) {
    Stage s;
    s.to_child();
    set_words(s.utcb(child), 100);
    s.utcb(child).snd_size = s.utcb(root).rcv_size = 16;
    EXPECT_EQ(s.call(sim::Ipc{.partner = root, .send = L4_USER_TOP - 4}).error(), L4_IPC_SEABORTED);
    EXPECT_EQ(words_of(s.utcb(root)), Words{});
}

TEST(Utcb, APageFaultMovesNoStateUnlessThePagerAsks) {
    Stage s;
    s.utcb(root).rcv_size = s.utcb(root).snd_size = 16;
    s.to_child();
    const arch::Frame before = s.thread(child).frame;
    s.page_fault(0x1234, 4);
    EXPECT_EQ(words_of(s.utcb(root)), Words{});
    set_words(s.utcb(root), 7);
    s.answer(1, 0);
    ASSERT_TRUE(s.runs(child));
    EXPECT_EQ(s.thread(child).frame.eip, before.eip);
    EXPECT_EQ(s.thread(child).frame.ebx, before.ebx);
}

TEST(Utcb, APageFaultWithStateTakesItBack) {
    Stage s;
    s.utcb(root).status = L4_UTCB_PF_STATE;
    s.utcb(root).rcv_size = 16;
    s.to_child();
    s.running().frame.edi = 0x77;
    s.page_fault(0x1237, 6);
    EXPECT_EQ(s.got().w0, 0x1234u | L4_PF_WRITE);
    l4_utcb_state_t& state = s.utcb(root).state;
    EXPECT_EQ(state.trapno, L4_TRAP_PAGE_FAULT);
    EXPECT_EQ(state.err, 6u);
    EXPECT_EQ(state.pfa, 0x1237u);
    EXPECT_EQ(state.edi, 0x77u);
    EXPECT_EQ(state.eip, Stage::child_ip);
    EXPECT_EQ(state.esp, Stage::child_sp);
    EXPECT_EQ(state.cs, ia32::user_cs);
    EXPECT_EQ(state.eflags, ia32::user_eflags);
    EXPECT_EQ(state.gs, ia32::utcb_selector);
    state.eip = 0x9000;
    s.utcb(root).snd_size = 16;
    s.answer();
    ASSERT_TRUE(s.runs(child));
    EXPECT_EQ(s.running().frame.eip, 0x9000u);
    s.page_fault(0x1237, 6); // and once more: refused, with a state
    s.utcb(root).state.eip = 0xa000;
    s.answer(L4_PF_REFUSED);
    EXPECT_TRUE(s.thread(child).dead());
    EXPECT_EQ(s.thread(child).frame.eip, 0x9000u);
}

} // namespace
