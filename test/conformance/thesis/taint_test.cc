// SPDX-License-Identifier: BSD-2-Clause
// No thread ever sees a register, or a word of a UTCB, of another (issue class V6): every thread fills all
// general, segment and floating-point registers and its UTCB with a pattern of its own, and looks after
// everything it does.
#include <gtest/gtest.h>

#include <cstring>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "l4/abi/fpage.h"
#include "test/conformance/thesis/support/handler.h"

namespace conformance::thesis {
namespace {

/// One thread's marks: bytes that no other has, in every word.
class Mark {
public:
    explicit Mark(Word number) : byte_(0xc0 + number) {}
    static constexpr Word threads = 12;

    Word word(Word i) const { return byte_ << 24 | byte_ << 16 | byte_ << 8 | (i & 0xff); }
    arch::Frame frame() const {
        arch::Frame f = registers(0);
        f.eax = word(0), f.ebx = word(1), f.ecx = word(2), f.edx = word(3);
        f.esi = word(4), f.edi = word(5), f.ebp = word(6), f.esp = word(7);
        return f;
    }
    arch::FpuState fpu() const {
        arch::FpuState f;
        f.bytes.fill(static_cast<std::byte>(byte_));
        return f;
    }
    /// All of it, with these sizes: nothing is sent or accepted but what they say.
    l4_utcb_t utcb(Word status, Word snd_size, Word rcv_size) const {
        l4_utcb_t u{};
        Word words[sizeof u / sizeof(Word)];
        for (Word i = 0; i < std::size(words); ++i) words[i] = word(i);
        std::memcpy(&u, words, sizeof u);
        u.status = status, u.snd_size = snd_size, u.rcv_size = rcv_size;
        u.time_limit[0] = u.time_limit[1] = ~0u;
        u.map_count = 0;
        return u;
    }
    /// Is it a mark of another thread?
    bool foreign(Word w) const {
        const Word b = w >> 24;
        return b != byte_ && b >= 0xc0 && b < 0xc0 + threads && (w >> 16 & 0xff) == b && (w >> 8 & 0xff) == b;
    }

private:
    Word byte_;
};

/// Threads of four tasks and what they find.
class Tainted {
public:
    World w;
    std::vector<std::string> found;
    unsigned looks = 0;

