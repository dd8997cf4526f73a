// SPDX-License-Identifier: BSD-2-Clause
// UTCBs, state words, what state may say (semantics 11, 15.1, 16).
#include "l4/abi/utcb.h"

#include <algorithm>
#include <cstddef>

#include "l4/abi/exception.h"
#include "spec/system.h"

namespace spec {
namespace {

constexpr Word user_cs = 0x1b;
constexpr Word eflags_own = 0x00240dd5, eflags_if = 0x200; ///< 11.4
constexpr Word tls_selector = 0x30;                        ///< of slot 0; 8 for each
constexpr std::uint64_t descriptor_kind = 0x0000f800ull << 32, data_segment = 0x0000f000ull << 32;
constexpr std::uint64_t descriptor_64_bit = 1ull << 53;
constexpr std::uint64_t no_limit = ~std::uint64_t{0};

Physical utcb_byte(ThreadName name, Word offset) {
    return Ram::utcb(name.task, L4_UTCB_SIZE * name.lthread + offset);
}

constexpr Word state_offset(Word index) { return static_cast<Word>(offsetof(l4_utcb_t, state)) + 4 * index; }

/// 16.2
Word repaired(const Thread& t, Word selector) {
    const Word segment = selector & 0xfffc;
    bool good = segment == 0x18 || segment == 0x20 || segment == 0x28;
    for (Word slot = 0; slot < t.tls.size(); ++slot) {
        good = good || (segment == tls_selector + 8 * slot && t.tls[slot] != 0);
    }
    return good ? selector & 0xffff : 0;
}

/// Where the state words stand in the registers; none for those that nobody can set.
std::array<Word*, L4_UTCB_STATE_WORDS> places(Registers& r) {
    return {&r.gs,  &r.fs,  &r.edi,  &r.esi,  &r.ebp, nullptr, &r.ebx,    &r.edx,
            &r.ecx, &r.eax, nullptr, nullptr, &r.eip, nullptr, &r.eflags, &r.esp};
}

} // namespace

Word System::utcb_word(ThreadName name, Word offset) const { return ram_.word(utcb_byte(name, offset)); }

void System::set_utcb_word(ThreadName name, Word offset, Word value) {
    ram_.set_word(utcb_byte(name, offset), value);
}

bool System::has_status(ThreadName name, Word bit) const {
    return (utcb_word(name, offsetof(l4_utcb_t, status)) & bit) != 0;
}

/// 11.4
std::array<Word, L4_UTCB_STATE_WORDS> System::state_words(const Thread& t) const {
    const Registers& r = t.registers;
    const Fault fault = t.fault.value_or(Fault{});
    return {r.gs,  r.fs,  r.edi,        r.esi,     r.ebp, fault.pfa, r.ebx,    r.edx,
            r.ecx, r.eax, fault.trapno, fault.err, r.eip, user_cs,   r.eflags, r.esp};
}

void System::store_state(const Thread& of, ThreadName to, Word count) {
    const auto words = state_words(of);
    for (Word i = 0; i < std::min(count, L4_UTCB_STATE_WORDS); ++i) {
        set_utcb_word(to, state_offset(i), words[i]);
    }
}

/// As many words as the sender says (11.4).
void System::set_state(Thread& t, ThreadName from) const {
    const auto where = places(t.registers);
    const Word count = std::min(utcb_word(from, offsetof(l4_utcb_t, snd_size)), L4_UTCB_STATE_WORDS);
    for (Word i = 0; i < count; ++i) {
        const Word value = utcb_word(from, state_offset(i));
        if (where[i] == &t.registers.gs || where[i] == &t.registers.fs) {
            *where[i] = repaired(t, value);
        } else if (where[i] == &t.registers.eflags) {
            const Word iopl = *where[i] & eflags_iopl;
            const Word own = iopl != 0 ? eflags_own | eflags_if : eflags_own;
            *where[i] = (value & own) | (eflags_always & ~own) | iopl;
        } else if (where[i] != nullptr) {
            *where[i] = value;
        }
    }
}

/// 11.2
void System::copy_words(ThreadName from, ThreadName to) {
    const Word count = std::min({utcb_word(from, offsetof(l4_utcb_t, snd_size)),
                                 utcb_word(to, offsetof(l4_utcb_t, rcv_size)), L4_UTCB_STATE_WORDS});
    for (Word i = 0; i < count; ++i) {
        set_utcb_word(to, state_offset(i), utcb_word(from, state_offset(i)));
    }
}

/// 15.1
void System::set_time_limit(Thread& t, ThreadName from) const {
    const Word offset = offsetof(l4_utcb_t, time_limit);
    const Time limit = utcb_word(from, offset) | Time{utcb_word(from, offset + 4)} << 32;
    t.time_limit = limit == no_limit ? Deadline{} : limit;
}

/// 16.1
void System::set_tls(Thread& t, Word slot, std::uint64_t descriptor) {
    t.tls[slot] = (descriptor & descriptor_kind) == data_segment ? descriptor & ~descriptor_64_bit : 0;
}

void System::repair_selectors(Thread& t) {
    t.registers.gs = repaired(t, t.registers.gs);
    t.registers.fs = repaired(t, t.registers.fs);
}

} // namespace spec
