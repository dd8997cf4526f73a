// SPDX-License-Identifier: BSD-2-Clause
// What kernel objects cost (semantics 9.8).
#pragma once

#include "l4/abi/limits.h"
#include "spec/ids.h"

namespace spec {

constexpr Word threads_per_frame = L4_KMEM_THREADS_PER_FRAME;
constexpr Word nodes_per_frame = L4_KMEM_NODES_PER_FRAME;

/// What one operation takes from, or gives back to, an account.  Threads and nodes live in slabs.
struct Bill {
    Word frames = 0;
    Word nodes = 0;
    Word threads = 0;
};

constexpr Bill operator+(Bill a, Bill b) {
    return {a.frames + b.frames, a.nodes + b.nodes, a.threads + b.threads};
}

} // namespace spec
