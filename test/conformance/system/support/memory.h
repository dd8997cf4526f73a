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
/// The sender succeeded, and the receiver got this.
void expect(const Given& given, std::uint32_t dope);
/// What a receiver of one flexpage in registers gets.
inline constexpr std::uint32_t dope_nothing = l4_msgdope(2, 0),
                               dope_mapped = dope_nothing | L4_MSGDOPE_FPAGE_RECEIVED;

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

/// A stage with the actors a, b, c and d, and where they usually have a page.
class Quartet : public Stage {
public:
    static constexpr std::uint32_t at_a = 0x10000000, at_b = 0x20000000, at_c = 0x30000000, at_d = 0x50000000;

    explicit Quartet(const sim::WorldConfig& config = {}, Checked checked = Checked::yes)
        : Stage(config, checked) {
        for (const std::uint16_t task : {5, 6, 7, 8}) spawn(task);
    }
    /// Gives one page.
    sim::Routine<Given> give_page(User u, l4_threadid_t from, std::uint32_t at_from, l4_threadid_t to,
                                  std::uint32_t at_to, std::uint32_t options = L4_FP_WRITE) {
        return give(*this, u, from, at_to, l4_fpage(at_from, L4_PAGE_SHIFT, options), to,
                    l4_fpage(at_to, L4_PAGE_SHIFT, 0));
    }
    sim::Routine<sim::UnmapResult> unmap(User u, l4_threadid_t who, std::uint32_t fpage, std::uint32_t mask) {
        return call(u, who, sim::Unmap{.fpage = fpage, .mask = mask});
    }
    Right right(l4_threadid_t of, std::uint32_t va) { return system::right(world(), of, va); }
    bool is_child(l4_threadid_t of, std::uint32_t va, l4_threadid_t parent, std::uint32_t parent_va) {
        return system::is_child(world(), of, va, parent, parent_va);
    }
    /// Do both find the same byte there?
    bool share(l4_threadid_t one, std::uint32_t va, l4_threadid_t other, std::uint32_t other_va) {
        const Walked x = walk(world(), one, va), y = walk(world(), other, other_va);
        return x.right != Right::none && y.right != Right::none && x.physical == y.physical;
    }
};

} // namespace conformance::system
