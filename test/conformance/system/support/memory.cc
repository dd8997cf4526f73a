// SPDX-License-Identifier: BSD-2-Clause
#include "test/conformance/system/support/memory.h"

#include <gtest/gtest.h>

#include <cstring>

#include "ia32/paging.h"
#include "l4/abi/sigma0.h"

namespace conformance::system {
namespace {

std::uint32_t entry(sim::World& world, std::uint32_t frame, std::uint32_t index) {
    std::uint32_t value = 0;
    std::memcpy(&value, world.machine().page(kern::PAddr{frame & ia32::frame_mask}).data() + 4 * index, 4);
    return value;
}

kern::Task& task(sim::World& world, l4_threadid_t of) { return world.find(of)->task(); }

} // namespace

Walked walk(sim::World& world, l4_threadid_t of, std::uint32_t va) {
    constexpr std::uint32_t needed = ia32::present | ia32::user;
    const auto with = [](std::uint32_t bits, std::uint32_t physical, bool super) -> Walked {
        return {(bits & ia32::writable) != 0 ? Right::write : Right::read, physical, super};
    };
    const std::uint32_t directory = task(world, of).space().directory().raw();
    const std::uint32_t pde = entry(world, directory, ia32::directory_index(va));
    if ((pde & needed) != needed) return {};
    if ((pde & ia32::super) != 0) return with(pde, (pde & ia32::super_mask) | (va & ~ia32::super_mask), true);
    const std::uint32_t pte = entry(world, pde, ia32::table_index(va));
    if ((pte & needed) != needed) return {};
    return with(pde & pte, (pte & ia32::frame_mask) | (va & ~ia32::frame_mask), false);
}

std::optional<kern::MapDb::Page> page(sim::World& world, l4_threadid_t of, std::uint32_t va) {
    return world.kernel().map_db().page(task(world, of).space(), kern::VAddr{va});
}

bool is_child(sim::World& world, l4_threadid_t of, std::uint32_t va, l4_threadid_t parent,
              std::uint32_t parent_va) {
    const auto found = page(world, of, va);
    return found && found->has_parent && found->parent.raw() == l4_id_task(parent) &&
           found->parent_va.raw() == parent_va;
}

kern::Account& account(sim::World& world, l4_threadid_t of) { return task(world, of).account(); }

sim::Routine<std::uint32_t> free_frames(Stage& s, User u, l4_threadid_t of) {
    constexpr sim::TaskNew refused{};
    sim::TaskNewResult result;
    if (l4_id_task(of) == L4_TASK_ROOT)
        result = co_await u(refused);
    else
        result = co_await s.call(u, of, refused);
    co_return result.free_frames;
}

sim::Routine<bool> get_memory(Stage& s, User u, l4_threadid_t who, std::uint32_t physical, std::uint32_t at,
                              std::uint32_t log2) {
    const sim::Ipc request{.partner = sigma0,
                           .w0 = L4_SIGMA0_FPAGE_RAM,
                           .w1 = l4_fpage(physical, log2, 0),
                           .send = 0,
                           .receive = User::rmap(l4_fpage(at, log2, 0))};
    const sim::IpcResult got = co_await s.call(u, who, request);
    co_return got.fpage();
}

sim::Routine<bool> get_ports(Stage& s, User u, l4_threadid_t who, std::uint32_t fpage) {
    const sim::Ipc request{.partner = sigma0, .w0 = fpage, .send = 0, .receive = User::rmap(L4_FP_IO_WHOLE)};
    const sim::IpcResult got = co_await s.call(u, who, request);
    co_return got.fpage();
}

sim::Routine<bool> has_port(Stage& s, User u, l4_threadid_t who, std::uint16_t port) {
    std::function<bool(sim::World&)> allowed = [port](sim::World& w) {
        return w.machine().port_allowed(port, 1);
    };
    const bool has = co_await s.inspect(u, who, &allowed);
    co_return has;
}

void expect(const Given& given, std::uint32_t dope) {
    EXPECT_EQ(given.sent.dope, L4_IPC_OK);
    EXPECT_EQ(given.received.dope, dope);
}

sim::Routine<Given> give(Stage& s, User u, l4_threadid_t from, std::uint32_t base, std::uint32_t fpage,
                         l4_threadid_t to, std::uint32_t window) {
    const Stage::Ticket wait =
        co_await s.begin(u, to, sim::Ipc{.partner = from, .receive = User::rmap(window)});
    Given given;
    given.sent =
        co_await s.call(u, from, sim::Ipc{.partner = to, .w0 = base, .w1 = fpage, .send = L4_SND_MAP});
    co_await settle(u);
    given.received = s.result<sim::Ipc>(wait);
    co_return given;
}

} // namespace conformance::system
