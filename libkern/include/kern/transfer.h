// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include "kern/ipc_args.h"

namespace kern {

class Thread;

/// One end of the string that is being copied: a part (one dope) of a logical string.
struct StringPart {
    std::uint32_t index = 0;   ///< next dope to read
    std::uint32_t count = 0;   ///< dopes there are
    std::uint32_t dopes = 0;   ///< address of the first
    std::uint32_t size = 0;    ///< bytes of this part
    std::uint32_t address = 0; ///< of its first byte
    std::uint32_t done = 0;    ///< bytes of it that were copied
    bool continued = false;    ///< the next dope belongs to the same logical string
    bool more() const { return continued && index < count; }
};

/// A message that takes more than two registers, on its way; lives in the sender, which drives it
/// (docs/semantics.md 7.5).  Every word of either side's descriptor is read once and kept here, so neither a
/// page fault nor another thread's change to it in mid-transfer can confuse the kernel.
struct Transfer {
    /// What is done next.  Each step moves a bounded amount, or finds a page missing and is done again later.
    enum class Step : std::uint8_t {
        send_dope,
        send_size,
        window,
        capacity, // the two heads
        item_base,
        item_fpage,
        item_map,
        item_store_base,
        item_store_fpage, // flexpages, a pair of words each
        list_head,
        list_pair, // more of them, in the UTCB of a pager that answers
        word,      // doublewords, one by one
        receive_dope_size,
        receive_dope_address, // next receive part
        send_dope_size,
        send_dope_address, // next send part
        bytes,             // of the current parts
        skip_send,         // rest of a logical string that is cut
        store_length,
        store_buffer, // write back a receive dope
        skip_receive, // unused parts of a logical receive buffer
        end,
    };
    Thread* to = nullptr; ///< the receiver; nullptr: no transfer under way
    Step step = Step::send_dope;
    IpcArgs send{};           ///< of the sender
    std::uint32_t window = 0; ///< receive flexpage; 0: none
    std::uint32_t receive_buffer = 0;
    std::uint32_t send_dope = 0, send_size = 0, receive_size = 0;
    std::uint32_t words = 2; ///< to move: the lesser of what is sent and what fits
    std::uint32_t next_word = 0;
    std::uint32_t pair[2]{}; ///< the item under way: snd_base, fpage
    bool last_pair = false;  ///< the pair under way ends the items
    bool cut = false, mapped = false;
    bool with_list = false;      ///< an answer to a fault, which may carry a list of flexpages
    std::uint8_t list_next = 0;  ///< its next pair's place in the state words
    std::uint32_t list_left = 0; ///< pairs
    bool goes_on = false;        ///< the logical string continues in the next receive part
    StringPart from{}, into{};
    std::uint32_t dopes_used = 0;
};

} // namespace kern
