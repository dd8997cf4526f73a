// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <cstdint>

#include "l4/abi/utcb.h"
#include "sim/step.h"

namespace sim {

/// A UTCB as the programs of its task reach it: ordinary memory at a fixed address.  Every function makes one
/// instruction.
class Utcb {
public:
    using Word = std::uint32_t;
    explicit constexpr Utcb(std::uint32_t lthread) : at_(L4_UTCB_AREA + lthread * L4_UTCB_SIZE) {}

    constexpr Word address() const { return at_; }
    Do load(l4_utcb_t& to) const { return block(Kind::load_block, 0, &to, sizeof to); }
    Do store(l4_utcb_t& from) const { return block(Kind::store_block, 0, &from, sizeof from); }
    Do load_state(l4_utcb_state_t& to) const { return block(Kind::load_block, state, &to, sizeof to); }
    Do store_state(l4_utcb_state_t& from) const {
        return block(Kind::store_block, state, &from, sizeof from);
    }
    /// One word: `utcb.set(&l4_utcb_t::snd_size, 16)`.
    Get get(Word l4_utcb_t::*field) const {
        return {{{.kind = Kind::load, .address = at_ + offset(field), .size = sizeof(Word)}}};
    }
    Do set(Word l4_utcb_t::*field, Word value) const {
        return {
            {{.kind = Kind::store, .address = at_ + offset(field), .value = value, .size = sizeof(Word)}}};
    }

private:
    using Kind = Instruction::Kind;
    static constexpr Word state = offsetof(l4_utcb_t, state);
    static Word offset(Word l4_utcb_t::*field) {
        static constexpr l4_utcb_t any{};
        return static_cast<Word>(reinterpret_cast<const std::byte*>(&(any.*field)) -
                                 reinterpret_cast<const std::byte*>(&any));
    }
    Do block(Kind kind, Word offset, void* data, std::size_t size) const {
        return {{{.kind = kind,
                  .address = at_ + offset,
                  .size = static_cast<Word>(size),
                  .data = static_cast<std::byte*>(data)}}};
    }
    Word at_;
};

/// A descriptor of the form that TLS slots take: a data segment of users, by default writable and present.
constexpr std::uint64_t data_segment(std::uint32_t base, std::uint32_t limit = 0xfffff,
                                     std::uint8_t access = 0xf2, std::uint8_t flags = 0xc) {
    return (std::uint64_t{limit} & 0xffff) | (std::uint64_t{base} & 0xffffff) << 16 |
           std::uint64_t{access} << 40 | (std::uint64_t{limit} >> 16 & 0xf) << 48 |
           std::uint64_t{flags} << 52 | (std::uint64_t{base} >> 24) << 56;
}

} // namespace sim
