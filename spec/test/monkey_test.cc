// SPDX-License-Identifier: BSD-2-Clause
// Random events from a small world: nothing may break, whatever the order.
#include <array>
#include <initializer_list>
#include <random>
#include <set>

#include "spec/test/driver.h"

namespace spec {
namespace {

/// Chooses arguments that have a good chance to mean something.
class Monkey {
public:
    explicit Monkey(unsigned seed) : random_(seed), system_(config(seed)) {
        call(L4_VEC_THREAD_SWITCH, {});
        call(L4_VEC_IPC, {.eax = L4_IPC_NO_SEND, .ebp = L4_RCV_OPEN});
        page_in(0x1000, 12);
        page_in(0x5000, 12);
        page_in(0x800000, seed % 2 == 0 ? 12 : 22);
        for (const Word lthread : {1u, 2u}) {
            call(L4_VEC_LTHREAD_EX_REGS, {.eax = lthread, .edx = 0x1000, .esi = low(sigma0)});
        }
        for (const TaskNo task : {TaskNo{5}, TaskNo{6}}) {
            call(L4_VEC_TASK_NEW, {.eax = l4_task_new_create(255, seed % 3 == 1 ? 10 + seed % 7 : 0) |
                                          (seed % 4 == 0 ? L4_TASK_NEW_ALIEN : 0),
                                   .ebx = low(root),
                                   .edx = 0x1000,
                                   .esi = low({task, 0})});
        }
        for (Word lthread = 0; seed % 2 == 0 && lthread < 3; ++lthread) { // takes exceptions
            const Physical utcb = Ram::utcb(4, L4_UTCB_SIZE * lthread);
            system_.ram().set_word(utcb, one_of({1u, 9u, 0x29u}));
            system_.ram().set_word(utcb + 0x44, one_of({0u, 2u}));
            system_.ram().set_word(utcb + 0x48, 16);
            system_.ram().set_word(utcb + 0x64, 4000);
        }
    }

    void step() {
        now_ += one_of({0u, 0u, 1u, 300u, 5000u});
        if (!system_.current()) {
            chance(2) ? event(Event::irq(below(4))) : timer();
        } else if (system_.current_in_kernel()) {
            chance(4) ? event(Event::irq(below(4))) : event(Event::resume());
        } else {
            user();
        }
    }

    System& system() { return system_; }
    /// Idle, and nothing will ever happen but interrupts.
    bool is_over() const { return !system_.current() && !system_.timer(); }

private:
    /// Root asks for a page, sigma0 gives it.
    void page_in(Word va, Word size_log2) {
        event(Event::page_fault(va, system_.error_code(va, true)));
        if (!system_.access(va, true)) {
            event(Event::page_fault(va, pf_user | pf_write));
        }
        call(L4_VEC_IPC,
             {.eax = L4_SND_MAP, .ebx = l4_fpage(va, size_log2, 2), .edx = va, .esi = low(root), .ebp = 1});
    }

    static Config config(unsigned seed) {
        Config c{.kernel_begin = 0x400000, .kernel_end = 0x800000};
        if (seed % 3 == 0) { // little memory
            c.kernel_frames = 52 + seed % 50;
            c.sigma0_frames = 16 + seed % 9;
        }
        return c;
    }

    Word below(Word n) { return static_cast<Word>(random_() % n); }
    bool chance(Word n) { return below(n) == 0; }
    Word one_of(std::initializer_list<Word> all) { return all.begin()[below(static_cast<Word>(all.size()))]; }
    void event(const Event& e) { system_.handle(e, now_); }

    void timer() {
        now_ = std::max(now_, system_.timer().value_or(now_));
        event(Event::timer());
    }

    Word id() {
        if (chance(12)) {
            return one_of({0u, 1u, 2u, 3u, 0xffffffffu});
        }
        return low({static_cast<TaskNo>(one_of({2u, 4u, 4u, 4u, 5u, 6u, 7u})),
                    static_cast<std::uint16_t>(below(3))});
    }
    Word address() {
        return one_of({0u, 0x1000u, 0x2000u, 0x5000u, 0x6000u, 0x800000u, 0x801000u, 0xbfc00000u});
    }
    Word fpage() {
        if (chance(8)) {
            return l4_io_fpage(below(64), one_of({0u, 2u, 4u, 16u}), below(2));
        }
        return l4_fpage(address(), one_of({12u, 12u, 13u, 16u, 22u, 32u, 5u}), below(4));
    }
    Word timeouts() {
        return one_of({0u, 0u, 0x05050088u, L4_TIMEOUT_ZERO, 0x0505ffeeu, 0x0505ccddu, l4_timeout_pf(15, 14),
                       l4_timeout_pf(13, 0)});
    }

