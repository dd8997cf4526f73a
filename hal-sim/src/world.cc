// SPDX-License-Identifier: BSD-2-Clause
#include "sim/world.h"

#include <algorithm>

#include "kern/ensure.h"

namespace sim {
namespace {

constexpr kern::Line timer_line{0};

/// Fills in the programs that the configuration leaves open.
WorldConfig complete(WorldConfig c, RootServer* root) {
    if (!c.sigma0) c.sigma0 = [frames = c.machine.user_pages](User u) { return sigma0(u, frames); };
    if (!c.root) c.root = [root](User u) { return root->run(u); };
    return c;
}

kern::BootInfo boot_info(const WorldConfig& c, Text& text) {
    const Entry sigma0 = text.add(c.sigma0);
    const Entry root = text.add(c.root);
    return {.kernel_first = arch::Memory::kernel_base,
            .kernel_frames = c.machine.kernel_pages,
            .sigma0_frames = c.sigma0_frames,
            .sigma0_ip = kern::VAddr{sigma0.eip},
            .sigma0_sp = c.sigma0_sp,
            .root_ip = kern::VAddr{root.eip},
            .root_sp = c.root_sp};
}

} // namespace

World::World(const WorldConfig& c)
    : instruction_time_(c.instruction_time),
      machine_(c.machine),
      root_server_(c.root ? nullptr : std::make_unique<RootServer>(*this)),
      kernel_(machine_, boot_info(complete(c, root_server_.get()), text_), c.limits),
      current_(&kernel_.start()) {}

World::~World() = default;

l4_threadid_t World::spawn(const Spawn& what) {
    if (root_server().request(what)) at(now(), kern::Line{RootServer::bell});
    return l4_threadid(what.task, what.lthread);
}

RootServer& World::root_server() {
    kern::ensure(root_server_ != nullptr, "this world has a root task of its own");
    return *root_server_;
}

kern::Micros User::now() const { return world().now(); }

End World::run(std::uint64_t steps) {
    stopped_ = false;
    for (; steps != 0; --steps) {
        if (!step()) return End::idle;
        if (stopped_) return End::stopped;
    }
    return End::bound;
}

/// One instruction, or one kernel event.  False: there will never be another.
bool World::step() {
    run_script();
    if (interrupt(current_->idle())) return true;
    if (current_->in_kernel()) {
        dispatch({.kind = kern::Event::Kind::resume});
        return true;
    }
    if (current_->idle()) return idle();
    execute(*current_);
    return true;
}

void World::run_script() {
    while (!script_.empty() && script_.begin()->first <= now().raw()) {
        machine_.irqs().raise(script_.begin()->second);
        script_.erase(script_.begin());
    }
}

/// Delivers an interrupt if there is one and it comes now.  A program with I/O privilege can shut them out.
bool World::interrupt(bool must) {
    const kern::Thread& running = *current_;
    if (!running.idle() && !running.in_kernel() && (running.frame.eflags & eflags_interrupts) == 0)
        return false;
    const auto comes = [&](kern::Line line) {
        return must || interrupts_ == nullptr || interrupts_->now(*this, line);
    };
    const auto timer = [&] { return machine_.timer().due() && comes(timer_line) && fire_timer(); };
    const auto device = [&] {
        const auto line = machine_.irqs().deliverable();
        return line && comes(*line) && take_line(*line);
    };
    return timer_was_last_ ? device() || timer() : timer() || device();
}

bool World::fire_timer() {
    timer_was_last_ = true;
    machine_.timer().fired();
    dispatch({.kind = kern::Event::Kind::timer});
    return true;
}

bool World::take_line(kern::Line line) {
    timer_was_last_ = false;
    machine_.irqs().take(line);
    dispatch({.kind = kern::Event::Kind::irq, .code = line.raw()});
    return true;
}

/// Halts until the timer or the script.
bool World::idle() {
    std::uint64_t next = machine_.timer().deadline().raw();
    if (!script_.empty()) next = std::min(next, script_.begin()->first);
    if (next == kern::never.raw()) return false;
    machine_.timer().advance(kern::Micros{next - now().raw()});
    return true;
}

void World::dispatch(const kern::Event& event) {
    const kern::Thread& running = *current_;
    for (Observer* o : observers_) o->before(*this, event, running);
    hash_.add(now().raw());
    hash_.add(std::uint64_t{event.code} << 32 | event.addr.raw());
    hash_.add(static_cast<std::uint64_t>(event.kind));
    if (!running.idle()) hash_.add(running.frame);
    ++events_;
    current_ = &kernel_.handle(event);
    const kern::Thread& next = *current_;
    hash_.add(std::uint64_t{next.task_no().raw()} << 8 | next.lthread());
    if (!next.idle()) hash_.add(next.frame);
    for (Observer* o : observers_) o->after(*this, event, next);
}

} // namespace sim
