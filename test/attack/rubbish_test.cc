// SPDX-License-Identifier: BSD-2-Clause
// Kernel memory holds rubbish before its first use and after each; no user ever sees any of it (testing V9,
// V13, G16).
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "l4/abi/fpage.h"
#include "sim/message_buffer.h"
#include "test/attack/support/hostile.h"

namespace attack {
namespace {

constexpr Word rubbish = 0xa5a5a5a5;

bool smells(Word word) { return (word & 0xffff) == (rubbish & 0xffff) || word >> 16 == rubbish >> 16; }

/// Looks at the registers of all threads after each event, and at all users' memory at the end.
class Nose : private sim::Observer {
public:
    explicit Nose(sim::World& w) { w.observe(*this); }
    std::uint64_t words = 0;
    void all_memory(sim::World& w) {
        for (Word frame = 0; frame < w.machine().memory().user_frames(); ++frame) {
            const kern::PAddr pa{frame * arch::Memory::frame_size};
            if (!w.machine().memory().touched(pa)) continue;
            const auto bytes = w.machine().page(pa);
            for (Word i = 0; i < bytes.size(); i += 4) {
                Word word;
                std::memcpy(&word, &bytes[i], 4);
                ++words;
                ASSERT_NE(word, rubbish) << "frame " << frame << " at " << i;
            }
        }
    }

private:
    void after(sim::World& w, const kern::Event&, const kern::Thread&) override {
        for (std::uint16_t n = L4_TASK_SIGMA0; n < 64; ++n) {
            const kern::Task* const task = w.kernel().tasks().task(kern::TaskNo{n});
            if (task == nullptr) continue;
            task->present().for_each([&](const kern::Thread& t) { registers(w, t); });
        }
    }
    void registers(sim::World& w, const kern::Thread& t) {
        const arch::Frame& f = t.frame;
        for (const Word word : {f.eax, f.ebx, f.ecx, f.edx, f.esi, f.edi, f.ebp, f.esp, f.eip, f.eflags}) {
            ++words;
            if (smells(word) && !found_) {
                found_ = true;
                ADD_FAILURE() << "event " << w.events() << ", thread " << t.task_no().raw() << "."
                              << int(t.lthread());
            }
        }
        for (Word i = 0; i < sizeof t.fpu.bytes; i += 4) {
            Word word;
            std::memcpy(&word, &t.fpu.bytes[i], 4);
            EXPECT_NE(word, rubbish);
        }
    }
    bool found_ = false;
};

/// Long messages whose every header word, string and flexpage is what it is by chance.
Program letters(User u, std::uint64_t seed, std::uint8_t lthread) {
    std::mt19937_64 dice(seed);
    const Word buffer = 0x10000000 + lthread * 0x10000u;
    const l4_threadid_t other = l4_threadid(20 + (u.id().task.raw() - 20 + 1) % 2, lthread);
    for (int i = 0; i < 60; ++i) {
        sim::MessageBuffer m(buffer, 16, 3);
        m.send(static_cast<Word>(dice() % 17), static_cast<Word>(dice() % 4));
        m.window() = dice() % 2 ? L4_FP_WHOLE_SPACE : l4_fpage(0x30000000, 14, 0);
        m.word(3) = dice() % 2 ? l4_fpage(buffer, 12, L4_FP_WRITE) : 0;
        for (Word s = 0; s < 3; ++s)
            m.set_string(s, {static_cast<Word>(dice() % 6000), buffer + 0x1000,
                             static_cast<Word>(dice() % 6000), buffer + 0x4000});
        co_await u.put(m);
        const bool sends = (i + u.id().task.raw()) % 2 != 0;
        const Word limit = sim::send_timeout(Micros{500}) | sim::receive_timeout(Micros{500});
        if (sends)
            co_await u(sim::Ipc{
                .partner = other, .send = buffer | (dice() % 2 ? L4_SND_MAP : 0u), .timeout = limit});
        else
            co_await u(sim::Ipc{.receive = buffer | L4_RCV_OPEN, .timeout = limit});
    }
}

TEST(Rubbish, IsInNoRegisterAndNoPageOfAnyUser) {
    for (const std::uint64_t seed : {1, 2, 3}) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Hostile hostile(seed);
        Watched w({.machine = {.user_pages = 3072, .kernel_pages = 600, .spoil = true},
                   .sigma0_frames = 40,
                   .instruction_time = Micros{1}});
        Nose nose(w);
        const sim::Entry entry = w.program([&](User u) { return hostile.run(u); });
        for (const std::uint16_t task : {20, 21})
            for (const std::uint8_t lthread : {0, 1})
                w.spawn(task, lthread, [=](User u) { return letters(u, seed * 10 + task, lthread); });
        w.spawn(L4_TASK_ROOT, 1, [=](User u) -> Program {
            for (int i = 0; i < 4; ++i) {
                co_await u(sim::TaskNew{
                    .task = a, .mcp_or_chief = l4_task_new_create(0, 60), .eip = entry.eip, .pager = root});
                for (std::uint16_t n = Hostile::first_task; n <= Hostile::last_task; ++n)
                    co_await u(sim::TaskNew{.task = l4_threadid(n, 0), .mcp_or_chief = a.low});
                co_await u.sleep(sim::receive_timeout(Micros{3000}));
                co_await u(deletion(a));
            }
        });
        EXPECT_EQ(w.run(1000000), sim::End::idle);
        nose.all_memory(w);
        EXPECT_GT(nose.words, 1000000u);
    }
}

} // namespace
} // namespace attack
