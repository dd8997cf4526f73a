// SPDX-License-Identifier: BSD-2-Clause
#include "test/conformance/ipc/support/world.h"

#include <utility>

namespace conformance::ipc {

void start_thread(sim::World& w, l4_threadid_t who, sim::Body body, sim::Spawn how) {
    how.task = static_cast<std::uint16_t>(l4_id_task(who));
    how.lthread = static_cast<std::uint8_t>(l4_id_lthread(who));
    how.program = w.program(std::move(body));
    w.spawn(how);
}

std::optional<kern::MapDb::Page> World::page(l4_threadid_t of, Word at) {
    return kernel().map_db().page(thread(of).task().space(), kern::VAddr{at});
}

namespace {

/// The largest span up to `us` that the timeout word can say exactly.
Micros expressible(Time us) {
    unsigned shift = 0;
    while (us >> shift > 255) shift += 2;
    return Micros{us >> shift << shift};
}

} // namespace

sim::Routine<int> until(User u, Time when) {
    while (u.now().raw() < when) co_await u.sleep(receive_timeout(expressible(when - u.now().raw())));
    co_return 0;
}

} // namespace conformance::ipc
