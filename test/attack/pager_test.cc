// SPDX-License-Identifier: BSD-2-Clause
// Pagers that want to hold up their clients' partners (docs/semantics.md 7.7, testing V3).
#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "l4/abi/exception.h"
#include "l4/abi/fpage.h"
#include "sim/message_buffer.h"
#include "test/attack/support/world.h"
#include "test/support/checked_world.h"

namespace attack {
namespace {

constexpr Word page = 0x1000, buffer = 0x10000000, string = 0x10800000, hole = string + page;
constexpr Word treasure = 0x30000000; ///< pages of the pager's own
constexpr Word size = 2 * page, long_answer = 0x10a6;
constexpr std::uint64_t begin = 1000, patience = 1024;
constexpr Word patience_exp = 10;   ///< 4^(15-10) us
constexpr std::uint64_t half = 520; ///< about; begin + half is a time that a timeout can say

enum class Deed { silent, words, other_page, read_only, refuse, restarts, dies_with_it, dies_before };
struct Case {
    const char* name;
    Deed deed;
    Word answers; ///< faults that it answers in its way; then it is silent
    bool refused; ///< the transfer ends at once, and not when the time is over
};
const Case cases[] = {
    {"NeverAnswers", Deed::silent, 0, false},
    {"AnswersWithoutAPage", Deed::words, 3, false},
    {"MapsAnotherPage", Deed::other_page, 3, false},
    {"MapsReadOnly", Deed::read_only, 3, false},
    {"Refuses", Deed::refuse, 1, true},
    {"RestartsItself", Deed::restarts, 1, false},
    {"IsDeletedWithTheFault", Deed::dies_with_it, 1, false},
    {"IsDeletedBeforeItLooks", Deed::dies_before, 0, true},
};
const kern::Limits bounds[] = {kern::unlimited, kern::Limits{}, tiny};

/// How long the server is held in a transfer, in virtual time; nothing but waiting takes any here.
class Hold : private sim::Observer {
public:
    Hold(sim::World& w, l4_threadid_t who) : who_(who) { w.observe(*this); }
    std::uint64_t longest = 0;

private:
    void after(sim::World& w, const kern::Event&, const kern::Thread&) override {
        const kern::Thread* const t = w.find(who_);
        const bool held = t && (t->wait().what == For::transfer || t->wait().what == For::fault_of ||
                                t->transfer().to || t->fault().kind != kern::Fault::Kind::none);
        if (held_) longest = std::max(longest, w.now().raw() - since_);
        if (!held) since_ = w.now().raw();
        held_ = held;
    }
    const l4_threadid_t who_;
    std::uint64_t since_ = 0;
    bool held_ = false;
};

/// Server A, hostile client B with pager C (and C.1, its accomplice), honest client D.
class Siege {
public:
    Siege(const Case& c, const kern::Limits& limits, Word server_pf)
        : case_(c), pf_(server_pf), w({.limits = limits}), hold(w, a) {
        w.spawn(5, 0, [this](User u) { return server(u); });
        w.spawn(7, 0, [this](User u) { return pager(u); });
        w.spawn(7, 1, [this](User u) { return accomplice(u); });
        w.spawn(8, 0, [this](User u) { return honest(u); });
        restarted_ = w.program([](User u) -> Program { co_await u.sleep(); });
    }
    void client(bool sends) {
        w.spawn(6, 0, [=, this](User u) { return hostile(u, sends); });
        w.run();
    }

