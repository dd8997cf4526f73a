// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <optional>

#include "test/conformance/system/support/stage.h"

namespace conformance::system {

/// What the page tables of a task let its programs do.
enum class Right : std::uint8_t { none, read, write };

/// One page-table walk, as the machine does it; the kernel is not asked.
struct Walked {
    Right right = Right::none;
    std::uint32_t physical = 0;
    bool super = false; ///< 4 MiB
};
Walked walk(sim::World& world, l4_threadid_t of, std::uint32_t va);
inline Right right(sim::World& world, l4_threadid_t of, std::uint32_t va) {
    return walk(world, of, va).right;
}

/// The kernel's mapping there.
std::optional<kern::MapDb::Page> page(sim::World& world, l4_threadid_t of, std::uint32_t va);
/// Is the page at `va` a child of the one at `parent_va` of `parent`?
bool is_child(sim::World& world, l4_threadid_t of, std::uint32_t va, l4_threadid_t parent,
              std::uint32_t parent_va);

kern::Account& account(sim::World& world, l4_threadid_t of);
/// What the account of an actor, or of the director, has left: task_new tells.
sim::Routine<std::uint32_t> free_frames(Stage& s, User u, l4_threadid_t of);

/// Both sides of a message with a flexpage.
struct Given {
    sim::IpcResult sent, received;
    bool mapped() const { return received.fpage(); }
};
/// `from` sends to `to`, who waits for it with that window; both are actors.
sim::Routine<Given> give(Stage& s, User u, l4_threadid_t from, std::uint32_t base, std::uint32_t fpage,
                         l4_threadid_t to, std::uint32_t window);

/// The actor has sigma0 map it that much memory (12: a page, 22: a superpage), or those ports.
sim::Routine<bool> get_memory(Stage& s, User u, l4_threadid_t who, std::uint32_t physical, std::uint32_t at,
                              std::uint32_t log2);
sim::Routine<bool> get_ports(Stage& s, User u, l4_threadid_t who, std::uint32_t fpage);
/// Does the machine let the actor's programs use that port?
sim::Routine<bool> has_port(Stage& s, User u, l4_threadid_t who, std::uint16_t port);

/// A machine with enough RAM for superpages, the first of them at `first_super`.
inline constexpr std::uint32_t first_super = 1u << L4_SUPERPAGE_SHIFT;
inline sim::WorldConfig with_superpages() {
    return {.machine = {.user_pages = 6 * 1024, .kernel_pages = 512}};
}

} // namespace conformance::system
