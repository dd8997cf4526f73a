// SPDX-License-Identifier: BSD-2-Clause
#include "test/attack/support/letter.h"

#include <algorithm>

#include "ia32/paging.h"
#include "l4/abi/fpage.h"

namespace attack {
namespace {

constexpr Line line{3};
constexpr std::uint64_t early_at = 800, begin = 1000, late_at = 100000;

/// The interrupt comes when so many windows in the kernel have passed, or when there are no more.
struct InWindow : sim::Interrupts {
    explicit InWindow(unsigned n) : left(n) {}
    bool now(sim::World& w, Line l) override {
        if (l != line) return true;
        if (!w.current().in_kernel()) return false;
        ++seen;
        return left-- == 0;
    }
    unsigned left, seen = 0;
};

sim::Routine<int> write(User u, const Patches& patches) {
    for (const Patch& p : patches) co_await u.store32(p.at, p.value);
    co_return 0;
}

void pages_of(sim::World& w, l4_threadid_t who, Letter::Outcome& out) {
    const kern::Task* const task = w.kernel().tasks().task(kern::ThreadId::of(who).task);
    const auto directory = w.machine().page(task->space().directory());
    for (Word region = 0; region < L4_USER_TOP >> L4_SUPERPAGE_SHIFT; ++region) {
        if (std::all_of(&directory[4 * region], &directory[4 * region] + 4,
                        [](std::byte b) { return b == std::byte{}; }))
            continue;
        for (Word i = 0; i < 1024; ++i) {
            const Word va = region << L4_SUPERPAGE_SHIFT | i << L4_PAGE_SHIFT;
            if (const auto page = w.kernel().map_db().page(task->space(), kern::VAddr{va}))
                out.pages.emplace_back(l4_id_task(who), va, page->frame.raw(), page->writable);
        }
    }
}

} // namespace

Letter::Letter() {
    send.send(dwords, strings);
    for (Word i = 2; i < dwords; ++i) receive.word(i) = 0xeeeeeeee;
    receive.window() = l4_fpage(window, 14, 0);
    send.word(2) = page;
    send.word(3) = l4_fpage(sender_buffer, L4_PAGE_SHIFT, L4_FP_WRITE);
    send.word(4) = send.word(5) = 0; // the end of the items
    const Word sizes[] = {5u | 1u << 31, 4, 6}, rooms[] = {6u | 1u << 31, 8, 7};
    for (Word i = 0; i < strings; ++i) {
        send.set_string(i, {sizes[i], sender_data + 0x101 * (i + 1), 0, 0});
        receive.set_string(i, {0xeeeeeee0 + i, 0xeeeeeef0 + i, rooms[i], receiver_data + 0x203 * (i + 1)});
    }
}

std::vector<Word> Letter::descriptor_words() {
    std::vector<Word> all{sender_buffer + 4, sender_buffer + 8, receiver_buffer, receiver_buffer + 4};
    for (Word i = 2; i < dwords; ++i) all.push_back(sender_buffer + 12 + 4 * i);
    for (Word i = 0; i < strings; ++i) {
        all.push_back(send_dope(i, offsetof(l4_strdope_t, snd_size)));
        all.push_back(send_dope(i, offsetof(l4_strdope_t, snd_addr)));
        all.push_back(receive_dope(i, offsetof(l4_strdope_t, rcv_size)));
        all.push_back(receive_dope(i, offsetof(l4_strdope_t, rcv_addr)));
    }
    return all;
}

std::size_t Letter::offset(Word at) {
    const auto* const found = std::find(std::begin(shown), std::end(shown), at & ~(page - 1));
    kern::ensure(found != std::end(shown), "not a page of the letter");
    return static_cast<std::size_t>(found - std::begin(shown)) * page + at % page;
}

Letter::Outcome Letter::play(const Patches& early, unsigned when, const Patches& patches,
                             const Patches& late) const {
    Outcome out;
    sim::MessageBuffer sent = send, received = receive;
    InWindow interrupts(when);
    Watched w({.machine = {.user_pages = 32, .kernel_pages = 256}, .limits = tiny}, 64);
    w.set_interrupts(&interrupts);
    for (const Word at : shown) w.root_server().share(7, at, is_senders(at) ? 5 : 6, at);
    const auto side = [&out](User u, sim::MessageBuffer& buffer, Word more, const sim::Ipc& call,
                             std::uint64_t at) -> Program {
        co_await u.put(buffer);
        std::vector<std::byte> bytes(page);
        for (std::size_t i = 0; i < page; ++i) bytes[i] = static_cast<std::byte>(i * 7 + (more >> 28));
        for (Word i = 1; i <= more % 16; ++i)
            co_await u.store_block((buffer.address() & ~(page - 1)) + i * page, bytes.data(), page);
        co_await u(sim::ExRegs{.target = u.id().lthread, .pager = l4_nil_id()});
        co_await until(u, at);
        if (at == begin) u.world().at(u.now(), line);
        const sim::Regs result = co_await u.syscall(L4_VEC_IPC, call.regs());
        out.registers.push_back(result);
    };
    const sim::Ipc message{.partner = b,
                           .w0 = 0,
                           .w1 = l4_fpage(sender_data, L4_PAGE_SHIFT, 0),
                           .send = sender_buffer | L4_SND_MAP};
    const sim::Ipc wait{.receive = receiver_buffer | L4_RCV_OPEN};
    w.spawn(6, 0, [&](User u) { return side(u, received, 0x20000002, wait, 500); });
    w.spawn(5, 0, [&](User u) { return side(u, sent, 0x10000001, message, begin); });
    w.spawn({.task = 7,
             .program = w.program([&](User u) -> Program {
                 for (const Word at : shown) co_await u.load8(at);
                 co_await u.attach(line.raw());
                 co_await until(u, early_at);
                 co_await write(u, early);
                 co_await u.receive(l4_irq_id(line.raw()));
                 co_await write(u, patches);
                 co_await until(u, late_at);
                 co_await write(u, late);
             }),
             .prio = 100});
    w.run();
    for (const Word at : shown) {
        const auto p =
            w.kernel().map_db().page(w.kernel().tasks().task(kern::TaskNo{7})->space(), kern::VAddr{at});
        const auto bytes = w.machine().page(p->frame);
        out.memory.insert(out.memory.end(), bytes.begin(), bytes.end());
    }
    pages_of(w, a, out);
    pages_of(w, b, out);
    out.entries = interrupts.seen;
    return out;
}

} // namespace attack
