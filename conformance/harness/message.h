// SPDX-License-Identifier: BSD-2-Clause
#pragma once
// Message buffers, and memory that looks like nothing else.
#include "conformance/harness/actor.h"

namespace conformance {

/// A buffer of n doublewords and m strings; it sends `snd_words` of them and `snd_strings`.
template <Word n, Word m = 1>
struct Message {
    Word window = 0, size_dope = l4_msgdope(n, m), snd_dope = l4_msgdope(2, 0);
    Word words[n] = {};
    l4_strdope_t strings[m] = {};

    Message& sends(Word snd_words, Word snd_strings = 0) {
        snd_dope = l4_msgdope(snd_words, snd_strings);
        return *this;
    }
    Word snd(Word options = 0) const { return address(this) | options; }
    Word rcv() const { return address(this); }
};

/// A buffer with one string, both to send and to receive.
inline Message<2> letter(Word at, Word size) {
    Message<2> m;
    m.strings[0] = {size, at, size, at};
    return m.sends(2, 1);
}

inline constexpr Word goes_on = 1u << 31;
/// Page faults of a transfer end it at once, on both sides.
inline constexpr Word pf_zero = l4_timeout_pf(L4_TIMEOUT_PF_ZERO, L4_TIMEOUT_PF_ZERO);

template <typename T>
T* at(Word place) {
    return reinterpret_cast<T*>(static_cast<std::uintptr_t>(place));
}

constexpr unsigned char pattern(Word i, Word seed) {
    return static_cast<unsigned char>(i * 7 + (i >> 8) + seed);
}
inline void fill(Word place, Word size, Word seed = 1) {
    for (Word i = 0; i < size; ++i) at<unsigned char>(place)[i] = pattern(i, seed);
}
/// Whether `size` bytes are those of fill() from its byte `from` on.
inline bool filled(Word place, Word size, Word seed = 1, Word from = 0) {
    for (Word i = 0; i < size; ++i)
        if (at<unsigned char>(place)[i] != pattern(from + i, seed)) return false;
    return true;
}
inline bool all_bytes(Word place, Word size, unsigned char value) {
    for (Word i = 0; i < size; ++i)
        if (at<unsigned char>(place)[i] != value) return false;
    return true;
}
inline void clear(Word place, Word size, unsigned char value = 0xee) {
    for (Word i = 0; i < size; ++i) at<unsigned char>(place)[i] = value;
}

} // namespace conformance
