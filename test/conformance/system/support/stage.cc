// SPDX-License-Identifier: BSD-2-Clause
#include "test/conformance/system/support/stage.h"

#include <gtest/gtest.h>

#include <utility>

namespace conformance::system {

/// Executes an order and keeps everything that it left.
struct Stage::Perform : sim::Step {
    Order* order = nullptr;
    void await_resume() const noexcept {
        order->regs = fiber->regs();
        order->value = fiber->value();
        order->done = true;
    }
};

Stage::Stage(const sim::WorldConfig& config, Checked checked) {
    if (checked == Checked::yes)
        world_ = std::make_shared<World>(config);
    else
        world_ = std::make_shared<UncheckedWorld>(bounded(config));
    actor_ = world_->program([this](User u) { return act(u); });
    world_->spawn(L4_TASK_ROOT, 1, sim::park); // so that actors find their director, whenever they come
}

void Stage::play(sim::Body script, std::uint64_t steps) {
    world_->run(steps); // all actors are there before it begins
    world_->spawn(L4_TASK_ROOT, 1, std::move(script));
    EXPECT_EQ(world_->run(steps), sim::End::idle);
    const kern::Thread* const thread = world_->find(director);
    ASSERT_NE(thread, nullptr);
    EXPECT_EQ(thread->wait().what, kern::Wait::For::sleep) << "the director waits for an actor";
    EXPECT_FALSE(thread->timeout.armed());
    world_->kernel().check_invariants();
}

Stage::Ticket Stage::add(const sim::Instruction& instruction) {
    orders_.push_back({.instruction = instruction});
    return static_cast<Ticket>(orders_.size() - 1);
}

/// Hears nobody but the director, so that the others can wait for an actor.
Program Stage::act(User u) {
    sim::IpcResult m = co_await u.receive(director);
    for (;;) {
        if (!m.ok()) { // the director did not wait for the end
            m = co_await u.receive(director);
            continue;
        }
        Order& order = orders_.at(m.w0);
        if (order.question != nullptr)
            order.value = (*order.question)(u.world()) ? 1 : 0;
        else
            co_await Perform{{order.instruction}, &order};
        m = co_await u.call(director, 0, 0, L4_TIMEOUT_SND_ZERO);
    }
}

sim::Routine<Stage::Ticket> Stage::begin(User u, l4_threadid_t who, sim::Instruction instruction) {
    const Ticket ticket = add(instruction);
    co_await u.send(who, ticket, 0);
    co_return ticket;
}

sim::Routine<std::uint32_t> Stage::perform(User u, l4_threadid_t who, sim::Instruction instruction) {
    const Ticket ticket = add(instruction);
    co_await u.call(who, ticket, 0);
    co_return value(ticket);
}

namespace {

sim::Instruction load_at(std::uint32_t at) {
    return {.kind = sim::Instruction::Kind::load, .address = at, .size = 4};
}

sim::Instruction store_at(std::uint32_t at, std::uint32_t value) {
    return {.kind = sim::Instruction::Kind::store, .address = at, .value = value, .size = 4};
}

} // namespace

sim::Routine<Stage::Ticket> Stage::begin_load(User u, l4_threadid_t who, std::uint32_t at) {
    return begin(u, who, load_at(at));
}

sim::Routine<Stage::Ticket> Stage::begin_store(User u, l4_threadid_t who, std::uint32_t at,
                                               std::uint32_t value) {
    return begin(u, who, store_at(at, value));
}

sim::Routine<std::uint32_t> Stage::load(User u, l4_threadid_t who, std::uint32_t at) {
    return perform(u, who, load_at(at));
}

sim::Routine<std::uint32_t> Stage::store(User u, l4_threadid_t who, std::uint32_t at, std::uint32_t value) {
    return perform(u, who, store_at(at, value));
}

sim::Routine<bool> Stage::inspect(User u, l4_threadid_t who, std::function<bool(sim::World&)>* question) {
    const Ticket ticket = add({});
    orders_[ticket].question = question;
    co_await u.call(who, ticket, 0);
    co_return orders_[ticket].value != 0;
}

} // namespace conformance::system