    /// Answers what came last as a pager would, and waits for more.
    void serve() {
        const Registers& r = system_.registers();
        const bool pager = chance(8) || (r.ebx == 0xffffffffu && !chance(6)) || (r.edx & 3) == 2;
        call(L4_VEC_IPC, {.eax = pager ? L4_SND_MAP : one_of({0u, address() | 0x800u, 0xffffffffu}),
                          .ebx = pager ? l4_fpage(r.edx, one_of({12u, 12u, 12u, 22u}), 2) : fpage(),
                          .ecx = L4_TIMEOUT_SND_ZERO,
                          .edx = r.edx,
                          .esi = r.esi,
                          .ebp = one_of({1u, 1u, 1u, address() | 1u, 0x83u})});
    }

    void user() {
        if (chance(2) && (!chance(3) || system_.current() == sigma0)) {
            return serve();
        }
        switch (below(22)) {
            case 17: return set_up_utcb();
            case 18: return event(Event::exception(one_of({0u, 1u, 3u, 6u, 8u, 13u, 17u}), below(8)));
            case 19:
                return chance(3) ? event(Event::io_fault(below(64), one_of({0u, 1u, 2u, 4u}))) : emulate();
            case 20:
            case 21: return ex_regs();
            case 0: return event(Event::irq(below(4)));
            case 16:
                return call(L4_VEC_IPC,
                            {.eax = 0xffffffffu, .ecx = chance(2) ? 1u : 0x01000008u, .esi = below(4)});
            case 1: return timer();
            case 2:
            case 3:
            case 4: return touch();
            case 5:
                return call(
                    L4_VEC_FPAGE_UNMAP,
                    {.eax = fpage(),
                     .ecx = one_of({0u, 2u, 0x80000002u, 0x80000001u, 0x80000000u, 0x502u, 0x80000402u})});
            case 6: return call(L4_VEC_THREAD_SWITCH, {.esi = chance(2) ? 0u : id()});
            case 7:
                return call(L4_VEC_THREAD_SCHEDULE,
                            {.eax = chance(3) ? 0xffffffffu : l4_sched_param(one_of({15u, 16u, 17u}), 40, 12),
                             .ebx = id(),
                             .esi = id()});
            case 8:
                return call(L4_VEC_LTHREAD_EX_REGS, {.eax = below(4) | (chance(3) ? L4_EX_REGS_NO_CANCEL : 0),
                                                     .ebx = 0xffffffffu,
                                                     .ecx = 0x3000,
                                                     .edx = chance(3) ? 0xffffffffu : 0x1000u,
                                                     .esi = id()});
            case 9:
                if (!chance(4)) {
                    return touch();
                }
                return call(L4_VEC_TASK_NEW,
                            {.eax = chance(3) ? id() : l4_task_new_create(255, one_of({0u, 0u, 10u, 14u})),
                             .ebx = chance(3) ? 0u : id(),
                             .edx = 0x1000,
                             .esi = low({static_cast<TaskNo>(5 + below(3)), 0})});
            case 10:
                if (chance(8)) {
                    return event(Event::exception(6));
                }
                return call(L4_VEC_ID_NEAREST, {.esi = id()});
            default: return ipc();
        }
    }

    /// Flags of every kind, in any task.
    void ex_regs() {
        Word flags = 0;
        for (Word bit = 18; bit < 31; ++bit) {
            flags |= chance(4) ? 1u << bit : 0;
        }
        call(L4_VEC_LTHREAD_EX_REGS,
             {.eax = one_of({0u, 4u << 7, 5u << 7, 6u << 7, 7u << 7}) | below(4) | flags,
              .ebx = 0xffffffffu,
              .ecx = 0xffffffffu,
              .edx = chance(2) ? 0xffffffffu : 0x1000u,
              .esi = chance(2) ? 0xffffffffu : id()});
    }

    void set_up_utcb() {
        const Word words = L4_UTCB_AREA + L4_UTCB_SIZE * system_.current()->lthread;
        switch (below(6)) {
            case 0: system_.store(words, one_of({1u, 1u, 9u, 0x11u, 0x21u, 0x39u, 0u})); break;
            case 1: system_.store(words + 0x44, one_of({0u, 3u, 16u, 16u})); break;
            case 2: system_.store(words + 0x48, one_of({0u, 3u, 16u, 16u})); break;
            case 3: system_.store(words + 0x64, static_cast<Word>(now_) + below(5000)); break;
            case 4: system_.store(words + 0x6c, below(9)); break;
            default: system_.store(words + 4 + 4 * below(16), chance(2) ? fpage() : address()); break;
        }
    }

