// SPDX-License-Identifier: BSD-2-Clause
// The strings of a transfer: gathered from the sender's dopes, scattered over the receiver's
// (docs/semantics.md 7.5 d).
#include <algorithm>
#include "leg.h"

namespace kern {
namespace {

using Step = Transfer::Step;

constexpr std::uint32_t continued_bit = 1u << 31;

std::uint32_t next_dope(const StringPart& p) {
    return p.dopes + p.index * std::uint32_t{sizeof(l4_strdope_t)};
}

void set_size(StringPart& p, std::uint32_t word) {
    p.size = word & ~continued_bit;
    p.continued = (word & continued_bit) != 0;
}

void set_address(StringPart& p, std::uint32_t word) {
    p.address = word;
    p.done = 0;
    ++p.index;
}

/// A logical string and its buffer are done with: on to the next, if there is one.
void next_string(Transfer& x) {
    if (x.from.index >= x.from.count) {
        x.step = Step::end;
        return;
    }
    if (x.into.more()) {
        x.step = Step::skip_receive;
        return;
    }
    x.from.size = x.from.done = 0;
    x.step = Step::receive_dope_size;
}

} // namespace

/// Opens the next receive part: of a new logical string, or because the last part was full.
bool Kernel::step_receive_dope(Thread& from, Leg& leg) {
    Transfer& x = from.transfer_;
    std::uint32_t word;
    if (x.into.index >= x.into.count) {
        x.cut = true;
        x.step = Step::end;
        return true;
    }
    if (x.step == Step::receive_dope_size) {
        if (!leg.read(*x.to, next_dope(x.into) + offsetof(l4_strdope_t, rcv_size), word)) return false;
        set_size(x.into, word);
        x.step = Step::receive_dope_address;
    }
    if (!leg.read(*x.to, next_dope(x.into) + offsetof(l4_strdope_t, rcv_addr), word)) return false;
    set_address(x.into, word);
    x.goes_on = false;
    x.step = x.from.done < x.from.size ? Step::bytes : Step::send_dope_size;
    return true;
}

bool Kernel::step_send_dope(Thread& from, Leg& leg) {
    Transfer& x = from.transfer_;
    std::uint32_t word;
    if (x.step == Step::send_dope_size) {
        if (!leg.read(from, next_dope(x.from) + offsetof(l4_strdope_t, snd_size), word)) return false;
        set_size(x.from, word);
        x.step = Step::send_dope_address;
    }
    if (!leg.read(from, next_dope(x.from) + offsetof(l4_strdope_t, snd_addr), word)) return false;
    set_address(x.from, word);
    x.step = Step::bytes;
    return true;
}

/// Copies a run of bytes, or finds that one side's part is at its end.
bool Kernel::step_bytes(Thread& from, Leg& leg) {
    Transfer& x = from.transfer_;
    if (x.from.done == x.from.size) {
        x.step = x.from.more() ? Step::send_dope_size : Step::store_length;
        return true;
    }
    if (x.into.done == x.into.size) {
        x.goes_on = x.into.more();
        x.cut |= !x.goes_on;
        x.step = x.goes_on || !x.from.more() ? Step::store_length : Step::skip_send;
        return true;
    }
    const std::uint32_t source_at = x.from.address + x.from.done, target_at = x.into.address + x.into.done;
    const std::byte* const source = leg.reach(from, source_at, Access::read, leg.strings[0]);
    if (!source) return false;
    std::byte* const target = leg.reach(*x.to, target_at, Access::write, leg.strings[1]);
    if (!target) return false;
    const std::uint32_t run = std::min({x.from.size - x.from.done, x.into.size - x.into.done,
                                        to_page_end(source_at), to_page_end(target_at)});
    const std::uint32_t n = leg.take(run);
    copy_up(machine_, target, source, n);
    x.from.done += n;
    x.into.done += n;
    return true;
}

/// Tells the receiver what its current part holds.
bool Kernel::step_write_back(Thread& from, Leg& leg) {
    Transfer& x = from.transfer_;
    const std::uint32_t dope = next_dope(x.into) - std::uint32_t{sizeof(l4_strdope_t)};
    if (x.step == Step::store_length) {
        if (!leg.write(*x.to, dope + offsetof(l4_strdope_t, snd_size),
                       x.into.done | (x.goes_on ? continued_bit : 0u)))
            return false;
        x.step = Step::store_buffer;
    }
    if (!leg.write(*x.to, dope + offsetof(l4_strdope_t, snd_addr), x.into.address)) return false;
    ++x.dopes_used;
    if (x.goes_on)
        x.step = Step::receive_dope_size;
    else
        next_string(x);
    return true;
}

/// Finds the end of a logical string that is cut, or of a logical buffer that was larger than its string.
bool Kernel::step_skip(Thread& from, Leg& leg) {
    Transfer& x = from.transfer_;
    std::uint32_t word;
    const bool sending = x.step == Step::skip_send;
    Thread& owner = sending ? from : *x.to;
    StringPart& part = sending ? x.from : x.into;
    const std::size_t size_at = sending ? offsetof(l4_strdope_t, snd_size) : offsetof(l4_strdope_t, rcv_size);
    if (!leg.read(owner, next_dope(part) + static_cast<std::uint32_t>(size_at), word)) return false;
    set_size(part, word);
    ++part.index;
    if (part.more()) return true;
    if (sending)
        x.step = Step::store_length;
    else
        next_string(x);
    return true;
}

} // namespace kern
