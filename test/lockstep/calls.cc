// SPDX-License-Identifier: BSD-2-Clause
// System calls with arguments of every kind.
#include "sim/calls.h"
#include "l4/abi/exception.h"
#include "l4/abi/fpage.h"
#include "l4/abi/ipc.h"
#include "l4/abi/limits.h"
#include "l4/abi/thread.h"
#include "test/lockstep/trace.h"

namespace test {

std::uint32_t Trace::send_descriptor() {
    const std::uint32_t deceit = dice_.chance(15) ? L4_SND_DECEIT : 0;
    switch (dice_.weighted(std::initializer_list<std::uint32_t>{20, 25, 15, 20, 15, 1})) {
        case 0: return L4_IPC_NO_SEND;
        case 1: return deceit;
        case 2: return L4_SND_MAP | deceit;
        case 3: return scene_.message() | deceit;
        case 4: return scene_.message() | L4_SND_MAP | deceit;
        default: return dice_.word();
    }
}

std::uint32_t Trace::receive_descriptor() {
    const std::uint32_t open = dice_.chance(50) ? L4_RCV_OPEN : 0;
    switch (dice_.weighted(std::initializer_list<std::uint32_t>{15, 25, 15, 35, 1})) {
        case 0: return L4_IPC_NO_RECV;
        case 1: return open;
        case 2: return (scene_.window() & L4_RCV_BUFFER_MASK) | L4_RCV_MAP | open;
        case 3: return scene_.message() | open;
        default: return dice_.word();
    }
}

Action Trace::call_ipc() {
    sim::Ipc call{.partner = scene_.partner()};
    call.send = send_descriptor();
    call.receive = receive_descriptor();
    call.timeout = scene_.timeouts();
    if (call.send != L4_IPC_NO_SEND && (call.send & L4_SND_MAP) != 0) {
        call.w0 = dice_.chance(80) ? scene_.page() : dice_.word();
        call.w1 = scene_.fpage();
    } else {
        call.w0 = dice_.chance(5) ? ~0u : dice_.word();
        call.w1 = dice_.word();
    }
    if (dice_.chance(15)) call.partner.high ^= dice_.word() & L4_IPC_ID_FLAGS_MASK; // absolute timeouts
    if (dice_.chance(3)) call.partner = scene_.disguise(call.partner);
    return Action::call(L4_VEC_IPC, call.regs());
}

/// What a pager answers: mostly a page of its own, or the ports that were asked for.
Action Trace::reply_to_fault(const kern::Thread& faulting) {
    sim::Ipc call{.partner = l4_threadid(faulting.task_no().raw(), faulting.lthread()),
                  .w0 = faulting.fault().w0 & L4_FP_PAGE_MASK,
                  .send = L4_SND_MAP,
                  .receive = L4_RCV_OPEN};
    const auto page = mapped_page();
    const std::uint32_t rights =
        dice_.pick({L4_FP_WRITE, L4_FP_WRITE, L4_FP_WRITE, 0u, L4_FP_WRITE | L4_FP_GRANT});
    call.w1 = page ? l4_fpage(page->page, page->size, rights) : scene_.fpage();
    if (faulting.fault().trapno == L4_TRAP_PROTECTION)
        call.w1 = dice_.chance(70) ? faulting.fault().w0 : L4_FP_IO_WHOLE;
    if (prologue_left_ == 0) {
        if (dice_.chance(5)) call.w0 = dice_.word();
        if (dice_.chance(5)) call.w0 = ~0u;
        if (dice_.chance(10)) call.send = send_descriptor();
        if (dice_.chance(20)) call.receive = receive_descriptor();
        if (dice_.chance(20)) call.timeout = scene_.timeouts();
        if (dice_.chance(taste_.state)) dice_.chance(50) ? store_page_list() : store_state(40);
        return planned(Action::call(L4_VEC_IPC, call.regs()));
    }
    return Action::call(L4_VEC_IPC, call.regs());
}

/// What a server does: answers somebody who waits for it, and waits for the next.
Action Trace::call_serve() {
    std::vector<const kern::Thread*> waiting;
    for (const kern::Thread* const t : scene_.threads())
        if (t->wait().what == kern::Wait::For::receive && t->wait().peer == scene_.self().id() &&
            t != &scene_.self())
            waiting.push_back(t);
    if (waiting.empty()) {
        const std::uint32_t receive = receive_descriptor() | L4_RCV_OPEN;
        return Action::call(L4_VEC_IPC, sim::Ipc{.receive = receive, .timeout = scene_.timeouts()}.regs());
    }
    const kern::Thread& t = *dice_.pick(waiting);
    if (t.fault().kind == kern::Fault::Kind::exception) return answer_exception(t);
    if (t.fault().kind != kern::Fault::Kind::none) return reply_to_fault(t);
    sim::Ipc call{.partner = l4_threadid(t.task_no().raw(), t.lthread()), .w0 = dice_.word()};
    call.w1 = scene_.fpage();
    call.send = send_descriptor();
    call.receive = receive_descriptor();
    call.timeout = scene_.timeouts();
    return Action::call(L4_VEC_IPC, call.regs());
}

Action Trace::call_nearest() {
    const l4_threadid_t id = scene_.thread();
    return Action::call(L4_VEC_ID_NEAREST,
                        sim::IdNearest{.id = dice_.chance(30) ? scene_.disguise(id) : id}.regs());
}

Action Trace::call_unmap() {
    std::uint32_t fpage = scene_.fpage();
    if (dice_.chance(30))
        if (const auto page = mapped_page()) fpage = l4_fpage(page->page, page->size, 0);
    std::uint32_t mask = dice_.chance(60) ? L4_FP_FLUSH : 0;
    if (dice_.chance(50)) mask |= L4_FP_ALL_SPACES;
    if (dice_.chance(20)) mask |= L4_UNMAP_RESET;
    if (dice_.chance(20)) mask |= l4_unmap_in_task(dice_.chance(30) ? scene_.own_task() : scene_.task());
    if (dice_.chance(2)) mask = dice_.word();
    return Action::call(L4_VEC_FPAGE_UNMAP, sim::Unmap{.fpage = fpage, .mask = mask}.regs());
}

Action Trace::call_switch() {
    const l4_threadid_t to = dice_.chance(40) ? l4_nil_id() : scene_.thread();
    const std::uint32_t slice_id = dice_.chance(3) ? dice_.word() : 0;
    return Action::call(L4_VEC_THREAD_SWITCH, sim::ThreadSwitch{.to = to, .slice_id = slice_id}.regs());
}

Action Trace::call_schedule() {
    sim::ThreadSchedule call{.thread = scene_.thread()};
    if (dice_.chance(70)) {
        const std::uint32_t prio = scene_.prio(), man = dice_.pick({0u, 1u, 10u, 255u}),
                            exp = dice_.below(16);
        call.param = l4_sched_param(prio, man, exp);
        if (dice_.chance(10)) call.param |= dice_.word() & L4_SCHED_SMALL_MASK;
        if (dice_.chance(5)) call.param |= dice_.word() & L4_SCHED_MODE_MASK;
    }
    if (dice_.chance(40)) call.preempter = scene_.thread();
    return Action::call(L4_VEC_THREAD_SCHEDULE, call.regs());
}

Action Trace::call_ex_regs() {
    sim::ExRegs call{.target = scene_.lthread()};
    if (dice_.chance(15)) {
        const std::uint32_t task = dice_.chance(40) ? scene_.own_task() : scene_.task();
        call.target |= l4_ex_regs_target(task, 0);
    } else if (dice_.chance(35)) {
        const kern::Thread& t = *dice_.pick(scene_.threads());
        call.target = l4_ex_regs_target(t.task_no().raw(), t.lthread());
    }
    call.target |= ex_regs_flags();
    if (dice_.chance(20)) call.target |= L4_EX_REGS_NO_CANCEL;
    if (dice_.chance(5)) call.target |= dice_.word() & (L4_EX_REGS_UTCB_ARGS | L4_EX_REGS_VM86);
    if (dice_.chance(40)) call.esp = dice_.word();
    if (dice_.chance(taste_.flags != 0 ? 45 : 65)) call.eip = dice_.word();
    if (dice_.chance(40)) call.pager = scene_.pager();
    if (dice_.chance(20)) call.preempter = scene_.thread();
    if ((call.target & L4_EX_REGS_STATE_SET) != 0 && dice_.chance(50)) store_state(40);
    return planned(Action::call(L4_VEC_LTHREAD_EX_REGS, call.regs()));
}

Action Trace::call_task_new() {
    sim::TaskNew call{.task = l4_threadid(scene_.task(), 0)};
    if (dice_.chance(10)) call.task = scene_.disguise(call.task);
    call.esp = dice_.word();
    call.eip = dice_.chance(10) ? ~0u : dice_.word();
    if (dice_.chance(60)) {
        const std::uint32_t mcp = scene_.prio();
        call.mcp_or_chief = l4_task_new_create(mcp, dice_.pick({0u, 0u, 0u, 9u, 10u, 12u, 26u, 1000u}));
        if (dice_.chance(5))
            call.mcp_or_chief |= dice_.word() & ~(L4_TASK_NEW_MCP_MASK | L4_TASK_NEW_QUOTA_MASK);
        if (dice_.chance(taste_.flags)) call.mcp_or_chief |= L4_TASK_NEW_ALIEN;
        if (dice_.chance(taste_.flags)) call.mcp_or_chief |= L4_TASK_NEW_RAISE_EXCEPTION;
        call.pager = scene_.pager();
    } else {
        const std::uint32_t chief = dice_.chance(50) ? scene_.own_task() : scene_.task();
        call.mcp_or_chief = l4_threadid(chief, 0).low;
        if (dice_.chance(5)) call.mcp_or_chief = dice_.word();
    }
    return Action::call(L4_VEC_TASK_NEW, call.regs());
}

/// Words that mean nothing, in any call, and calls that do not exist.
Action Trace::call_wild() {
    const std::uint32_t vector =
        dice_.chance(90) ? dice_.between(L4_VEC_IPC, L4_VEC_TASK_NEW) : dice_.below(256);
    const auto word = [&] {
        return dice_.chance(40) ? dice_.word()
                                : dice_.pick({0u, 1u, 2u, 3u, ~0u, ~1u, 0x80000000u, 0x7fffffffu});
    };
    sim::Regs r;
    for (std::uint32_t* const w : {&r.eax, &r.ebx, &r.ecx, &r.edx, &r.esi, &r.edi, &r.ebp}) *w = word();
    return Action::call(vector, r);
}

} // namespace test
