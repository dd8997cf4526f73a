// SPDX-License-Identifier: BSD-2-Clause
// What the thesis added: exceptions and answers with state, words of UTCBs, ports, tables for lidt and lldt.
#include "ia32/paging.h"
#include "l4/abi/exception.h"
#include "l4/abi/fpage.h"
#include "l4/abi/ipc.h"
#include "l4/abi/thread.h"
#include "l4/abi/utcb.h"
#include "sim/calls.h"
#include "test/lockstep/trace.h"

namespace test {
namespace {

std::uint32_t utcb_of(const kern::Thread& t) { return L4_UTCB_AREA + L4_UTCB_SIZE * t.lthread(); }

constexpr std::uint32_t at_state(std::uint32_t index) {
    return static_cast<std::uint32_t>(offsetof(l4_utcb_t, state)) + 4 * index;
}

} // namespace

/// What has been planned, one action after the other, and then this.
Action Trace::planned(Action last) {
    plan_.push_back(last);
    const Action first = plan_.front();
    plan_.pop_front();
    return first;
}

std::uint32_t Trace::ex_regs_flags() {
    std::uint32_t flags = 0;
    for (const std::uint32_t bit :
         {L4_EX_REGS_FPU_GET, L4_EX_REGS_FPU_SET, L4_EX_REGS_FPU_RESET, L4_EX_REGS_TLS, L4_EX_REGS_STOP,
          L4_EX_REGS_STATE_GET, L4_EX_REGS_STATE_SET, L4_EX_REGS_RAISE_EXCEPTION, L4_EX_REGS_ALIEN})
        if (dice_.chance(taste_.flags)) flags |= bit;
    return flags;
}

/// Does somebody take the running thread's exceptions?
bool Trace::has_handler() {
    const l4_threadid_t pager = scene_.self().pager();
    for (const kern::Thread* const t : scene_.threads()) {
        if (l4_id_task(pager) != t->task_no().raw() || l4_id_lthread(pager) != t->lthread()) continue;
        constexpr std::uint32_t per_frame = ia32::page_size / L4_UTCB_SIZE;
        const auto bytes = on_.machine().page(t->task().utcb_frame(t->lthread() / per_frame));
        const std::byte status = bytes[t->lthread() % per_frame * L4_UTCB_SIZE];
        return (status & std::byte{L4_UTCB_EXCEPTIONS}) != std::byte{0};
    }
    return false;
}

/// Rarely one that nobody takes: it is the end of the thread.
Action Trace::raise_exception() {
    if (!has_handler() && dice_.chance(80)) return compose_utcb();
    const std::uint32_t vector = dice_.pick(
        {L4_TRAP_DIVIDE, L4_TRAP_DEBUG, L4_TRAP_BREAKPOINT, L4_TRAP_INVALID_OP, L4_TRAP_DOUBLE_FAULT,
         L4_TRAP_STACK, L4_TRAP_PROTECTION, L4_TRAP_PROTECTION, L4_TRAP_ALIGNMENT, L4_TRAP_SIMD});
    const bool has_code = ia32::has_error_code(vector);
    const std::uint32_t code = !has_code ? 0 : dice_.pick({0u, L4_EXC_ERR_INT80, 0x18u, 0xffffu});
    return {.kind = Action::Kind::exception, .code = vector, .address = code};
}

/// Good ones for user mode and bad ones.
std::uint32_t Trace::selector() {
    return dice_.pick({0x2bu, 0x2bu, 0x33u, 0x33u, 0x3bu, 0x43u, 0x23u, 0x1bu, 0x30u, 0u, 3u, 8u, 0x37u,
                       0x4bu, 0x10033u, dice_.word()});
}

std::uint32_t Trace::state_word(std::uint32_t index) {
    switch (index) {
        case 0:
        case 1: return selector();
        case 14: return dice_.chance(50) ? dice_.word() : 0x202;
        case 15: return scratch();
        default: break;
    }
    return dice_.chance(30) ? scene_.fpage() : dice_.chance(50) ? scene_.page() : dice_.word();
}

/// The high word of a descriptor: of data segments mostly.
std::uint32_t Trace::descriptor_high() {
    return dice_.pick({0x00cff200u, 0x00cff300u, 0x00eff200u, 0x00cff000u, 0x00cff600u, 0x00cffa00u,
                       0x00cf9200u, 0x00cfe200u, 0x00cf7200u, 0u, dice_.word()});
}

/// One more store to the plan, into the own UTCB, or that of a neighbour.
void Trace::store_utcb_word() {
    std::uint32_t base = utcb_of(scene_.self());
    if (dice_.chance(10)) base = L4_UTCB_AREA + L4_UTCB_SIZE * scene_.lthread();
    const auto store = [&](std::size_t offset, std::uint32_t word) {
        plan_.push_back(Action::store(base + static_cast<std::uint32_t>(offset), word));
    };
    const std::uint64_t now = on_.machine().now().raw();
    switch (dice_.weighted(std::initializer_list<std::uint32_t>{6, 3, 5, 2, 2, 2, 4, 1})) {
        case 0:
            return store(offsetof(l4_utcb_t, status), dice_.pick({1u, 1u, 1u, 9u, 9u, 0x11u, 0x21u, 0x29u,
                                                                  0x39u, 0x28u, 0u, dice_.word()}));
        case 1:
            return store(offsetof(l4_utcb_t, snd_size),
                         dice_.pick({0u, 0u, 1u, 2u, 5u, 13u, 16u, 17u, 1000u, ~0u}));
        case 2:
            return store(offsetof(l4_utcb_t, rcv_size), dice_.pick({0u, 3u, 13u, 16u, 16u, 16u, 1000u, ~0u}));
        case 3: {
            const std::uint32_t ahead = dice_.pick({0u, 1u, 50u, 999u, 1000u, 5000u, 20000u});
            const std::uint64_t limit = dice_.chance(15) ? now - ahead : now + ahead;
            store(offsetof(l4_utcb_t, time_limit), static_cast<std::uint32_t>(limit));
            return store(offsetof(l4_utcb_t, time_limit) + 4, static_cast<std::uint32_t>(limit >> 32));
        }
        case 4:
            store(offsetof(l4_utcb_t, time_limit), dice_.pick({~0u, 0u, dice_.word()}));
            return store(offsetof(l4_utcb_t, time_limit) + 4, dice_.pick({~0u, ~0u, 0u}));
        case 5: {
            const std::uint32_t slot = dice_.below(3);
            store(offsetof(l4_utcb_t, tls) + 8 * slot, dice_.word());
            return store(offsetof(l4_utcb_t, tls) + 8 * slot + 4, descriptor_high());
        }
        case 6: {
            const std::uint32_t index = dice_.below(L4_UTCB_STATE_WORDS);
            return store(at_state(index), state_word(index));
        }
        default: return store(offsetof(l4_utcb_t, map_count), dice_.pick({0u, 1u, 2u, 8u, 1000u, ~0u}));
    }
}

Action Trace::compose_utcb() {
    for (unsigned i = dice_.between(1, 5); i != 0; --i) store_utcb_word();
    const Action last = plan_.back();
    plan_.pop_back();
    return planned(last);
}

/// More flexpages for an answer: their number, and pairs behind the words that are sent.
void Trace::store_page_list() {
    const std::uint32_t base = utcb_of(scene_.self()),
                        first = dice_.pick({0u, 0u, 1u, 2u, 13u, 14u, 15u, 16u});
    const std::uint32_t count = dice_.pick({1u, 2u, 3u, 7u, 8u, 1000u});
    plan_.push_back(Action::store(base + offsetof(l4_utcb_t, snd_size), first));
    plan_.push_back(Action::store(base + offsetof(l4_utcb_t, map_count), count));
    for (std::uint32_t at = first; at + 1 < L4_UTCB_STATE_WORDS && (at - first) / 2 < count; at += 2) {
        const auto page = mapped_page();
        const std::uint32_t rights = dice_.chance(70) ? L4_FP_WRITE : 0;
        const bool own = page && dice_.chance(80);
        plan_.push_back(Action::store(base + at_state(at), scene_.page()));
        plan_.push_back(Action::store(base + at_state(at + 1),
                                      own ? l4_fpage(page->page, page->size, rights) : scene_.fpage()));
        if (dice_.chance(15)) break;
    }
}

/// State for an answer or for ex_regs, each word in so many percent of cases.
void Trace::store_state(unsigned percent) {
    const std::uint32_t base = utcb_of(scene_.self());
    const std::uint32_t size = dice_.pick({16u, 16u, 16u, 2u, 5u, 13u, 15u, 1000u});
    plan_.push_back(Action::store(base + offsetof(l4_utcb_t, snd_size), size));
    for (std::uint32_t i = 0; i < L4_UTCB_STATE_WORDS; ++i)
        if (dice_.chance(percent)) plan_.push_back(Action::store(base + at_state(i), state_word(i)));
    if (dice_.chance(30)) store_utcb_word();
}

/// An address of memory that the running thread has: in a page of its own, or in a UTCB that nobody uses.
std::uint32_t Trace::scratch() {
    const std::uint32_t within = dice_.pick({0x10u, 0x100u, 0x800u, 0xff8u, 0xffcu, 0xffeu});
    if (dice_.chance(50)) return L4_UTCB_AREA + 0x2000 + within;
    return usable(scene_.page() + within);
}

/// What the pager of a thread with an exception answers.
Action Trace::answer_exception(const kern::Thread& waiting) {
    sim::Ipc call{.partner = l4_threadid(waiting.task_no().raw(), waiting.lthread()),
                  .send = 0,
                  .receive = L4_RCV_OPEN};
    call.w0 = dice_.pick({0u, L4_EXC_DEALIEN, L4_EXC_DEALIEN, ~0u, 2u});
    if (waiting.fault().trapno == L4_TRAP_PAGE_FAULT && dice_.chance(80)) {
        const auto page = mapped_page();
        call.send = L4_SND_MAP;
        call.w0 = waiting.fault().pfa & L4_FP_PAGE_MASK;
        call.w1 = page ? l4_fpage(page->page, page->size, L4_FP_WRITE) : scene_.fpage();
    }
    if (dice_.chance(15)) call.send = send_descriptor();
    if (dice_.chance(20)) call.receive = receive_descriptor();
    if (dice_.chance(20)) call.timeout = scene_.timeouts();
    if (call.send == L4_SND_MAP && call.w1 == 0) call.w1 = scene_.fpage();
    if (dice_.chance(taste_.state)) dice_.chance(20) ? store_page_list() : store_state(50);
    return planned(Action::call(L4_VEC_IPC, call.regs()));
}

/// A table for lidt with a few gates, then the instruction, then maybe an exception that it handles.
Action Trace::compose_table() {
    const std::uint32_t table = scratch() & ~3u, operand = scratch() & ~3u;
    const std::uint32_t vector = dice_.pick({0u, 1u, 3u, 6u, 8u, 13u, 17u});
    const std::uint32_t limit =
        dice_.pick({0x7fu, 0xffu, 0x7ffu, 0xffffu, 8 * vector + 7, 8 * vector + 6, 0u});
    plan_.push_back(Action::store(operand, table << 16 | limit));
    plan_.push_back(Action::store(operand + 4, table >> 16));
    if (dice_.chance(80)) {
        plan_.push_back(Action::store(table + 8 * vector, dice_.pick({0x1234u, 0u, dice_.word()})));
        plan_.push_back(Action::store(table + 8 * vector + 4, dice_.pick({0x56780000u, 0u, dice_.word()})));
    }
    if (dice_.chance(60)) {
        const std::uint32_t stack = scratch();
        plan_.push_back(Action::set(Lockstep::Register::esp, stack + dice_.below(4)));
    }
    const std::uint32_t eax = dice_.chance(90) ? operand : scene_.address();
    plan_.push_back({.kind = Action::Kind::emulate, .code = 0, .regs = {.eax = eax}});
    if (dice_.chance(60))
        return planned({.kind = Action::Kind::exception, .code = vector, .address = dice_.below(2) * 0x18});
    return planned(Action::load(table));
}

Action Trace::compose_tls() {
    const std::uint32_t at = scratch() & ~3u;
    for (std::uint32_t i = dice_.between(0, 3); i != 0; --i) {
        plan_.push_back(Action::store(at + 8 * i - 8, dice_.word()));
        plan_.push_back(Action::store(at + 8 * i - 4, descriptor_high()));
    }
    sim::Regs regs{.eax = dice_.chance(90) ? at : scene_.address()};
    regs.ebx = dice_.pick({8u, 16u, 24u, 0u, 7u, 32u, 15u, ~0u});
    regs.ecx = dice_.pick({0u, 1u, 2u, 3u, ~0u});
    regs.edx = dice_.pick({0u, 0u, 0u, 0u, 5u});
    const l4_threadid_t of =
        dice_.chance(60) ? l4_threadid(scene_.own_task(), scene_.self().lthread()) : scene_.thread();
    regs.esi = of.low;
    return planned({.kind = Action::Kind::emulate, .code = 1, .regs = regs});
}

Action Trace::use_port() {
    const std::uint32_t port =
        dice_.pick({0u, 0u, 0x60u, 0x3f8u, 0x1ffu, 0x7fffu, 0x8000u, 0xfffeu, 0xffffu});
    return {.kind = Action::Kind::io, .code = dice_.pick({0u, 0u, 1u, 1u, 2u, 4u}), .address = port};
}

Action Trace::change_register() {
    using Register = Lockstep::Register;
    switch (dice_.below(6)) {
        case 0: return Action::set(Register::gs, selector());
        case 1: return Action::set(Register::fs, selector());
        case 2: return Action::set(Register::eflags, dice_.word());
        case 3: return Action::set(Register::esp, scratch());
        case 4: return Action::set(Register::eip, dice_.word());
        default: return {.kind = Action::Kind::fpu, .value = dice_.word()};
    }
}

} // namespace test
