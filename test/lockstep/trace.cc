// SPDX-License-Identifier: BSD-2-Clause
#include "test/lockstep/trace.h"

#include <algorithm>

#include "ia32/paging.h"
#include "l4/abi/exception.h"
#include "l4/abi/limits.h"
#include "l4/abi/utcb.h"

namespace test {
LockstepConfig configuration(std::uint64_t seed, Mode mode) {
    Dice dice(~seed);
    LockstepConfig c;
    c.machine.user_pages = 2112; // two 4 MiB pages and a bit; beyond is nothing, as on a real machine
    c.machine.kernel_pages = dice.pick({64u, 80u, 112u, 256u});
    c.sigma0_frames = dice.pick({12u, 16u, 22u, 38u});
    c.boot_time = kern::Micros{
        dice.pick({std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{123456}, dice.next() >> 12})};
    c.compare = mode != Mode::alone;
    if (mode == Mode::free) return c;
    c.limits.bytes = dice.pick({1u, 33u, 100u, 1000u});
    c.limits.pages = dice.between(1, 3);
    c.limits.timeouts = dice.between(1, 3);
    c.limits.threads = dice.between(1, 3);
    c.limits.chain = dice.between(1, 3);
    return c;
}

Trace::Trace(const Dice& dice, Mode mode, Lockstep& lockstep)
    : dice_(dice), mode_(mode), on_(lockstep), scene_(dice_, lockstep) {}

Trace::Trace(const Dice& dice, Mode mode, Lockstep& lockstep, const Taste& taste)
    : Trace(dice, mode, lockstep) {
    taste_ = taste;
    prologue_left_ = taste.prologue;
    for (unsigned i = dice_.between(1, 4); i != 0; --i) to_create_.push_back(scene_.task());
}

Trace::Trace(std::uint64_t seed, Mode mode, Lockstep& lockstep) : Trace(Dice(seed), mode, lockstep) {
    constexpr std::uint32_t usual[choices] = {30, 20, 2, 8, 5, 5, 10, 3, 12, 14, 5, 2, 8, 4, 4, 3};
    for (unsigned i = 0; i < choices; ++i)
        taste_.weights[i] = usual[i] * dice_.pick({0u, 1u, 1u, 1u, 2u, 4u});
    taste_.weights[ipc] += 1; // never all off
    taste_.outside = dice_.pick({0u, 5u, 15u, 40u});
    taste_.flags = dice_.pick({0u, 8u, 25u});
    taste_.state = dice_.pick({0u, 30u, 80u});
    prologue_left_ = dice_.pick({0u, 15u, 25u, 40u});
    for (unsigned i = dice_.between(1, 4); i != 0; --i) to_create_.push_back(scene_.task());
}

bool Trace::over() const {
    if (dice_.exhausted()) return true;
    if (!on_.idle() || on_.kernel().armed_timer() != kern::never) return false;
    const auto& threads = scene_.threads();
    return std::none_of(threads.begin(), threads.end(), [](const kern::Thread* t) { return t->holds_irq(); });
}

Action Trace::next() {
    scene_.refresh();
    if (prologue_left_ != 0) --prologue_left_;
    if (prologue_left_ == 0 && taste_.failing != 0 && dice_.chance(taste_.failing))
        return Action::fail(dice_.between(1, 8));
    if (on_.machine().timer().due() && dice_.chance(60)) return {.kind = Action::Kind::timer};
    if (on_.idle()) return while_idle();
    if (dice_.chance(taste_.outside)) return outside();
    if (on_.in_kernel()) return {.kind = Action::Kind::resume};
    if (const auto planned = next_planned()) return *planned;
    return prologue_left_ != 0 ? prologue() : choose();
}

/// A length of time: often none, often to the next thing that the timer waits for.
std::uint64_t Trace::span() {
    const std::uint64_t now = on_.machine().now().raw(), next = on_.kernel().armed_timer().raw();
    const std::uint64_t rest = next != kern::never.raw() && next > now ? next - now : 0;
    switch (dice_.weighted(std::initializer_list<std::uint32_t>{6, 1, 1, 3, 3, 1, 1})) {
        case 0: return rest;
        case 1: return rest + 1;
        case 2: return rest != 0 ? rest - 1 : 0;
        case 3: return dice_.below(100);
        case 4: return dice_.pick({999u, 1000u, 5000u, 9999u, 10000u, 10001u, 50000u});
        case 5: return dice_.below(1u << 20);
        default: return dice_.next() >> dice_.between(20, 63);
    }
}

Action Trace::outside() {
    switch (dice_.below(3)) {
        case 0: return {.kind = Action::Kind::irq, .code = scene_.line() % 16};
        case 1: return {.kind = Action::Kind::timer};
        default: return Action::pass(span());
    }
}

Action Trace::while_idle() {
    if (on_.kernel().armed_timer() != kern::never && dice_.chance(80))
        return on_.machine().timer().due() ? Action{.kind = Action::Kind::timer} : Action::pass(span());
    return outside();
}

/// Of a plan that the running thread has begun.  Other plans are given up.
std::optional<Action> Trace::next_planned() {
    if (planner_ == &scene_.self() && !plan_.empty()) {
        const Action a = plan_.front();
        plan_.pop_front();
        return a;
    }
    plan_.clear();
    planner_ = &scene_.self();
    return {};
}

Action Trace::choose() {
    switch (dice_.weighted(taste_.weights)) {
        case ipc: return call_ipc();
        case serve: return call_serve();
        case nearest: return call_nearest();
        case unmap: return call_unmap();
        case yield: return call_switch();
        case schedule: return call_schedule();
        case ex_regs: return call_ex_regs();
        case task_new: return call_task_new();
        case message: return compose();
        case raise:
            if (scene_.lonely()) break;
            return raise_exception();
        case wild: return call_wild();
        case utcb: return compose_utcb();
        case ports: return use_port();
        case tables: return dice_.chance(60) ? compose_table() : compose_tls();
        case own_regs: return change_register();
        default: break;
    }
    std::uint32_t at = scene_.address() & ~3u;
    if (scene_.lonely() && dice_.chance(90)) // a fault would be the end
        if (const auto page = mapped_page()) at = page->page + at % ia32::page_size;
    return dice_.chance(60) ? Action::store(at, dice_.word()) : Action::load(at);
}

/// Read from the page tables that the machine walks; not one of the UTCB area, which everybody has.
std::optional<Trace::Mapped> Trace::mapped_page() {
    arch::Machine& machine = on_.machine();
    const auto entry = [&](std::uint32_t frame, std::uint32_t index) {
        const auto bytes = machine.page(kern::PAddr{frame & ia32::frame_mask});
        return reinterpret_cast<const std::uint32_t*>(bytes.data())[index];
    };
    std::vector<Mapped> found;
    for (std::uint32_t d = 0; d < L4_USER_TOP >> ia32::super_shift; ++d) {
        const std::uint32_t pde = entry(machine.mmu().directory().raw(), d);
        if ((pde & ia32::present) == 0) continue;
        if ((pde & ia32::super) != 0) {
            found.push_back({d << ia32::super_shift, ia32::super_shift});
            continue;
        }
        for (std::uint32_t t = 0; t < ia32::entries; ++t) {
            const std::uint32_t page = d << ia32::super_shift | t << ia32::page_shift;
            if ((entry(pde, t) & ia32::present) != 0 && page - L4_UTCB_AREA >= L4_UTCB_AREA_SIZE)
                found.push_back({page, ia32::page_shift});
        }
    }
    if (found.empty()) return {};
    return dice_.pick(found);
}

} // namespace test
