// SPDX-License-Identifier: BSD-2-Clause
#include "test/attack/support/hostile.h"

#include "l4/abi/fpage.h"
#include "l4/abi/sigma0.h"
#include "l4/abi/thread.h"

namespace attack {
namespace {

constexpr Word source = 0x10000000, super = 0x11000000, copies = 0x20000000, copies_end = 0x90000000;
constexpr std::uint8_t mirror = 127; ///< its thread that receives what thread 0 sends

} // namespace

Program Hostile::run(User u) {
    const sim::Entry receiver = u.world().program([](User v) -> Program {
        for (;;)
            co_await v(sim::Ipc{.partner = l4_threadid(v.id().task.raw(), 0),
                                .receive = User::rmap(L4_FP_WHOLE_SPACE)});
    });
    parked_ = u.world().program([](User v) { return sim::park(v); });
    co_await u(sim::ExRegs{.target = mirror, .eip = receiver.eip, .pager = root});
    co_await u.store8(source, 1);
    for (;;) {
        for (Word i = 0; i < 12; ++i) {
            co_await spend(u);
            least_free = std::min(least_free, u.world().kernel().find(u.id())->task().account().free());
        }
        co_await u(
            sim::Unmap{.fpage = L4_FP_WHOLE_SPACE, .mask = L4_FP_FLUSH | (below(2) ? L4_FP_ALL_SPACES : 0)});
        co_await u(sim::Unmap{.fpage = L4_FP_IO_WHOLE, .mask = L4_FP_FLUSH | L4_FP_ALL_SPACES});
        for (std::uint16_t n = first_task; n <= last_task; ++n)
            if (below(2)) co_await u(sim::TaskNew{.task = l4_threadid(n, 0), .mcp_or_chief = u.raw_id().low});
        co_await u.store8(source, 1);
    }
}

/// Everything of one kind, until the kernel refuses or there have been enough.
sim::Routine<int> Hostile::spend(User u) {
    const Word kind = below(6);
    for (Word i = 0; i < 40; ++i) {
        const bool ok = co_await more(u, kind);
        if (ok) continue;
        ++refusals[kind];
        break;
    }
    co_return 0;
}

sim::Routine<bool> Hostile::more(User u, Word kind) {
    switch (kind) {
        case 0: co_return co_await threads(u);
        case 1: co_return co_await tasks(u);
        case 2: co_return co_await tables(u);
        case 3: co_return co_await nodes(u);
        case 4: co_return co_await fan_outs(u);
        default: co_return co_await ports(u);
    }
}

sim::Routine<bool> Hostile::threads(User u) {
    next_ = next_ % 126 + 1;
    const sim::ExRegsResult r = co_await u(sim::ExRegs{.target = next_, .eip = parked_.eip, .pager = root});
    co_return r.ok();
}

sim::Routine<bool> Hostile::tasks(User u) {
    const auto n = static_cast<std::uint16_t>(first_task + below(last_task - first_task + 1));
    const sim::TaskNewResult r =
        co_await u(sim::TaskNew{.task = l4_threadid(n, 0),
                                .mcp_or_chief = l4_task_new_create(0, below(2) ? 9 + below(8) : 0),
                                .eip = parked_.eip,
                                .pager = root});
    co_return r.ok();
}

sim::Routine<bool> Hostile::map_to_self(User u, Word fpage, Word base) {
    const sim::IpcResult r = co_await u.send_fpage(l4_threadid(u.id().task.raw(), mirror), base, fpage);
    co_return r.ok();
}

/// One page in a region of its own.
sim::Routine<bool> Hostile::tables(User u) {
    next_ = (next_ + 1) % ((copies_end - copies) >> 22);
    co_return co_await map_to_self(u, l4_fpage(source, 12, L4_FP_WRITE), copies + (next_ << 22));
}

/// Many pages side by side.
sim::Routine<bool> Hostile::nodes(User u) {
    next_ = (next_ + 1) % 2048;
    co_return co_await map_to_self(u, l4_fpage(source, 12, L4_FP_WRITE), copies + (next_ << 12));
}

/// Parts of a 4 MiB page.
sim::Routine<bool> Hostile::fan_outs(User u) {
    co_await u(sim::Ipc{.partner = sigma0,
                        .w0 = 0x400000 | L4_SIGMA0_SUPERPAGE,
                        .w1 = L4_SIGMA0_SUPERPAGE_W1,
                        .send = 0,
                        .receive = User::rmap(l4_fpage(super & ~0x3fffffu, 22, 0))});
    next_ = (next_ + 1) % 1024;
    co_return co_await map_to_self(u, l4_fpage((super & ~0x3fffffu) + (next_ << 12), 12, 0),
                                   copies + (next_ << 12));
}

sim::Routine<bool> Hostile::ports(User u) {
    const sim::IpcResult r = co_await u(sim::Ipc{.partner = sigma0,
                                                 .w0 = l4_io_fpage(below(65536), below(17), 0),
                                                 .send = 0,
                                                 .receive = User::rmap(L4_FP_IO_WHOLE)});
    co_return r.ok();
}

} // namespace attack
