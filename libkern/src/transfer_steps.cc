// SPDX-License-Identifier: BSD-2-Clause
// The steps of a transfer but for its strings: heads, flexpages, words (docs/semantics.md 7.5 a to c).  Each
// step either advances `step` and returns true, or leaves everything as it was and returns false to be done
// again.
#include <algorithm>
#include <cstring>
#include "leg.h"

namespace kern {
namespace {

using Step = Transfer::Step;

/// Of Limits::pages, what a MapJob takes for a page where no table is missing.
constexpr std::uint32_t steps_of_page = 2;

/// Both heads are known: what is to be moved, and where the string dopes are.
void plan(Transfer& x) {
    const std::uint32_t send = x.send.send_buffer ? std::max(dwords(x.send_dope), 2u) : 2u;
    const std::uint32_t room =
        x.send.send_buffer && x.receive_buffer ? std::max(dwords(x.receive_size), 2u) : 2u;
    x.words = std::min(send, room);
    x.cut = send > room;
    x.from.count = x.send.send_buffer ? strings(x.send_dope) : 0;
    x.from.dopes = x.send.send_buffer + words_at + 4 * dwords(x.send_size);
    x.into.count = x.send.send_buffer && x.receive_buffer ? strings(x.receive_size) : 0;
    x.into.dopes = x.receive_buffer + words_at + 4 * dwords(x.receive_size);
    x.pair[0] = x.send.w0;
    x.pair[1] = x.send.w1;
    const bool items = x.send.map && x.pair[1] != 0;
    if (items && x.window == 0) x.cut = true;
    x.step = items && x.window != 0 ? Step::item_map : Step::word;
}

/// Are words stored in the receiver's buffer at all?
bool stores(const Transfer& x) { return x.send.send_buffer != 0 && x.receive_buffer != 0; }

} // namespace

bool Kernel::step(Thread& from, Leg& leg) {
    if (leg.bytes.exhausted() || leg.pages.exhausted()) {
        from.op_ = Op::transfer;
        return false;
    }
    ++leg.steps;
    if (from.transfer_.step == Step::item_map && !leg.affords(page_item_cost)) return false;
    if (from.transfer_.step == Step::end && !leg.affords(end_cost)) return false;
    leg.bytes.pay(step_cost);
    switch (from.transfer_.step) {
        case Step::send_dope:
        case Step::send_size:
        case Step::window:
        case Step::capacity: return step_head(from, leg);
        case Step::item_base:
        case Step::item_fpage:
        case Step::item_map:
        case Step::item_store_base:
        case Step::item_store_fpage: return step_item(from, leg);
        case Step::list_head:
        case Step::list_pair: return step_list(from);
        case Step::word: return step_words(from, leg);
        case Step::receive_dope_size:
        case Step::receive_dope_address: return step_receive_dope(from, leg);
        case Step::send_dope_size:
        case Step::send_dope_address: return step_send_dope(from, leg);
        case Step::bytes: return step_bytes(from, leg);
        case Step::store_length:
        case Step::store_buffer: return step_write_back(from, leg);
        case Step::skip_send:
        case Step::skip_receive: return step_skip(from, leg);
        case Step::end: break;
    }
    machine_.rest(); // lets one come: the end takes as long as some steps
    complete_transfer(from);
    return false;
}

/// The words of both heads.
bool Kernel::step_head(Thread& from, Leg& leg) {
    Transfer& x = from.transfer_;
    switch (x.step) {
        case Step::send_dope:
            if (!leg.read(from, x.send.send_buffer + offsetof(l4_msg_head_t, snd_dope), x.send_dope))
                return false;
            x.step = Step::send_size;
            [[fallthrough]];
        case Step::send_size:
            if (!leg.read(from, x.send.send_buffer + offsetof(l4_msg_head_t, size_dope), x.send_size))
                return false;
            x.step = Step::window;
            [[fallthrough]];
        case Step::window:
            if (x.receive_buffer &&
                !leg.read(*x.to, x.receive_buffer + offsetof(l4_msg_head_t, rcv_fpage), x.window))
                return false;
            x.step = Step::capacity;
            [[fallthrough]];
        default: break;
    }
    if (x.send.send_buffer && x.receive_buffer &&
        !leg.read(*x.to, x.receive_buffer + offsetof(l4_msg_head_t, size_dope), x.receive_size))
        return false;
    plan(x);
    return true;
}

/// Flexpages: pair by pair: read, mapped, stored, until a nil pair or the last whole pair.
bool Kernel::step_item(Thread& from, Leg& leg) {
    Transfer& x = from.transfer_;
    const std::uint32_t at = words_at + 4 * x.next_word;
    switch (x.step) {
        case Step::item_base:
            if (!leg.read(from, x.send.send_buffer + at, x.pair[0])) return false;
            x.step = Step::item_fpage;
            [[fallthrough]];
        case Step::item_fpage:
            if (!leg.read(from, x.send.send_buffer + at + 4, x.pair[1])) return false;
            x.last_pair = x.pair[1] == 0;
            x.step = x.last_pair ? Step::item_store_base : Step::item_map;
            return true;
        case Step::item_map: return map_item(from, leg);
        case Step::item_store_base:
            if (stores(x) && !leg.write(*x.to, x.receive_buffer + at, x.pair[0])) return false;
            x.step = Step::item_store_fpage;
            [[fallthrough]];
        default: break;
    }
    if (stores(x) && !leg.write(*x.to, x.receive_buffer + at + 4, x.pair[1])) return false;
    x.next_word += 2;
    x.step = x.last_pair || x.next_word + 1 >= x.words ? Step::word : Step::item_base;
    if (x.with_list) x.step = x.next_word == 2 ? Step::list_head : Step::list_pair;
    return true;
}

/// Flexpages of an answer to a fault: what follows the pair in the registers stands behind the state words
/// that the pager sends (docs/semantics.md 17.5).
bool Kernel::step_list(Thread& from) {
    Transfer& x = from.transfer_;
    const l4_utcb_t& pager = utcb(from);
    if (x.step == Step::list_head) {
        x.list_next = static_cast<std::uint8_t>(std::min(pager.snd_size, L4_UTCB_STATE_WORDS));
        x.list_left = pager.map_count;
        x.step = Step::list_pair;
        return true;
    }
    x.step = Step::word;
    if (x.list_left == 0 || x.list_next + 1u >= L4_UTCB_STATE_WORDS) return true;
    const auto* const words = reinterpret_cast<const std::byte*>(&pager.state);
    std::memcpy(x.pair, words + x.list_next * sizeof(l4_word_t), sizeof x.pair);
    x.list_next += 2;
    --x.list_left;
    if (x.pair[1] != 0) x.step = Step::item_map;
    return true;
}

bool Kernel::map_item(Thread& from, Leg& leg) {
    Transfer& x = from.transfer_;
    machine_.rest(); // lets one come: a page takes longer than what it counts as in bytes
    leg.forget();
    if (!std::holds_alternative<MapJob>(from.job_)) {
        Space &source = from.task().space(), &target = x.to->task().space();
        if (Ext::shortcut && leg.pages.left() >= steps_of_page &&
            map_db_.map_page(source, target, x.pair[1], x.pair[0], x.window)) {
            leg.pages.pay(steps_of_page);
            leg.bytes.pay(page_item_cost);
            x.mapped = true;
            x.step = Step::item_store_base;
            return true;
        }
        from.job_.emplace<MapJob>(source, target, x.pair[1], x.pair[0], x.window);
    }
    if (!leg.affords(item_cost)) return false;
    leg.bytes.pay(item_cost);
    MapJob& item = *std::get_if<MapJob>(&from.job_);
    switch (map_db_.run(item, leg.pages)) {
        case Progress::more: from.op_ = Op::transfer; return false;
        case Progress::no_memory: end_transfer(from, L4_IPC_SEMAPFAILED, L4_IPC_REMAPFAILED); return false;
        case Progress::done: break;
    }
    x.mapped |= item.received();
    from.job_.emplace<std::monostate>();
    x.step = Step::item_store_base;
    return true;
}

/// Doublewords: the first two come from registers, the others run by run, a run ending with a page of either
/// side.
bool Kernel::step_words(Thread& from, Leg& leg) {
    Transfer& x = from.transfer_;
    if (!stores(x)) x.next_word = x.words;
    for (; x.next_word < std::min(x.words, L4_MSG_REGISTER_DWORDS); ++x.next_word)
        if (!leg.write(*x.to, x.receive_buffer + words_at + 4 * x.next_word,
                       x.next_word == 0 ? x.send.w0 : x.send.w1))
            return false;
    while (x.next_word < x.words) {
        const std::uint32_t offset = words_at + 4 * x.next_word;
        const std::uint32_t source_at = x.send.send_buffer + offset, target_at = x.receive_buffer + offset;
        const std::byte* const source = leg.reach(from, source_at, Access::read, leg.descriptors[0]);
        if (!source) return false;
        std::byte* const target = leg.reach(*x.to, target_at, Access::write, leg.descriptors[1]);
        if (!target) return false;
        const std::uint32_t run =
            std::min({4 * (x.words - x.next_word), to_page_end(source_at), to_page_end(target_at)});
        const std::uint32_t n = leg.take(run) / 4;
        copy_up(machine_, target, source, n * 4);
        x.next_word += n;
        if (leg.bytes.exhausted()) return true;
    }
    x.step = x.from.count ? Step::receive_dope_size : Step::end;
    return true;
}

} // namespace kern