    std::vector<Word> errors;         ///< of the server's calls
    std::vector<std::uint64_t> times; ///< when
    Word result = ~0u;                ///< of the hostile client's call
    unsigned served = 0, faults = 0;

private:
    const Case& case_;
    const Word pf_;

public:
    test::CheckedWorld w;
    Hold hold;

private:
    Program server(User u);
    Program hostile(User u, bool sends);
    Program pager(User u);
    Program accomplice(User u);
    Program honest(User u);
    sim::Entry restarted_;
};

Program Siege::server(User u) {
    sim::MessageBuffer m(buffer, 2, 1);
    m.send(2, 1);
    m.set_string(0, {size, string, size, string});
    co_await u.put(m);
    for (Word i = 0; i < size; i += page) co_await u.store8(string + i, 1);
    const Word timeout = L4_TIMEOUT_SND_ZERO | l4_timeout_pf(pf_, pf_);
    sim::Ipc call{.receive = buffer | L4_RCV_OPEN, .timeout = timeout};
    for (;;) {
        const sim::IpcResult r = co_await u(call);
        call = {.receive = buffer | L4_RCV_OPEN, .timeout = timeout};
        if (r.error() != 0) {
            errors.push_back(r.error());
            times.push_back(u.now().raw());
            continue;
        }
        call.partner = r.from;
        call.w0 = r.w0;
        call.send = r.w0 == long_answer ? buffer : 0;
    }
}

Program Siege::hostile(User u, bool sends) {
    sim::MessageBuffer m(buffer, 2, 1);
    m.send(2, 1);
    m.set_string(0, {size, string, size, string});
    co_await u.put(m);
    co_await u.store8(string, 1);
    co_await u(sim::ExRegs{.target = 0, .pager = c});
    co_await until(u, begin);
    const sim::Ipc call = sends ? sim::Ipc{.partner = a, .send = buffer}
                                : sim::Ipc{.partner = a, .w0 = long_answer, .send = 0, .receive = buffer};
    result = (co_await u(call)).error();
}

Program Siege::pager(User u) {
    co_await u.store8(treasure, 1);
    if (case_.deed == Deed::dies_before) co_await u.sleep();
    sim::IpcResult m = co_await u.wait();
    for (;; ++faults) {
        if (faults >= case_.answers) {
            ++faults;
            co_await u.sleep();
        }
        const Word wanted = m.w0 & L4_FP_PAGE_MASK;
        switch (case_.deed) {
            case Deed::words: m = co_await u.reply_and_wait(m.from, 1, 2); break;
            case Deed::refuse: m = co_await u.reply_and_wait(m.from, L4_PF_REFUSED, 0); break;
            case Deed::other_page:
                m = co_await u.reply_fpage_and_wait(m.from, wanted + page * (faults + 1),
                                                    l4_fpage(treasure, L4_PAGE_SHIFT, L4_FP_WRITE));
                break;
            case Deed::read_only:
                m = co_await u.reply_fpage_and_wait(m.from, wanted, l4_fpage(treasure, L4_PAGE_SHIFT, 0));
                break;
            case Deed::restarts: co_await u(sim::ExRegs{.target = 0, .eip = restarted_.eip}); break;
            default: co_await u.sleep(); // until it is deleted
        }
    }
}

/// Has the pager killed, before the fault's time is over.
Program Siege::accomplice(User u) {
    co_await until(u, begin + half);
    const bool dies = case_.deed == Deed::dies_with_it || case_.deed == Deed::dies_before;
    if (!dies) co_return;
    w.spawn(L4_TASK_ROOT, 1, [](User v) -> Program { co_await v(deletion(c)); });
}

/// Wants an answer every 100 us, and has it at once or counts it as lost.
Program Siege::honest(User u) {
    for (Word i = 0; i < 40; ++i) {
        co_await until(u, 500 + i * 100);
        const sim::IpcResult r = co_await u.call(a, i, 0, sim::send_timeout(Micros{1}));
        served += r.ok() && r.w0 == i && u.now().raw() == 500 + i * 100;
    }
}

class Pagers : public ::testing::TestWithParam<std::tuple<Case, int>> {
protected:
    const Case& deed() const { return std::get<0>(GetParam()); }
    const kern::Limits& limits() const { return bounds[std::get<1>(GetParam())]; }
};
INSTANTIATE_TEST_SUITE_P(ThatOne, Pagers,
                         ::testing::Combine(::testing::ValuesIn(cases), ::testing::Range(0, 3)),
                         [](const auto& p) {
                             return std::string(std::get<0>(p.param).name) +
                                    std::to_string(std::get<1>(p.param));
                         });

TEST_P(Pagers, NeverHoldsAServerThatAllowsItNoTime) {
    for (const bool sends : {true, false}) {
        Siege s(deed(), limits(), L4_TIMEOUT_PF_ZERO);
        s.client(sends);
        EXPECT_EQ(s.errors, (std::vector<Word>{sends ? L4_IPC_RERCVPFTO : L4_IPC_SESNDPFTO}));
        EXPECT_EQ(s.result, sends ? L4_IPC_SERCVPFTO : L4_IPC_RESNDPFTO);
        EXPECT_EQ(s.times, std::vector<std::uint64_t>{begin});
        EXPECT_EQ(s.hold.longest, 0u);
        EXPECT_EQ(s.served, 40u);
        EXPECT_EQ(s.faults, 0u) << "it is not even asked";
    }
}

TEST_P(Pagers, HoldsAServerNoLongerThanTheServerAllowsForItsLastFault) {
    for (const bool sends : {true, false}) {
        if (sends && deed().deed == Deed::read_only) continue; // enough for a sender
        Siege s(deed(), limits(), patience_exp);
        s.client(sends);
        const bool at_once = deed().deed == Deed::refuse;
        const bool late = deed().deed == Deed::dies_before;
        const std::uint64_t lasts = at_once ? 0 : late ? half : patience;
        const Word receivers = deed().refused ? L4_IPC_REABORTED
                               : sends        ? L4_IPC_RERCVPFTO
                                              : L4_IPC_RESNDPFTO,
                   senders = deed().refused ? L4_IPC_SEABORTED
                             : sends        ? L4_IPC_SERCVPFTO
                                            : L4_IPC_SESNDPFTO;
        EXPECT_EQ(s.errors, (std::vector<Word>{sends ? receivers : senders}));
        EXPECT_EQ(s.result, sends ? senders : receivers);
        EXPECT_EQ(s.times, std::vector<std::uint64_t>{begin + lasts});
        EXPECT_EQ(s.hold.longest, lasts);
        EXPECT_GE(s.served, 40u - lasts / 100 - 1);
    }
}

/// What V2 leaves open: the time counts for each fault anew, and so a server that gives any time at all can
/// be held for as long as the pager likes to answer wrongly.  Only zero is safe.
TEST(Pager, ThatAnswersWronglyInTimeHoldsAServerThatAllowsItAnyTime) {
    constexpr Case slow{"", Deed::silent, 0, false};
    Siege s(slow, kern::unlimited, patience_exp);
    s.w.spawn(9, 0, [](User u) -> Program {
        sim::IpcResult m = co_await u.wait();
        for (int i = 0; i < 20; ++i) {
            co_await u.sleep(sim::receive_timeout(Micros{patience - 24}));
            m = co_await u.reply_and_wait(m.from, 1, 2);
        }
    });
    s.w.spawn(6, 0, [](User u) -> Program {
        sim::MessageBuffer m(buffer, 2, 1);
        m.send(2, 1);
        m.set_string(0, {size, hole, 0, 0});
        co_await u.put(m);
        co_await u(sim::ExRegs{.target = 0, .pager = l4_threadid(9, 0)});
        co_await until(u, begin);
        co_await u(sim::Ipc{.partner = a, .send = buffer});
    });
    s.w.run();
    EXPECT_EQ(s.hold.longest, 20 * (patience - 24) + patience);
}

/// C gives a page for each fault, and takes all of them back after each of the first entries of the copy.
class Flusher {
public:
    Flusher(bool of_sender, unsigned times)
        : of_sender_(of_sender), left_(times), w({.limits = tiny}), fire(w) {
        w.spawn(7, 0, [this](User u) { return pager(u); });
        w.spawn({.task = 7,
                 .lthread = 1,
                 .program = w.program([this](User u) { return flush(u); }),
                 .prio = 200});
        w.spawn(5, 0, [this](User u) { return side(u, false); });
        w.spawn(6, 0, [this](User u) { return side(u, true); });
        w.run(2000000);
    }
    bool ok[2] = {false, false};
    unsigned faults = 0;
    std::vector<std::byte> got = std::vector<std::byte>(size);
    static std::byte content(Word i) { return static_cast<std::byte>(i * 37 + i / 256); }

private:
    Program side(User u, bool sends) {
        sim::MessageBuffer m(buffer, 2, 1);
        m.send(2, 1);
        m.set_string(0, {size, string, size, string});
        co_await u.put(m);
        std::vector<std::byte> bytes(size);
        for (Word i = 0; i < size; ++i) bytes[i] = content(i);
        const bool holed = sends == of_sender_;
        if (!holed) co_await u.store_block(string, bytes.data(), size);
        if (holed) co_await u(sim::ExRegs{.target = 0, .pager = c});
        co_await until(u, sends ? begin : begin - 1);
        if (sends) fire.begin();
        const sim::Ipc call =
            sends ? sim::Ipc{.partner = a, .send = buffer} : sim::Ipc{.partner = b, .receive = buffer};
        ok[sends] = (co_await u(call)).ok();
        fire.end();
        if (!sends) co_await u.load_block(string, got.data(), size);
    }
    Program pager(User u) {
        for (Word i = 0; i < size; i += page) {
            std::vector<std::byte> bytes(page);
            for (Word j = 0; j < page; ++j) bytes[j] = content(i + j);
            co_await u.store_block(treasure + i, bytes.data(), page);
        }
        sim::IpcResult m = co_await u.wait();
        for (;; ++faults) {
            const Word at = m.w0 & L4_FP_PAGE_MASK;
            m = co_await u.reply_fpage_and_wait(
                m.from, at, l4_fpage(treasure + (at - string) % size, L4_PAGE_SHIFT, L4_FP_WRITE));
        }
    }
    Program flush(User u) {
        co_await u.attach(Drumfire::line.raw());
        for (;; --left_) {
            co_await u.receive(l4_irq_id(Drumfire::line.raw()));
            if (left_ == 0) break;
            co_await u(sim::Unmap{.fpage = l4_fpage(treasure, L4_PAGE_SHIFT + 1, 0), .mask = L4_FP_FLUSH});
        }
        fire.end();
    }
    const bool of_sender_;
    unsigned left_;
    Watched w;
    Drumfire fire;
};

TEST(Pager, ThatTakesPagesBackInMidCopyDelaysItAndSpoilsNothing) {
    for (const bool of_sender : {true, false}) {
        for (const unsigned times : {40u, 100u, 500u}) { // the first shots hit the descriptors
            const Flusher f(of_sender, times);
            EXPECT_TRUE(f.ok[0] && f.ok[1]) << times;
            EXPECT_GT(f.faults, 2u);
            for (Word i = 0; i < size; ++i) ASSERT_EQ(f.got[i], Flusher::content(i)) << i << " of " << times;
        }
    }
}

/// C's answer to a fault of B's is a flexpage of 16 pages.  After so many entries of it C.1 takes the fault
/// back; what C gives D then goes to D, whole, and no further page to B.
class TakenBack {
public:
    explicit TakenBack(unsigned entries) : left_(entries), w({.limits = tiny}), fire(w) {
        w.spawn(7, 0, [this](User u) { return pager(u); });
        w.spawn({.task = 7,
                 .lthread = 1,
                 .program = w.program([this](User u) { return take_back(u); }),
                 .prio = 200});
        w.spawn(8, 0, [](User u) -> Program {
            for (;;) co_await u(sim::Ipc{.receive = User::rmap(L4_FP_WHOLE_SPACE) | L4_RCV_OPEN});
        });
        w.run();
        const sim::Entry faulter = w.program([](User u) -> Program {
            co_await u.load8(treasure);
            for (;;) co_await u.wait();
        });
        w.spawn({.task = 6, .program = faulter, .pager = c});
        w.run(200000);
    }
    Word pages(std::uint16_t task) {
        const kern::Space& space = w.kernel().tasks().task(kern::TaskNo{task})->space();
        Word n = 0;
        for (Word i = 0; i < count; ++i)
            n += w.kernel().map_db().present(space, kern::VAddr{treasure + i * page});
        return n;
    }
    static constexpr Word count = 16, log2 = L4_PAGE_SHIFT + 4;
    Word answered = 0, given = 0; ///< results of C's two messages
    Word at_once = 0;             ///< pages that B had when the fault was taken back

private:
    Program pager(User u) {
        for (Word i = 0; i < count; ++i) co_await u.store32(treasure + i * page, i);
        const sim::IpcResult m = co_await u.wait();
        fire.begin();
        answered = (co_await u.send_fpage(m.from, treasure, l4_fpage(treasure, log2, L4_FP_WRITE))).error();
        given = (co_await u.send_fpage(d, treasure, l4_fpage(treasure, log2, L4_FP_WRITE))).error();
    }
    Program take_back(User u) {
        const sim::Entry idle = w.program(sim::park);
        co_await u.attach(Drumfire::line.raw());
        for (; left_ != 0; --left_) co_await u.receive(l4_irq_id(Drumfire::line.raw()));
        at_once = pages(6);
        co_await u(sim::ExRegs{.target = l4_ex_regs_target(6, 0), .esp = 0x1000, .eip = idle.eip});
        fire.end();
    }
    unsigned left_;
    Watched w;
    Drumfire fire;
};

TEST(Pager, WhoseAnswerIsTakenBackInItsMiddleGivesNoMoreOfIt) {
    for (const unsigned entries : {2u, 44u, 50u}) { // most are for frames that are filled
        TakenBack s(entries);
        EXPECT_EQ(s.answered, std::uint32_t{L4_IPC_SEABORTED}) << entries;
        EXPECT_TRUE(s.at_once < TakenBack::count && (s.at_once > 0 || entries == 2)) << s.at_once;
        EXPECT_EQ(s.pages(6), s.at_once);
        EXPECT_EQ(s.given, std::uint32_t{L4_IPC_OK});
        EXPECT_EQ(s.pages(8), TakenBack::count);
    }
}

} // namespace
} // namespace attack
