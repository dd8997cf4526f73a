// SPDX-License-Identifier: BSD-2-Clause
#include "test/attack/support/scene.h"

#include <memory>

#include "l4/abi/fpage.h"
#include "l4/abi/sigma0.h"
#include "sim/message_buffer.h"

namespace attack {
namespace {

using Scene = Mass::Scene;
using Page = kern::MapDb::Page;
constexpr Line turn{6};
constexpr Word super = 1u << L4_SUPERPAGE_SHIFT;

std::optional<Page> page_of(sim::World& w, l4_threadid_t who, Word at) {
    const kern::Task* const task = w.kernel().tasks().task(kern::ThreadId::of(who).task);
    return w.kernel().map_db().page(task->space(), kern::VAddr{at});
}

/// Takes whatever this one sends.
void collect(sim::World& w, l4_threadid_t who, l4_threadid_t giver) {
    w.spawn(static_cast<std::uint16_t>(l4_id_task(who)), 0, [=](User u) -> Program {
        for (;;) co_await u.receive_fpage(giver, L4_FP_WHOLE_SPACE);
    });
}

Scene unmap_wide_tree(sim::World& w, Word n, Word mask, const std::function<bool(sim::World&)>& done) {
    send_herald(w);
    collect(w, b, a);
    collect(w, c, a);
    w.spawn(5, 0, [=](User u) -> Program {
        constexpr Word sent = l4_fpage(from, L4_PAGE_SHIFT, L4_FP_WRITE);
        co_await u.store8(from, 1);
        for (Word i = 0; i < n; ++i) co_await u.send_fpage(b, to + i * page, sent);
        co_await u.send_fpage(c, to, sent);
        co_await u.receive(herald);
        co_await u(sim::Unmap{.fpage = sent, .mask = mask});
    });
    return {give_turn, done};
}

/// B has `n` pages, all with this right.
bool all_there(sim::World& w, Word n, bool writable) {
    for (Word i = 0; i < n; ++i) {
        const std::optional<Page> there = page_of(w, b, to + i * page);
        if (!there || there->writable != writable) return false;
    }
    return true;
}

auto get_superpage(User u) {
    return u.call_for_fpage(sigma0, L4_SIGMA0_FPAGE_ANY, l4_fpage(0, L4_SUPERPAGE_SHIFT, 0),
                            l4_fpage(from, L4_SUPERPAGE_SHIFT, 0));
}

/// B receives ten times what A sends ten times, both from and into memory that is there.
Scene ten_messages(sim::World& w, const sim::MessageBuffer& send, const sim::MessageBuffer& receive,
                   const sim::Ipc& call) {
    constexpr unsigned times = 10;
    const auto received = std::make_shared<unsigned>(0);
    send_herald(w);
    w.spawn(6, 0, [=](User u) -> Program {
        sim::MessageBuffer mine = receive;
        co_await u.put(mine);
        for (unsigned i = 0; i < times; ++i)
            *received += (co_await u(sim::Ipc{.partner = a, .receive = mine.address()})).ok();
    });
    w.spawn(5, 0, [=](User u) -> Program {
        sim::MessageBuffer mine = send;
        co_await u.put(mine);
        co_await u.receive(herald);
        for (unsigned i = 0; i < times; ++i) co_await u(call);
    });
    return {give_turn, [=](sim::World&) { return *received == times; }};
}

} // namespace

void send_herald(sim::World& w) {
    w.spawn(L4_TASK_ROOT, 1, [](User u) -> Program {
        co_await u.attach(turn.raw());
        co_await u.receive(l4_irq_id(turn.raw()));
        co_await u(sim::Ipc{.partner = a, .send = 0});
    });
}

void give_turn(sim::World& w) { w.at(w.now(), turn); }

bool empty_from(sim::World& w, l4_threadid_t who, Word first, Word n) {
    const kern::Task* const task = w.kernel().tasks().task(kern::ThreadId::of(who).task);
    for (Word i = 0; i < n; ++i)
        if (w.kernel().map_db().present(task->space(), kern::VAddr{first + i * page})) return false;
    return true;
}

Scene wide_tree(sim::World& w, Word n) {
    return unmap_wide_tree(w, n, L4_FP_FLUSH,
                           [=](sim::World& x) { return empty_from(x, b, to, n) && empty_from(x, c, to, 1); });
}

Scene wide_tree_filtered(sim::World& w, Word n) {
    return unmap_wide_tree(w, n, L4_FP_FLUSH | l4_unmap_in_task(l4_id_task(c)),
                           [=](sim::World& x) { return all_there(x, n, true) && empty_from(x, c, to, 1); });
}

Scene wide_tree_read_only(sim::World& w, Word n) {
    return unmap_wide_tree(w, n, L4_FP_OTHER_SPACES, [=](sim::World& x) { return all_there(x, n, false); });
}

Scene split_superpage(sim::World& w, Word n) {
    send_herald(w);
    Word log2 = L4_PAGE_SHIFT;
    while (1u << (log2 - L4_PAGE_SHIFT) < n) ++log2;
    w.spawn(5, 0, [=](User u) -> Program {
        constexpr Word mask = L4_FP_FLUSH | L4_FP_ALL_SPACES;
        co_await get_superpage(u);
        co_await u(sim::Unmap{.fpage = l4_fpage(from + super - page, L4_PAGE_SHIFT, 0), .mask = mask});
        kern::ensure(page_of(u.world(), a, from).value().split, "there is no split page");
        co_await u.receive(herald);
        co_await u(sim::Unmap{.fpage = l4_fpage(from, log2, 0), .mask = mask});
    });
    return {give_turn, [=](sim::World& x) {
                const bool all = n == super / page; // the largest: a 4 MiB page has no more parts
                return empty_from(x, a, from, n) && (all || page_of(x, a, from + n * page));
            }};
}

Scene wide_split_tree(sim::World& w, Word n) {
    send_herald(w);
    collect(w, c, b);
    collect(w, d, b);
    // No space has room for more than 768; C and D have a half each.
    const auto whose = [](Word i) { return i % 2 == 0 ? c : d; };
    const auto where = [](Word i) { return to + i / 2 * super; };
    w.spawn(6, 0, [=](User u) -> Program {
        co_await u.receive_fpage(a, l4_fpage(from, L4_SUPERPAGE_SHIFT, 0));
        for (Word i = 0; i < n; ++i)
            co_await u.send_fpage(whose(i), where(i), l4_fpage(from, L4_SUPERPAGE_SHIFT, L4_FP_WRITE));
        co_await u.send(a, 0, 0);
    });
    w.spawn(5, 0, [=](User u) -> Program {
        const auto take_part = [=](Word part) {
            return u(sim::Unmap{.fpage = l4_fpage(from + part * page, L4_PAGE_SHIFT, 0),
                                .mask = L4_FP_FLUSH | l4_unmap_in_task(l4_id_task(b))});
        };
        co_await get_superpage(u);
        co_await u.send_fpage(b, 0, l4_fpage(from, L4_SUPERPAGE_SHIFT, L4_FP_WRITE));
        co_await u.receive(b);
        co_await u.receive(herald);
        co_await take_part(1); // splits them all
        co_await take_part(2);
    });
    return {give_turn, [=](sim::World& x) {
                const auto split = [&](l4_threadid_t who, Word at) {
                    return empty_from(x, who, at + page, 2) && page_of(x, who, at) &&
                           page_of(x, who, at + 3 * page);
                };
                for (Word i = 0; i < n; ++i)
                    if (!split(whose(i), where(i))) return false;
                return split(b, from) && page_of(x, a, from + page) && page_of(x, a, from + 2 * page);
            }};
}

Scene idle_items(sim::World& w, Word n) {
    sim::MessageBuffer send(from, 2 * n), receive(to, 2 * n);
    const auto item = [](Word i) { return i % 2 == 0 ? l4_io_fpage(i, 0, 0) : Word{L4_FP_WRITE}; };
    for (Word i = 0; i < n; ++i) send.word(2 * i + 1) = item(i);
    send.send(2 * n);
    receive.window() = l4_fpage(0x40000000, L4_SUPERPAGE_SHIFT, 0);
    return ten_messages(w, send, receive, {.partner = b, .w1 = item(0), .send = from | L4_SND_MAP});
}

/// Window: the whole space.
Scene far_items(sim::World& w, Word n) {
    sim::MessageBuffer send(from, 2 * n), receive(to, 2 * n);
    constexpr Word regions = 400, first = 0x50000000, item = l4_fpage(from, L4_PAGE_SHIFT, L4_FP_WRITE);
    for (Word i = 0; i < n; ++i) {
        send.word(2 * i) = first + i % regions * super;
        send.word(2 * i + 1) = item;
    }
    send.send(2 * n);
    receive.window() = L4_FP_WHOLE_SPACE;
    return ten_messages(w, send, receive, {.partner = b, .w0 = first, .w1 = item, .send = from | L4_SND_MAP});
}

Scene empty_strings(sim::World& w, Word n) {
    sim::MessageBuffer send(from, 2, n), receive(to, 2, n);
    for (Word i = 0; i < n; ++i) send.set_string(i, {0, from, 0, 0});
    send.send(2, n);
    return ten_messages(w, send, receive, {.partner = b, .send = from});
}

} // namespace attack
