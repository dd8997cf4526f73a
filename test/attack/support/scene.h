// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "test/attack/support/mass.h"

namespace attack {

/// Where the memory of a scene usually is.
inline constexpr Word page = 0x1000, from = 0x10000000, to = 0x20000000;

/// Tells A when to begin.
inline constexpr l4_threadid_t herald = l4_threadid(L4_TASK_ROOT, 1);
/// Makes the herald.  First in a scene: A waits for nobody else.
void send_herald(sim::World& w);
/// `go` of a scene with a herald.
void give_turn(sim::World& w);

/// Has `who` nothing in these pages any more?
bool empty_from(sim::World& w, l4_threadid_t who, Word first, Word n);

/// A page that A has mapped to B `n` times, and then once to C, is taken from all; from C only; or stays with
/// all, read-only.
Mass::Scene wide_tree(sim::World& w, Word n);
Mass::Scene wide_tree_filtered(sim::World& w, Word n);
Mass::Scene wide_tree_read_only(sim::World& w, Word n);
/// `n` parts of A's 4 MiB page, which is split.
Mass::Scene split_superpage(sim::World& w, Word n);
/// A part of a 4 MiB page of B's, which stays, split, with `n` others mapped from it that are split, too.
Mass::Scene wide_split_tree(sim::World& w, Word n);
/// Map items that map nothing: of ports to a window of memory, or of nothing at all.
Mass::Scene idle_items(sim::World& w, Word n);
/// Map items of one page, each to a 4 MiB region where nothing is.
Mass::Scene far_items(sim::World& w, Word n);
/// Ten messages of `n` strings without a byte.
Mass::Scene empty_strings(sim::World& w, Word n);

} // namespace attack
