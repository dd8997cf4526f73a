// SPDX-License-Identifier: BSD-2-Clause
// I/O ports as mappings (semantics 9.9).
#include "spec/memory.h"

namespace spec {

void Memory::give_all_ports(TaskNo task) { spaces_.at(task).ports = PortSet::all(); }

MapResult Memory::map_ports(TaskNo from, TaskNo to, const PortSet& wanted, bool grant) {
    Space& giver = spaces_.at(from);
    Space& receiver = spaces_.at(to);
    const PortSet ports = giver.ports & wanted;
    if (ports.empty()) {
        return MapResult::nothing;
    }
    const bool holds_some = !receiver.ports.empty();
    if (holds_some && (grant || receiver.port_giver != from)) {
        return MapResult::nothing;
    }
    if (!holds_some) {
        if (!accounts.pay(receiver.account, {.frames = L4_KMEM_IO_BITMAP})) {
            return MapResult::no_memory;
        }
        receiver.paid_bitmap = true;
        receiver.port_giver = from;
    }
    receiver.ports = receiver.ports | ports;
    if (grant) {
        receiver.port_giver = giver.port_giver;
        flush_ports_below(from, ports, 0, to);
        take_ports(from, ports);
    }
    return MapResult::something;
}

void Memory::take_ports(TaskNo task, const PortSet& ports) {
    Space& space = spaces_.at(task);
    space.ports = space.ports - ports;
    if (!space.ports.empty()) {
        return;
    }
    space.port_giver = 0;
    if (space.paid_bitmap) {
        accounts.refund(space.account, {.frames = L4_KMEM_IO_BITMAP});
        space.paid_bitmap = false;
    }
}

/// Takes the ports from the tasks that have them from `task`, and so on; with `only` not 0, from that task
/// and those below it; never from `spare`.
void Memory::flush_ports_below(TaskNo task, const PortSet& ports, TaskNo only, TaskNo spare) {
    for (auto& [number, space] : spaces_) {
        if (number == spare || space.port_giver != task || space.ports.empty()) {
            continue;
        }
        const PortSet shared = space.ports & ports;
        if (shared.empty()) {
            continue;
        }
        const bool reached = only == 0 || only == number;
        flush_ports_below(number, shared, reached ? TaskNo{0} : only, spare);
        if (reached) {
            take_ports(number, shared);
        }
    }
}

} // namespace spec
