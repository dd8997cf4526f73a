// SPDX-License-Identifier: BSD-2-Clause
#include "test/support/scenario_recorder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "ia32/paging.h"

namespace test {
namespace {

using Kind = kern::Event::Kind;
using Register = Lockstep::Register;

/// 14 MiB of them; a longer scenario is better looked at in the test itself.
constexpr std::size_t most_actions = std::size_t{1} << 18;

constexpr std::pair<Register, std::uint32_t ia32::TrapFrame::*> general[] = {
    {Register::eax, &ia32::TrapFrame::eax}, {Register::ebx, &ia32::TrapFrame::ebx},
    {Register::ecx, &ia32::TrapFrame::ecx}, {Register::edx, &ia32::TrapFrame::edx},
    {Register::esi, &ia32::TrapFrame::esi}, {Register::edi, &ia32::TrapFrame::edi},
    {Register::ebp, &ia32::TrapFrame::ebp}};
constexpr std::pair<Register, std::uint32_t ia32::TrapFrame::*> others[] = {
    {Register::gs, &ia32::TrapFrame::gs},
    {Register::fs, &ia32::TrapFrame::fs},
    {Register::eflags, &ia32::TrapFrame::eflags},
    {Register::esp, &ia32::TrapFrame::esp},
    {Register::eip, &ia32::TrapFrame::eip}};

bool unlimited(const kern::Limits& l) {
    return std::min({l.bytes, l.pages, l.timeouts, l.threads, l.chain}) == ~0u;
}

Recording begin(const sim::WorldConfig& c) {
    return {.mode = unlimited(c.limits) ? Mode::free : Mode::alone,
            .config = {.machine = c.machine, .limits = c.limits, .sigma0_frames = c.sigma0_frames},
            .actions = {},
            .results = {}};
}

/// Suite.Case, as gtest's filters have it.
std::string running_test() {
    const auto* const test = ::testing::UnitTest::GetInstance()->current_test_info();
    return test ? std::string(test->test_suite_name()) + "." + test->name() : "scenario";
}

std::string trace_name() {
    static unsigned worlds = 0;
    std::string name = running_test() + "-" + std::to_string(++worlds) + ".trace";
    std::replace(name.begin(), name.end(), '/', '-');
    return name;
}

std::string test_command() {
    const char* const target = std::getenv("TEST_TARGET");
    return "run the test with: bazel test " + std::string(target ? target : "TARGET") +
           " --test_filter=" + running_test();
}

/// What a program or the outside did, that became the event.
Action action_of(const kern::Event& event, const arch::Frame& frame) {
    const auto n = static_cast<std::uint32_t>(event.addr.raw());
    switch (event.kind) {
        case Kind::syscall: return Action::call(event.code, sim::Regs::of(frame));
        case Kind::page_fault:
            return (event.code & ia32::fault_write) ? Action::store(n, 0) : Action::load(n);
        case Kind::exception: return {.kind = Action::Kind::exception, .code = event.code, .address = n};
        case Kind::io_fault: return {.kind = Action::Kind::io, .code = event.code, .address = n};
        case Kind::emulate:
            return {.kind = Action::Kind::emulate, .code = event.code, .regs = sim::Regs::of(frame)};
        case Kind::irq: return {.kind = Action::Kind::irq, .code = event.code};
        case Kind::timer: return {.kind = Action::Kind::timer};
        case Kind::resume: return {.kind = Action::Kind::resume};
    }
    return {};
}

} // namespace

ScenarioRecorder::ScenarioRecorder(sim::World& world, const sim::WorldConfig& config)
    : recording_(begin(config)),
      name_(trace_name()),
      flight_(recording_, name_, "the last step of the trace is the bad one\n" + test_command()) {
    world.observe(*this);
}

std::string ScenarioRecorder::leave(bool compared, const std::string& what) {
    if (recording_.mode == Mode::alone && compared) recording_.mode = Mode::stepwise;
    const std::size_t step = recording_.actions.size();
    const std::string at = "step " + std::to_string(step) +
                           (step == 0 ? "" : " of its trace: " + to_string(recording_.actions.back()));
    if (too_long_) return at + " (not the last one: it is too long to be kept)\n" + test_command();
    return at + "\n" + test::leave(recording_, name_, running_test() + ", " + at + "\n" + what) + "\n" +
           test_command();
}

void ScenarioRecorder::add(const Action& action) {
    too_long_ = too_long_ || recording_.actions.size() == most_actions;
    if (!too_long_) recording_.actions.push_back(action);
}

void ScenarioRecorder::pass(sim::World& world) {
    if (now_ == world.now()) return;
    add(Action::pass(world.now().raw() - now_.raw()));
    now_ = world.now();
}

/// The system of a trace starts its first two threads elsewhere.
void ScenarioRecorder::take_registers(const kern::Thread& running, bool general_too) {
    const auto id = std::uint64_t{running.task_no().raw()} << 8 | running.lthread();
    const bool first = seen_.insert(id).second;
    const auto take = [&](const auto& which) {
        const auto [name, at] = which;
        if (first || running.frame.*at != known_.*at) add(Action::set(name, running.frame.*at));
    };
    if (general_too) std::for_each(std::begin(general), std::end(general), take);
    std::for_each(std::begin(others), std::end(others), take);
}

void ScenarioRecorder::before(sim::World& world, const kern::Event& event, const kern::Thread& running) {
    pass(world);
    const bool outside = event.kind == Kind::irq || event.kind == Kind::timer || event.kind == Kind::resume;
    const bool loads = event.kind == Kind::syscall || event.kind == Kind::emulate;
    if (!running.idle() && !running.in_kernel()) take_registers(running, !loads);
    add(action_of(event, outside ? arch::Frame{} : running.frame));
}

void ScenarioRecorder::after(sim::World&, const kern::Event&, const kern::Thread& next) {
    known_ = next.frame;
}

void ScenarioRecorder::accessed(sim::World& world, const kern::Thread&, kern::VAddr at, bool write) {
    pass(world);
    if (write)
        take_stores(world, at);
    else
        add(Action::load(at.raw() & ~3u));
}

/// Nobody says how long the store was: all words of the page are taken that the trace has not yet as they
/// are. Some may be the kernel's copies; what is there already does no harm.
void ScenarioRecorder::take_stores(sim::World& world, kern::VAddr at) {
    const arch::Translation to = world.machine().translate(at, true);
    const kern::PAddr frame{to.address.raw() & ~(ia32::page_size - 1)};
    const auto page = world.machine().page(frame);
    Page& known = pages_.try_emplace(frame.raw(), page.size()).first->second;
    const std::uint32_t first = at.raw() & ~(ia32::page_size - 1);
    for (std::uint32_t i = 0; i < page.size(); i += 4) {
        if (std::memcmp(&page[i], &known[i], 4) == 0 && first + i != (at.raw() & ~3u)) continue;
        std::uint32_t word;
        std::memcpy(&word, &page[i], sizeof word);
        add(Action::store(first + i, word));
    }
    std::copy(page.begin(), page.end(), known.begin());
}

} // namespace test
