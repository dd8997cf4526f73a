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

sim::WorldConfig with_sigma0_thread(sim::Body body) {
    constexpr Word served = 256; // frames: the rest is for the test
    return {.machine = {.user_pages = 2048}, .sigma0 = [body](User u) -> Program {
                const sim::Entry other = u.world().program(body);
                const sim::Entry usual = u.world().program([](User v) { return sim::sigma0(v, served); });
                co_await u(sim::ExRegs{.target = 1, .esp = 0, .eip = other.eip, .pager = root});
                co_await u.jump(usual);
            }};
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
