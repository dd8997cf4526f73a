// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

#include "test/conformance/system/support/world.h"

namespace conformance::system {

/// Scenarios in which one program tells all others what to do: the director, thread 1 of root, and actors,
/// whose program is to wait for his orders.  An order is one instruction, mostly a system call.
class Stage {
public:
    enum class Checked : bool { no, yes };
    using Ticket = std::uint32_t;
    static constexpr l4_threadid_t director = l4_threadid(L4_TASK_ROOT, 1);

    explicit Stage(const sim::WorldConfig& config = {}, Checked checked = Checked::yes);

    sim::World& world() { return *world_; }
    /// A thread started here waits for orders.
    sim::Entry actor() const { return actor_; }
    l4_threadid_t spawn(sim::Spawn what) {
        what.program = actor_;
        return world_->spawn(what);
    }
    l4_threadid_t spawn(std::uint16_t task, std::uint8_t lthread = 0) {
        return spawn({.task = task, .lthread = lthread});
    }
    /// Runs the director's script until nothing runs any more; fails the test when it has not come to its
    /// end.
    void play(sim::Body script, std::uint64_t steps = 1000000);

    /// Has `who` execute a system call and waits for the result.
    template <class C>
    sim::Routine<typename C::Result> call(User u, l4_threadid_t who, C what) {
        const Ticket ticket = add(instruction(what));
        co_await u.call(who, ticket, 0);
        co_return result<C>(ticket);
    }
    /// Has `who` begin with a system call that may take its time.
    template <class C>
    sim::Routine<Ticket> begin(User u, l4_threadid_t who, C what) {
        const Ticket ticket = add(instruction(what));
        co_await u.send(who, ticket, 0);
        co_return ticket;
    }
    bool done(Ticket ticket) const { return orders_.at(ticket).done; }
    std::uint32_t value(Ticket ticket) const { return orders_.at(ticket).value; }
    template <class C>
    typename C::Result result(Ticket ticket) const {
        return C::Result::of(orders_.at(ticket).regs);
    }

    /// The same for memory: the thread may be killed.
    sim::Routine<Ticket> begin_load(User u, l4_threadid_t who, std::uint32_t at);
    sim::Routine<Ticket> begin_store(User u, l4_threadid_t who, std::uint32_t at, std::uint32_t value);
    sim::Routine<std::uint32_t> load(User u, l4_threadid_t who, std::uint32_t at);
    sim::Routine<std::uint32_t> store(User u, l4_threadid_t who, std::uint32_t at, std::uint32_t value);
    /// The test's own code, executed while `who` is running.
    sim::Routine<bool> inspect(User u, l4_threadid_t who, std::function<bool(sim::World&)>* question);

private:
    struct Order {
        sim::Instruction instruction{};
        std::function<bool(sim::World&)>* question = nullptr;
        bool done = false;
        sim::Regs regs{};
        std::uint32_t value = 0;
    };
    struct Perform;

    template <class C>
    static sim::Instruction instruction(const C& what) {
        return {.kind = sim::Instruction::Kind::syscall, .code = C::vector, .regs = what.regs()};
    }
    Ticket add(const sim::Instruction& instruction);
    sim::Routine<Ticket> begin(User u, l4_threadid_t who, sim::Instruction instruction);
    sim::Routine<std::uint32_t> perform(User u, l4_threadid_t who, sim::Instruction instruction);
    Program act(User u);

    std::deque<Order> orders_;          ///< a deque: actors refer to them
    std::shared_ptr<sim::World> world_; ///< shared: it knows of which class it is to be deleted
    sim::Entry actor_;
};

} // namespace conformance::system
