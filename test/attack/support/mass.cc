// SPDX-License-Identifier: BSD-2-Clause
#include "test/attack/support/mass.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "l4/abi/fpage.h"
#include "l4/abi/ipc.h"
#include "sim/message_buffer.h"
#include "test/attack/support/scene.h"

namespace attack {
namespace {

using Scene = Mass::Scene;
constexpr std::uint16_t first_task = 100;
constexpr Word per_task = 100;

constexpr l4_threadid_t member(Word i) { return l4_threadid(first_task + i / per_task, i % per_task); }

/// `n` threads, each with a program of its own.
void crowd(sim::World& w, Word n, const std::function<sim::Body(Word)>& body) {
    for (Word i = 0; i < n; ++i)
        w.spawn(static_cast<std::uint16_t>(l4_id_task(member(i))),
                static_cast<std::uint8_t>(l4_id_lthread(member(i))), body(i));
}

/// `go`: another thread of root makes this call.
template <class C>
std::function<void(sim::World&)> by_root(const C& call) {
    return [=](sim::World& w) { w.spawn(L4_TASK_ROOT, 1, [=](User u) -> Program { co_await u(call); }); };
}

unsigned waiting(sim::World& w, Word n, For what) {
    unsigned count = 0;
    for (Word i = 0; i < n; ++i) {
        const kern::Thread* const t = w.find(member(i));
        count += t != nullptr && t->wait().what == what;
    }
    return count;
}

/// Nobody of the crowd waits for `what` any more.
std::function<bool(sim::World&)> none(Word n, For what) {
    return [=](sim::World& w) { return waiting(w, n, what) == 0; };
}

/// Each made from the one before it: from A to B, from B to A, ...
Scene deep_tree(sim::World& w, Word n) {
    send_herald(w);
    const auto at = [](Word i) { return i == 0 ? from : to + i * page; };
    const auto side = [=](User u, Word i) -> Program {
        const l4_threadid_t other = i == 0 ? b : a;
        if (i == 0) co_await u.store8(from, 1);
        if (i == 1) co_await u.receive_fpage(other, L4_FP_WHOLE_SPACE);
        for (; i < n; i += 2)
            co_await u(sim::Ipc{.partner = other,
                                .w0 = at(i + 1),
                                .w1 = l4_fpage(at(i), L4_PAGE_SHIFT, L4_FP_WRITE),
                                .send = L4_SND_MAP,
                                .receive = i + 1 < n ? User::rmap(L4_FP_WHOLE_SPACE) : L4_IPC_NO_RECV});
        if (l4_id_task(u.raw_id()) != 5) co_return;
        co_await u.receive(herald);
        co_await u(sim::Unmap{.fpage = l4_fpage(from, L4_PAGE_SHIFT, 0), .mask = L4_FP_FLUSH});
    };
    w.spawn(6, 0, [=](User u) { return side(u, 1); });
    w.spawn(5, 0, [=](User u) { return side(u, 0); });
    return {give_turn,
            [=](sim::World& x) { return empty_from(x, a, to, n + 1) && empty_from(x, b, to, n + 1); }};
}

Scene killed_receiver(sim::World& w, Word n) {
    w.spawn(5, 0, sim::park);
    crowd(w, n, [](Word) { return [](User u) -> Program { co_await u.send(a, 1, 2); }; });
    return {by_root(deletion(a)), none(n, For::send)};
}

Scene busy_receiver(sim::World& w, Word n) {
    send_herald(w);
    w.spawn(5, 0, [=](User u) -> Program {
        co_await u.receive(herald);
        for (Word i = 0; i < n; ++i) co_await u.wait();
    });
    crowd(w, n, [](Word) { return [](User u) -> Program { co_await u.send(a, 1, 2); }; });
    return {give_turn, none(n, For::send)};
}

Scene deaf_receiver(sim::World& w, Word n) {
    constexpr Micros deadline{500000};
    w.spawn(5, 0, sim::park);
    crowd(w, n, [=](Word) {
        return [=](User u) -> Program {
            const sim::AbsoluteTimeout until = sim::send_until(deadline, 3);
            co_await u(sim::Ipc{.partner = {a.low, until.id_flags}, .send = 0, .timeout = until.word});
        };
    });
    return {[](sim::World&) {}, none(n, For::send)};
}

Scene sleepers(sim::World& w, Word n) {
    constexpr Micros deadline{500000};
    crowd(w, n, [=](Word) {
        return [=](User u) -> Program {
            const sim::AbsoluteTimeout until = sim::receive_until(deadline, 3);
            co_await u(sim::Ipc{.partner = {0, until.id_flags}, .receive = 0, .timeout = until.word});
            co_await u.send(u.raw_id(), 0, 0); // waits in another way
        };
    });
    return {[](sim::World&) {}, none(n, For::sleep)};
}

/// Each sends to the next one, and then waits for anybody: when A takes the last one's message, that one
/// takes the message of the one before it, and so on.
Scene chain(sim::World& w, Word n) {
    send_herald(w);
    w.spawn(5, 0, [=](User u) -> Program {
        co_await u.receive(herald);
        co_await u.receive(member(n - 1));
    });
    crowd(w, n, [=](Word i) {
        return [=](User u) -> Program {
            co_await u(sim::Ipc{.partner = i + 1 == n ? a : member(i + 1),
                                .send = 0,
                                .receive = i == 0 ? L4_IPC_NO_RECV : Word{L4_RCV_OPEN}});
        };
    });
    return {give_turn, none(n, For::send)};
}

/// Task A with `n` tasks below it, and with a page of its own in each.
Scene wide_tasks(sim::World& w, Word n) {
    const sim::Entry idle = w.program(sim::park);
    w.spawn(5, 0, [=](User u) -> Program {
        co_await u.receive(l4_threadid(L4_TASK_ROOT, 2));
        for (Word i = 0; i < n; ++i)
            co_await u(sim::TaskNew{.task = l4_threadid(first_task + i, 0),
                                    .mcp_or_chief = l4_task_new_create(0, 0),
                                    .eip = idle.eip,
                                    .pager = root});
    });
    w.spawn(L4_TASK_ROOT, 2, [=](User u) -> Program {
        for (Word i = 0; i < n; ++i)
            co_await u(sim::TaskNew{.task = l4_threadid(first_task + i, 0), .mcp_or_chief = a.low});
        co_await u.send(a, 0, 0);
    });
    return {by_root(deletion(a)), [=](sim::World& x) {
                for (Word i = 0; i < n; ++i)
                    if (exists(x, l4_threadid(first_task + i, 0))) return false;
                return !exists(x, a);
            }};
}

/// Task A with `n` threads, and its pages mapped on to B.
Scene full_task(sim::World& w, Word n) {
    w.spawn(6, 0, [](User u) -> Program {
        for (;;) co_await u.receive_fpage(a, L4_FP_WHOLE_SPACE);
    });
    const sim::Entry idle = w.program(sim::park);
    w.spawn(5, 0, [=](User u) -> Program {
        for (Word i = 1; i <= std::min(n, 127u); ++i) {
            co_await u(sim::ExRegs{.target = i, .eip = idle.eip, .pager = root});
            co_await u.sleep(sim::receive_timeout(Micros{1}));
        }
        co_await u.store8(from, 1);
        for (Word i = 0; i < n; ++i)
            co_await u.send_fpage(b, to + i * page, l4_fpage(from, L4_PAGE_SHIFT, L4_FP_WRITE));
    });
    return {by_root(deletion(a)), [=](sim::World& x) { return !exists(x, a) && empty_from(x, b, to, n); }};
}

/// All wait for the same pager, which is killed.
Scene faults(sim::World& w, Word n) {
    w.spawn(5, 0, sim::park);
    crowd(w, n, [](Word) {
        return [](User u) -> Program {
            co_await u(sim::ExRegs{.target = u.id().lthread, .pager = a});
            co_await u.load8(from);
        };
    });
    return {by_root(deletion(a)), none(n, For::send)};
}

/// A sends B a string of `n` pages, in 31 parts that lie all in the same place.
Scene long_string(sim::World& w, Word n) {
    send_herald(w);
    struct Buffers {
        sim::MessageBuffer send{from, 2, 31}, receive{to, 2, 31};
    };
    auto x = std::make_shared<Buffers>();
    auto ok = std::make_shared<bool>(false);
    const auto each = n * page / 31;
    x->send.send(2, 31);
    for (Word i = 0; i < 31; ++i) {
        const Word on = i == 30 ? 0 : 1u << 31;
        x->send.set_string(i, {each | on, from + page, 0, 0});
        x->receive.set_string(i, {0, 0, each | on, to + page});
    }
    const auto touch = [=](User u, Word at) -> sim::Routine<int> {
        for (Word i = 0; i <= each; i += page) co_await u.store8(at + page + i, 1);
        co_await u.store8(at + page + each, 1);
        co_return 0;
    };
    w.spawn(6, 0, [=](User u) -> Program {
        co_await u.put(x->receive);
        co_await touch(u, to);
        *ok = (co_await u(sim::Ipc{.partner = a, .receive = to})).ok();
    });
    w.spawn(5, 0, [=](User u) -> Program {
        co_await u.put(x->send);
        co_await touch(u, from);
        co_await u.receive(herald);
        co_await u(sim::Ipc{.partner = b, .send = from});
    });
    return {give_turn, [=](sim::World&) { return *ok; }};
}

/// A maps `n` pages to B with one flexpage.
Scene large_flexpage(sim::World& w, Word n) {
    send_herald(w);
    Word log2 = L4_PAGE_SHIFT;
    while (1u << (log2 - L4_PAGE_SHIFT) < n) ++log2;
    w.spawn(6, 0, [](User u) -> Program { co_await u.receive_fpage(a, L4_FP_WHOLE_SPACE); });
    w.spawn(5, 0, [=](User u) -> Program {
        for (Word i = 0; i < n; ++i) co_await u.store8(from + i * page, 1);
        co_await u.receive(herald);
        co_await u.send_fpage(b, to, l4_fpage(from, log2, L4_FP_WRITE));
    });
    return {give_turn, [=](sim::World& x) {
                const kern::Task* const task = x.kernel().tasks().task(kern::ThreadId::of(b).task);
                return x.kernel().map_db().present(task->space(), kern::VAddr{to + (n - 1) * page});
            }};
}

constexpr l4_threadid_t holder(Word i) { return l4_threadid(first_task + i, 0); }

bool hold_no_ports(sim::World& w, Word n) {
    for (Word i = 0; i < n; ++i) {
        const kern::Space& space = w.find(holder(i))->task().space();
        for (const std::uint16_t port : {0, 0x8000, 0xffff})
            if (w.kernel().map_db().holds_port(space, port)) return false;
    }
    return true;
}

/// Tasks that get all ports: from A, or (`deep`) each from the one before, the first from A.
void hand_out_ports(sim::World& w, Word n, bool deep) {
    for (Word i = 0; i < n; ++i)
        w.spawn(static_cast<std::uint16_t>(first_task + i), 0, [=](User u) -> Program {
            co_await u.receive_fpage(deep && i != 0 ? holder(i - 1) : a, L4_FP_IO_WHOLE);
            if (deep && i + 1 < n) co_await u.send_fpage(holder(i + 1), 0, L4_FP_IO_WHOLE);
        });
}

/// A, when it has got all ports from sigma0 and handed them out, does this.
sim::Body has_ports(Word n, bool deep, sim::Body then) {
    return [=](User u) -> Program {
        co_await u.call_for_fpage(sigma0, L4_FP_IO_WHOLE, 0, L4_FP_IO_WHOLE);
        for (Word i = 0; i < (deep ? 1 : n); ++i) co_await u.send_fpage(holder(i), 0, L4_FP_IO_WHOLE);
        co_await u.receive(herald);
        co_await u.jump(u.world().program(then));
    };
}

Scene unmapped_ports(sim::World& w, Word n, bool deep) {
    send_herald(w);
    hand_out_ports(w, n, deep);
    w.spawn(5, 0, has_ports(n, deep, [](User u) -> Program {
                co_await u(sim::Unmap{.fpage = L4_FP_IO_WHOLE, .mask = L4_FP_FLUSH});
            }));
    return {give_turn, [=](sim::World& x) { return hold_no_ports(x, n); }};
}

/// A grants them to B: all whom it has given them to lose them.
Scene granted_ports(sim::World& w, Word n) {
    send_herald(w);
    hand_out_ports(w, n, false);
    w.spawn(6, 0, [](User u) -> Program { co_await u.receive_fpage(a, L4_FP_IO_WHOLE); });
    w.spawn(5, 0, has_ports(n, false, [](User u) -> Program {
                co_await u.send_fpage(b, 0, L4_FP_IO_WHOLE | L4_FP_GRANT);
            }));
    return {give_turn, [=](sim::World& x) {
                return hold_no_ports(x, n) &&
                       x.kernel().map_db().holds_port(x.find(b)->task().space(), 0xffff);
            }};
}

/// Task A, with an account of its own, has had so many pages that there are `n` slabs; it has none of them
/// any more, and is killed.
Scene many_slabs(sim::World& w, Word n) {
    constexpr Word quota = 2000;
    const sim::Entry maps = w.program([=](User u) -> Program {
        co_await u.store8(from, 1);
        for (Word log2 = 0; 1u << log2 < n * L4_KMEM_NODES_PER_FRAME; ++log2) // as many once more
            co_await u.send_fpage(l4_threadid(5, 1), from + (page << log2),
                                  l4_fpage(from, L4_PAGE_SHIFT + log2, L4_FP_WRITE));
        co_await u(sim::Unmap{.fpage = L4_FP_WHOLE_SPACE, .mask = L4_FP_FLUSH | L4_FP_ALL_SPACES});
    });
    w.spawn({.task = 5, .program = maps, .quota = quota});
    w.spawn(5, 1, [](User u) -> Program {
        for (;;) co_await u.receive_fpage(a, L4_FP_WHOLE_SPACE);
    });
    return {[=](sim::World& x) {
                kern::ensure(spent(x, a) > n, "the slabs are not there");
                by_root(deletion(a))(x);
            },
            [](sim::World& x) { return !exists(x, a); }};
}

} // namespace

Mass::Scene Mass::stand(sim::World& w, Word n) const {
    constexpr std::uint64_t all_wait = 200000;
    const Scene scene = build(w, n);
    w.spawn(clock_task, 0, [&w](User u) -> Program {
        co_await until(u, all_wait);
        w.stop();
    });
    kern::ensure(w.run(1000000) == sim::End::stopped && w.root_server().failures() == 0,
                 "the scene could not be built");
    return scene;
}

const std::vector<Mass>& masses() {
    static const std::vector<Mass> all{
        {"wide_tree_unmapped", {10, 100, 1000}, wide_tree},
        {"wide_tree_unmapped_in_one_task", {10, 100, 1000}, wide_tree_filtered},
        {"wide_tree_made_read_only", {10, 100, 1000}, wide_tree_read_only},
        {"split_superpage_unmapped", {16, 128, 1024}, split_superpage}, // no 4 MiB page has more parts
        {"wide_split_tree_loses_a_part", {10, 100, 1000}, wide_split_tree},
        {"deep_tree_unmapped", {10, 100, 1000}, deep_tree},
        {"receiver_of_many_killed", {10, 100, 1000}, killed_receiver},
        {"many_received", {10, 100, 1000}, busy_receiver},
        {"many_sends_time_out", {10, 100, 1000}, deaf_receiver, true},
        {"many_sleeps_time_out", {10, 100, 1000}, sleepers, true},
        {"chain_of_senders_taken", {10, 100, 1000}, chain},
        {"pager_of_many_killed", {10, 100, 1000}, faults},
        {"wide_task_tree_deleted", {10, 100, 1000}, wide_tasks},
        {"full_task_deleted", {10, 100, 1000}, full_task},
        {"long_string_sent", {10, 100, 1000}, long_string},
        {"idle_map_items_sent", {10, 100, 1000}, idle_items},
        {"far_map_items_sent", {4, 200, 400}, far_items},
        {"empty_strings_sent", {3, 10, L4_MSG_STRINGS_MAX}, empty_strings}, // no message has more
        {"large_flexpage_mapped", {16, 128, 1024}, large_flexpage},
        {"ports_of_many_unmapped",
         {10, 100, 1000},
         [](auto& w, Word n) { return unmapped_ports(w, n, false); }},
        {"ports_of_a_chain_unmapped",
         {10, 100, 1000},
         [](auto& w, Word n) { return unmapped_ports(w, n, true); }},
        {"ports_of_many_granted", {10, 100, 1000}, granted_ports},
        {"account_of_slabs_released", {10, 100, 1000}, many_slabs},
    };
    return all;
}

} // namespace attack
