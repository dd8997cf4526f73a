// SPDX-License-Identifier: BSD-2-Clause
#include <gtest/gtest.h>

#include "sim/calls.h"
#include "sim/message_buffer.h"
#include "sim/text.h"
#include "sim/timeouts.h"
#include "sim/user.h"

namespace {
using kern::Micros;

TEST(Timeouts, TakeTheFinestUnitAndRoundUp) {
    EXPECT_EQ(sim::send_timeout(kern::never), L4_TIMEOUT_NEVER);
    EXPECT_EQ(sim::receive_timeout(kern::never), L4_TIMEOUT_NEVER);
    EXPECT_EQ(sim::send_timeout(Micros{0}), l4_timeout(0, 15, 0, 0));
    EXPECT_EQ(sim::receive_timeout(Micros{255}), l4_timeout(0, 0, 255, 15));
    EXPECT_EQ(sim::receive_timeout(Micros{256}), l4_timeout(0, 0, 64, 14));
    EXPECT_EQ(sim::receive_timeout(Micros{257}), l4_timeout(0, 0, 65, 14));
    EXPECT_EQ(sim::send_timeout(Micros{std::uint64_t{255} << 28}), l4_timeout(255, 1, 0, 0));
    EXPECT_EQ(sim::send_timeout(Micros{(std::uint64_t{255} << 28) + 1}), L4_TIMEOUT_NEVER);
}

TEST(Timeouts, AbsoluteOnesTakeBitsOfTheClock) {
    const sim::AbsoluteTimeout odd = sim::receive_until(Micros{0x1a4}, 15),
                               even = sim::send_until(Micros{0x1a4}, 14);
    EXPECT_EQ(odd.word, l4_timeout(0, 0, 0xa4, 15));
    EXPECT_EQ(odd.id_flags, L4_IPC_ABS_RCV | L4_IPC_ABS_RCV_CLOCK);
    EXPECT_EQ(even.word, l4_timeout(0xd2, 14, 0, 0));
    EXPECT_EQ(even.id_flags, L4_IPC_ABS_SND);
    EXPECT_EQ(sim::receive_until(Micros{0x2a4}, 15).id_flags, L4_IPC_ABS_RCV);
    EXPECT_EQ(sim::send_until(Micros{0x2a4}, 14).id_flags, L4_IPC_ABS_SND | L4_IPC_ABS_SND_CLOCK);
}

TEST(MessageBuffer, HasTheLayoutOfTheInterface) {
    sim::MessageBuffer b(0x1000, 5, 2);
    EXPECT_EQ(b.size(), 12u + 5 * 4 + 2 * 16);
    EXPECT_EQ(b.size_dope(), l4_msgdope(5, 2));
    b.window() = 0x80;
    b.word(4) = 77;
    b.send(3, 1);
    b.set_string(1, {.snd_size = 1, .snd_addr = 2, .rcv_size = 3, .rcv_addr = 4});
    const auto* words = reinterpret_cast<const std::uint32_t*>(b.bytes());
    EXPECT_EQ(words[0], 0x80u);
    EXPECT_EQ(words[2], l4_msgdope(3, 1));
    EXPECT_EQ(words[3 + 4], 77u);
    EXPECT_EQ(words[3 + 5 + 4 + 3], 4u);
    EXPECT_EQ(b.string(1).snd_addr, 2u);
    EXPECT_EQ(b.string(0).snd_addr, 0u);
    EXPECT_EQ(sim::MessageBuffer(0, 0).size_dope(), l4_msgdope(2, 0));
}

TEST(Calls, PutArgumentsIntoTheRegistersOfTheInterface) {
    const l4_threadid_t id{1, 2}, other{3, 4};
    const sim::Ipc ipc{.partner = id, .w0 = 5, .w1 = 6, .send = 7, .receive = 8, .timeout = 9};
    EXPECT_EQ(ipc.regs(), (sim::Regs{.eax = 7, .ebx = 6, .ecx = 9, .edx = 5, .esi = 1, .edi = 2, .ebp = 8}));
    EXPECT_EQ((sim::IdNearest{.id = id}.regs()), (sim::Regs{.esi = 1, .edi = 2}));
    EXPECT_EQ((sim::Unmap{.fpage = 3, .mask = 4}.regs()), (sim::Regs{.eax = 3, .ecx = 4}));
    EXPECT_EQ((sim::ThreadSwitch{.to = id}.regs()), (sim::Regs{.esi = 1, .edi = 2}));
    const sim::ThreadSchedule schedule{.thread = id, .param = 9, .preempter = other};
    EXPECT_EQ(schedule.regs(), (sim::Regs{.eax = 9, .ebx = 3, .esi = 1, .edi = 2, .ebp = 4}));
    const sim::ExRegs ex_regs{.target = 9, .esp = 8, .eip = 7, .pager = id, .preempter = other};
    EXPECT_EQ(ex_regs.regs(),
              (sim::Regs{.eax = 9, .ebx = 3, .ecx = 8, .edx = 7, .esi = 1, .edi = 2, .ebp = 4}));
    const sim::TaskNew task_new{.task = id, .mcp_or_chief = 9, .esp = 8, .eip = 7, .pager = other};
    EXPECT_EQ(task_new.regs(),
              (sim::Regs{.eax = 9, .ebx = 3, .ecx = 8, .edx = 7, .esi = 1, .edi = 2, .ebp = 4}));
}

TEST(Text, FindsProgramsByTheirEntryOnly) {
    sim::Text text;
    const sim::Entry a = text.add(sim::Body{}), b = text.add(sim::Body{});
    EXPECT_NE(a.eip, b.eip);
    EXPECT_NE(text.at(a.eip), nullptr);
    EXPECT_NE(text.at(a.eip), text.at(b.eip));
    EXPECT_EQ(text.at(a.eip + 2), nullptr);
    EXPECT_EQ(text.at(b.eip + sim::Text::window), nullptr);
    EXPECT_EQ(text.at(0), nullptr);
}

} // namespace
