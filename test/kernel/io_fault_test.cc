// SPDX-License-Identifier: BSD-2-Clause
// I/O faults, emulated instructions, TLS descriptors, lists of flexpages (docs/semantics.md 16, 17).
#include "test/kernel/stage.h"

namespace {

using namespace kernel_test;

constexpr std::uint64_t data_segment = 0x00cff2000000ffff, // base 0, 4 GiB, DPL 3, writable
    read_only = 0x00cff0000000ffff;

class IoTest : public ::testing::Test {
protected:
    IoTest() {
        s.utcb(root).rcv_size = 16;
        s.to_child();
    }
    kern::Thread& t() { return s.thread(child); }
    /// Root gets ports from sigma0; root runs before and after.
    void ports_to_root(Word fpage) {
        s.call(sim::Ipc{.partner = sigma0, .send = 0, .receive = L4_FP_WHOLE_SPACE | L4_RCV_MAP});
        while (!s.runs(sigma0)) s.call(sim::ThreadSwitch{});
        s.call(sim::Ipc{.partner = root, .w1 = fpage, .send = L4_SND_MAP, .receive = L4_RCV_OPEN});
        while (!s.runs(root)) s.call(sim::ThreadSwitch{});
    }
    void to_root() {
        s.call(sim::Ipc{.partner = root, .send = 0});
        ASSERT_TRUE(s.runs(root));
    }
    Stage s;
};

TEST_F(IoTest, APortIsAskedForAndGiven) {
    to_root();
    ports_to_root(L4_FP_IO_WHOLE);
    s.to_child();
    s.utcb(root).status = L4_UTCB_PF_STATE;
    for (const Word log2 : {0u, 1u, 2u}) {
        const Word width = 1u << log2;
        const Word port = 0x300 + 16 * width;
        s.io_fault(port, width);
        EXPECT_EQ(s.got().w0, 0xf0000000u | port << 12 | log2 << 2);
        EXPECT_EQ(s.got().w1, t().frame.eip);
        EXPECT_EQ(s.utcb(root).state.trapno, 13u);
        EXPECT_EQ(s.utcb(root).state.pfa, 0u);
        s.answer(0, s.got().w0, L4_SND_MAP);
        ASSERT_TRUE(s.runs(child));
        EXPECT_TRUE(s.machine().port_allowed(static_cast<std::uint16_t>(port), width));
        s.io_fault(port, width); // in the meantime it is there: it just runs
        ASSERT_TRUE(s.runs(child));
    }
    s.io_fault(0xffff, 2); // beyond the last
    EXPECT_EQ(s.got().w0, 0xf0000000u | 0xffffu << 12 | 1u << 2);
    s.answer(L4_PF_REFUSED);
    EXPECT_TRUE(t().dead());
}

TEST_F(IoTest, CliNeedsAllPortsAndThenRaisesIopl) {
    to_root();
    ports_to_root(L4_FP_IO_WHOLE);
    s.to_child();
    s.io_fault(0, 0);
    EXPECT_EQ(s.got().w0, L4_FP_IO_WHOLE);
    s.answer(0, l4_io_fpage(0, 15, 0), L4_SND_MAP);
    s.io_fault(0, 0);
    EXPECT_EQ(s.got().w0, L4_FP_IO_WHOLE);
    s.answer(0, L4_FP_IO_WHOLE, L4_SND_MAP);
    ASSERT_TRUE(s.runs(child));
    EXPECT_EQ(t().frame.eflags & ia32::eflags_iopl, 0u);
    s.io_fault(0, 0);
    EXPECT_EQ(t().frame.eflags & ia32::eflags_iopl, ia32::eflags_iopl);
    to_root();
    s.call(sim::Unmap{.fpage = l4_io_fpage(0x3f8, 0, 0), .mask = L4_FP_FLUSH});
    s.to_child();
    EXPECT_EQ(t().frame.eflags & ia32::eflags_iopl, 0u);
}

TEST_F(IoTest, WhoMayShutInterruptsOutMayBeSetSo) {
    to_root();
    ports_to_root(L4_FP_IO_WHOLE);
    s.to_child();
    s.io_fault(0, 0);
    s.answer(0, L4_FP_IO_WHOLE, L4_SND_MAP);
    const auto set_eflags = [&](Word eflags) {
        to_root();
        s.utcb(root).snd_size = 16;
        s.utcb(root).state.eflags = eflags;
        s.call(sim::ExRegs{.target = l4_ex_regs_target(5, 0) | L4_EX_REGS_STATE_SET});
        s.to_child();
        return t().frame.eflags;
    };
    EXPECT_EQ(set_eflags(ia32::eflags_iopl), ia32::user_eflags); // it holds all ports and has not used it
    s.io_fault(0, 0);
    EXPECT_EQ(set_eflags(0), ia32::eflags_iopl | 2u);
    EXPECT_EQ(set_eflags(ia32::eflags_interrupts), ia32::eflags_iopl | ia32::user_eflags);
    EXPECT_EQ(set_eflags(0), ia32::eflags_iopl | 2u);
    to_root();
    s.call(sim::Unmap{.fpage = l4_io_fpage(0x3f8, 0, 0), .mask = L4_FP_FLUSH});
    s.to_child();
    EXPECT_EQ(t().frame.eflags, ia32::user_eflags);
}

TEST_F(IoTest, AnAliensIsAnException) {
    Stage other(L4_TASK_NEW_ALIEN);
    other.root_takes_exceptions();
    other.to_child();
    other.io_fault(0x60, 1);
    EXPECT_EQ(other.got().w0, L4_EXC_COOKIE_0);
    EXPECT_EQ(other.utcb(root).state.trapno, 13u);
    EXPECT_EQ(other.utcb(root).state.err, 0u);
}

TEST_F(IoTest, SeveralFlexpagesInOneAnswer) {
    to_root();
    for (Word page = 0x10000; page < 0x1a000; page += 0x1000) s.map_to_root(page);
    s.to_child();
    const auto there = [&](Word va) {
        return s.kernel().map_db().page(t().task().space(), kern::VAddr{va}).has_value();
    };
    const auto offer = [&](Word first, Word count) {
        Word words[16] = {};
        for (Word i = 0, at = first; i < count && at + 1 < 16; ++i, at += 2) {
            words[at] = 0x11000 + i * 0x1000;
            words[at + 1] = l4_fpage(0x11000 + i * 0x1000, 12, L4_FP_WRITE);
        }
        std::memcpy(&s.utcb(root).state, words, sizeof words);
        s.utcb(root).snd_size = first;
        s.utcb(root).map_count = count;
    };
    s.page_fault(0x10000, 4);
    offer(13, 5); // one pair fits behind 13 words
    s.answer(0x10000, l4_fpage(0x10000, 12, 0), L4_SND_MAP);
    EXPECT_TRUE(there(0x10000) && there(0x11000) && !there(0x12000));
    s.page_fault(0x19000, 4);
    offer(0, 1000);
    s.answer(0x19000, l4_fpage(0x19000, 12, 0), L4_SND_MAP);
    EXPECT_TRUE(there(0x12000) && there(0x18000) && there(0x19000));
}

TEST_F(IoTest, AListEndsWhereItSaysSoOrHasAHole) {
    to_root();
    for (Word page = 0x10000; page < 0x14000; page += 0x1000) s.map_to_root(page);
    s.to_child();
    const auto there = [&](Word va) {
        return s.kernel().map_db().page(t().task().space(), kern::VAddr{va}).has_value();
    };
    const Word words[16] = {0x11000, l4_fpage(0x11000, 12, 0), 0, 0, 0x12000, l4_fpage(0x12000, 12, 0)};
    std::memcpy(&s.utcb(root).state, words, sizeof words);
    s.utcb(root).map_count = 8;
    s.page_fault(0x10000, 4);
    s.answer(0x10000, 0, L4_SND_MAP); // no pair in the registers: no list
    EXPECT_FALSE(there(0x11000));
    s.page_fault(0x10000, 4);
    s.answer(0x10000, l4_fpage(0x10000, 12, 0), L4_SND_MAP);
    EXPECT_TRUE(there(0x10000) && there(0x11000) && !there(0x12000));
    s.utcb(root).snd_size = ~0u;
    s.page_fault(0x13000, 4);
    s.answer(0x13000, l4_fpage(0x13000, 12, 0), L4_SND_MAP);
    EXPECT_TRUE(there(0x13000) && !there(0x12000));
}

// --- TLS

TEST_F(IoTest, LldtSetsDescriptorsAndRepairs) {
    to_root();
    s.map_to_root(0x10000);
    s.to_child();
    s.map_to_child(0x10000);
    const std::uint64_t descriptors[] = {data_segment | std::uint64_t{1} << 53, 0x00cffa000000ffff /* code */,
                                         read_only};
    for (Word i = 0; i < 6; ++i)
        s.word(child, 0x10000 + 4 * i) = static_cast<Word>(descriptors[i / 2] >> (i % 2 * 32));
    arch::Frame& f = t().frame;
    f.eax = 0x10000, f.ebx = 24, f.ecx = 0, f.edx = 0, f.esi = child.low;
    f.gs = 0x3b, f.fs = 0x43;
    const Word eip = f.eip;
    s.emulate(ia32::Emulated::lldt);
    EXPECT_EQ(t().tls(), (std::array<std::uint64_t, 3>{data_segment, 0, read_only}));
    EXPECT_EQ(s.machine().tls(), t().tls());
    EXPECT_EQ(f.eip, eip + 3);
    EXPECT_EQ(f.gs, 0u);
    EXPECT_EQ(f.fs, 0x43u);
    f.ecx = 3, f.ebx = 8; // one too far
    s.emulate(ia32::Emulated::lldt);
    f.ecx = ~0u, f.ebx = 16;
    s.emulate(ia32::Emulated::lldt);
    f.ecx = 0, f.edx = 1;
    s.emulate(ia32::Emulated::lldt);
    f.edx = 0, f.esi = root.low; // another's
    s.emulate(ia32::Emulated::lldt);
    EXPECT_EQ(f.eip, eip + 5 * 3);
    EXPECT_EQ(t().tls()[2], read_only);
    f.esi = child.low, f.ecx = 1, f.ebx = 8, f.eax = 0x10000; // one of them alone
    s.emulate(ia32::Emulated::lldt);
    EXPECT_EQ(t().tls()[1], data_segment);
    f.eax = 0x10ffc;
    s.emulate(ia32::Emulated::lldt);
    EXPECT_EQ(t().fault().pfa, 0x11000u);
}

TEST_F(IoTest, LldtForAThreadThatOnePages) {
    to_root();
    s.map_to_root(0x10000);
    s.word(root, 0x10000) = static_cast<Word>(data_segment);
    s.word(root, 0x10004) = static_cast<Word>(data_segment >> 32);
    arch::Frame& f = s.thread(root).frame;
    f.eax = 0x10000, f.ebx = 8, f.ecx = 2, f.edx = 0, f.esi = child.low;
    s.emulate(ia32::Emulated::lldt);
    EXPECT_EQ(t().tls()[2], data_segment);
    EXPECT_NE(s.machine().tls(), t().tls());
    s.to_child();
    EXPECT_EQ(s.machine().tls(), t().tls());
}

} // namespace