    void emulate() {
        Registers& r = system_.registers();
        r.eax = address();
        r.ebx = 8 * below(4);
        r.ecx = below(3);
        r.edx = 0;
        r.esi = id();
        event(Event::emulate(chance(2) ? Emulated::lidt : Emulated::lldt));
    }

    void ipc() {
        const Word buffer = address() + one_of({0u, 0x800u, 0xff8u});
        const Word send = one_of({0xffffffffu, 0u, 0u, 1u, 2u, 3u, buffer, buffer | 2u});
        const Word receive =
            one_of({0xffffffffu, 0u, 1u, 1u, 0x82u, 0x83u, buffer, buffer | 1u, fpage() | 2u});
        call(L4_VEC_IPC, {.eax = send,
                          .ebx = fpage(),
                          .ecx = timeouts(),
                          .edx = chance(20) ? 0xffffffffu : address(),
                          .esi = id(),
                          .edi = chance(9) ? 0x20000u * below(16) : 0,
                          .ebp = receive});
    }

    /// Writes something that could be part of a message, or faults.
    void touch() {
        const Word va = address() + 4 * one_of({0u, 1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u, 9u, 512u, 513u, 514u,
                                                518u, 519u, 520u, 1022u, 1023u});
        const bool write = !chance(3);
        if (!system_.access(va, write)) {
            return event(Event::page_fault(va, system_.error_code(va, write)));
        }
        if (write) {
            system_.store(va, one_of({l4_msgdope(3, 1), l4_msgdope(4, 2), l4_msgdope(1030, 1), 5u,
                                      0x80000003u, 0x1001u, address(), fpage()}));
        }
    }

    void call(Word vector, const Registers& in) {
        Registers& r = system_.registers();
        const Registers old = r;
        r = in;
        r.esp = old.esp;
        r.eip = old.eip;
        r.eflags = old.eflags;
        r.gs = old.gs;
        r.fs = old.fs;
        event(Event::syscall(vector));
    }

    std::mt19937 random_;
    System system_;
    Time now_ = 0;
};

TEST(MonkeyTest, NothingBreaks) {
    std::set<ThreadState> states;
    std::set<Word> codes, traps;
    std::size_t most_pages = 0;
    for (unsigned seed = 0; seed < 400; ++seed) {
        Monkey monkey(seed);
        for (int step = 0; step < 400 && !monkey.is_over(); ++step) {
            const Observation before = step % 50 == 0 ? monkey.system().observe() : Observation{};
            monkey.step();
            const std::string wrong = monkey.system().check();
            ASSERT_EQ(wrong, "") << "seed " << seed << " step " << step;
            const Observation seen = monkey.system().observe();
            if (step % 50 == 0) {
                EXPECT_EQ(diff(before, seen).empty(), before == seen);
            }
            for (const auto& [name, t] : seen.threads) {
                states.insert(t.state);
                codes.insert(t.registers.eax & 0xff);
                traps.insert(t.fault == FaultKind::exception ? t.trapno : 0);
            }
            for (const auto& [number, task] : seen.tasks) {
                most_pages = std::max(most_pages, task.mappings.size());
            }
        }
    }
    for (const Word code : {0x10u, 0x20u, 0x30u, 0x40u, 0x50u, 0x60u, 0x70u, 0x80u, 0x90u, 0xa0u, 0xb0u,
                            0xc0u, 0xd0u, 0xe0u, 0xf0u}) {
        EXPECT_EQ(codes.count(code), 1u) << "never saw " << code;
    }
    for (const Word trap : {6u, 13u, 14u, 0xfeu, 0xffu}) {
        EXPECT_EQ(traps.count(trap), 1u) << "never saw " << trap;
    }
    EXPECT_EQ(states.size(), 13u); // all but fault_partner, which lasts no longer than an entry
    EXPECT_GT(most_pages, 10u);
}

TEST(MonkeyTest, TheSameAgain) {
    Monkey a(7), b(7);
    for (int step = 0; step < 500; ++step) {
        a.step();
        b.step();
        ASSERT_EQ(diff(a.system().observe(), b.system().observe()), "");
    }
}

} // namespace
} // namespace spec