    void find(User u, const char* where, const char* after) {
        std::ostringstream text;
        text << u.id().task.raw() << '.' << unsigned{u.id().lthread} << ": " << where << " after " << after;
        found.push_back(text.str());
    }
    /// After an operation that may write the general registers: no foreign mark; after one that may not: all
    /// as they were.
    sim::Routine<int> look(User u, Mark mark, l4_utcb_t utcb, const char* after, bool registers_kept) {
        ++looks;
        arch::Frame f{};
        arch::FpuState fpu;
        l4_utcb_t now{};
        co_await u.look(f);
        const arch::Frame own = mark.frame();
        for (const Word r : words(state_of(f)))
            if (mark.foreign(r)) find(u, "a foreign register", after);
        if (registers_kept && !(sim::Regs::of(f) == sim::Regs::of(own))) find(u, "another register", after);
        if (f.esp != own.esp || f.gs != gs_of_utcb || f.fs != 0x23) find(u, "another esp, gs or fs", after);
        if ((f.eflags & ~0x200u) != (own.eflags & ~0x200u)) find(u, "other flags", after);
        co_await u.get_fpu(fpu);
        if (!(fpu == mark.fpu())) find(u, "other floating-point registers", after);
        co_await u.utcb().load(now);
        if (std::memcmp(&now, &utcb, sizeof now) != 0) find(u, "another UTCB", after);
        const Word at = co_await u.load_gs(0);
        if (at != u.utcb().address()) find(u, "another UTCB's address", after);
        co_return 0;
    }
    sim::Routine<int> fill(User u, Mark mark, l4_utcb_t utcb) {
        arch::Frame f = mark.frame();
        arch::FpuState fpu = mark.fpu();
        co_await u.utcb().store(utcb);
        co_await u.set_fpu(fpu);
        co_await u.segments(gs_of_utcb, 0x23);
        co_await u.assume(f);
        co_return 0;
    }
    /// Does everything that a program can do, round after round.
    sim::Body subject(Word number, l4_threadid_t partner, int rounds = 6) {
        return [this, number, partner, rounds](User u) -> Program {
            const Mark mark(number);
            const l4_utcb_t utcb = mark.utcb(0, 0, 0);
            // What a new thread finds: zeros.
            arch::Frame fresh{};
            arch::FpuState fpu = mark.fpu();
            co_await u.look(fresh);
            co_await u.get_fpu(fpu);
            for (const Word r : words(state_of(fresh)))
                if (mark.foreign(r)) find(u, "a foreign register", "its start");
            if (!(fpu == arch::FpuState{})) find(u, "floating-point registers", "its start");
            for (int i = 0; i < rounds; ++i) {
                co_await fill(u, mark, utcb);
                co_await u.compute(3000);
                co_await look(u, mark, utcb, "computing", true);
                co_await u.load32(0x10000000 + 0x1000 * ((number + static_cast<Word>(i)) % 3));
                co_await look(u, mark, utcb, "a page fault", true);
                co_await u.raise(L4_TRAP_OVERFLOW);
                co_await look(u, mark, utcb, "an exception", true);
                co_await u.syscall(0x80, sim::Regs::of(mark.frame()));
                co_await look(u, mark, utcb, "int 0x80", true);
                co_await u.call(partner, 0, 0, send_timeout(Micros{500}) | receive_timeout(Micros{500}));
                co_await look(u, mark, utcb, "an IPC", false);
                co_await u.sleep(receive_timeout(Micros{1 + number}));
                co_await look(u, mark, utcb, "a sleep", false);
                co_await u(sim::ThreadSwitch{});
                co_await look(u, mark, utcb, "a yield", false);
                co_await u(sim::ExRegs{.target = u.id().lthread});
                co_await look(u, mark, utcb, "an ex_regs", false);
                co_await u(sim::IdNearest{.id = partner});
                co_await u(sim::ThreadSchedule{.thread = partner});
                co_await look(u, mark, utcb, "queries", false);
                co_await u(
                    sim::Unmap{.fpage = l4_fpage(0x10000000, 14, 0), .mask = L4_FP_FLUSH | L4_FP_ALL_SPACES});
                co_await look(u, mark, utcb, "an unmap", false);
            }
        };
    }
    /// Answers exceptions with the state behind the instruction, and page faults with a page; its own marks,
    /// too.
    sim::Body pager(Word number, Word status) {
        return [this, number, status](User u) -> Program {
            const Mark mark(number);
            co_await u.store32(0x30000000, 0);
            const l4_utcb_t utcb = mark.utcb(status, 0, L4_UTCB_STATE_WORDS);
            co_await fill(u, mark, utcb);
            for (;;) {
                const IpcResult m = co_await u.wait();
                l4_utcb_t now{}, expected = utcb;
                co_await u.utcb().load(now);
                const bool exception = m.w0 == L4_EXC_COOKIE_0;
                const bool with_state = exception || (status & L4_UTCB_PF_STATE) != 0;
                if (with_state) expected.state = now.state;
                expected.snd_size = now.snd_size;
                if (std::memcmp(&now, &expected, sizeof now) != 0)
                    find(u, "another word of the UTCB", "a fault");
                if (with_state && sender_is_foreign(m, now.state))
                    find(u, "the state of another thread", "a fault");
                if (exception && now.state.trapno == L4_TRAP_PROTECTION)
                    now.state.eip += sim::instruction_length;
                now.snd_size = with_state ? L4_UTCB_STATE_WORDS : 0;
                co_await u.utcb().store(now);
                if (exception)
                    co_await u(words_to(m.from));
                else
                    co_await u(
                        fpage_to(m.from, m.w0 & L4_FP_PAGE_MASK, l4_fpage(0x30000000, 12, L4_FP_WRITE)));
                l4_utcb_t clean = utcb;
                co_await u.utcb().store(clean);
                arch::FpuState fpu;
                co_await u.get_fpu(fpu);
                if (!(fpu == mark.fpu())) find(u, "other floating-point registers", "a fault");
            }
        };
    }
    std::vector<std::pair<std::uint32_t, Word>> numbers; ///< low id word, and the mark of that thread

private:
    bool sender_is_foreign(const IpcResult& m, const l4_utcb_state_t& state) {
        ++looks;
        for (const auto& [low, number] : numbers) {
            if (low != m.from.low) continue;
            for (const Word r : words(state))
                if (Mark(number).foreign(r)) return true;
        }
        return false;
    }
};

TEST(Taint, NobodySeesAnothersRegistersOrUtcb) {
    ABI_ROW(fpu_state_is_private);
    ABI_ROW(utcb_words_are_copied);
    Tainted t;
    t.w.start(e, t.pager(0, L4_UTCB_EXCEPTIONS));
    t.w.start(d, t.pager(1, L4_UTCB_EXCEPTIONS | L4_UTCB_PF_STATE));
    t.w.run(1000);
    const l4_threadid_t ids[] = {a, l4_threadid(5, 1), l4_threadid(5, 127), b, l4_threadid(6, 9), c};
    for (Word i = 0; i < std::size(ids); ++i) t.numbers.emplace_back(ids[i].low, i + 2);
    for (Word i = 0; i < std::size(ids); ++i)
        t.w.start(ids[i], t.subject(i + 2, ids[(i + 1) % std::size(ids)]), {.pager = i % 2 == 0 ? e : d});
    EXPECT_EQ(t.w.run(1000000), sim::End::idle);
    EXPECT_EQ(t.found, std::vector<std::string>{});
    EXPECT_GE(t.looks, 6u * 6 * 10);
    for (const l4_threadid_t id : ids) EXPECT_EQ(t.w.state(id), For::sleep);
}

/// The test itself can fail: a mark that is really copied is seen.
TEST(Taint, IsSeenWhereItIsSent) {
    Tainted t;
    t.w.start(b, [&](User u) -> Program {
        const Mark mark(3);
        const l4_utcb_t utcb = mark.utcb(0, 0, 2);
        co_await t.fill(u, mark, utcb);
        co_await u.wait();
        co_await t.look(u, mark, utcb, "a message with words", false);
    });
    t.w.start(a, [&](User u) -> Program {
        const Mark mark(2);
        co_await t.fill(u, mark, mark.utcb(0, 2, 0));
        co_await u.send(b, mark.word(0), 0);
    });
    t.w.run();
    EXPECT_EQ(t.found, (std::vector<std::string>{"6.0: a foreign register after a message with words",
                                                 "6.0: another UTCB after a message with words"}));
}

} // namespace
} // namespace conformance::thesis
