// SPDX-License-Identifier: BSD-2-Clause
// One system after the other: each finds the machine as the simulator's traces find theirs.
#include <cstring>
#include <new>

#include "hal-x86/replay/player.h"
#include "ia32/paging.h"
#include "x86/kernel.h"

namespace replay {
namespace {

constexpr std::uint32_t pool_first = 0x10000000; ///< arch::Memory::kernel_base of the simulated machine
constexpr int rubbish = 0xa5;

kern::BootInfo boot_info(const System& s, std::uint32_t directory) {
    return {.kernel_first = kern::PAddr{pool_first},
            .kernel_frames = s.kernel_pages,
            .sigma0_frames = s.sigma0_frames,
            .sigma0_ip = kern::VAddr{s.entry[0]},
            .sigma0_sp = kern::VAddr{s.entry[1]},
            .root_ip = kern::VAddr{s.entry[2]},
            .root_sp = kern::VAddr{s.entry[3]},
            .directory = kern::PAddr{directory}};
}

void put_number(x86::Console& console, const char* name, std::uint64_t n) {
    console.put(name);
    if (n >> 32 != 0) console.hex(static_cast<std::uint32_t>(n >> 32), 8);
    console.hex(static_cast<std::uint32_t>(n), 8);
}

} // namespace

constinit Player player;

arch::Frame* Player::begin(const std::uint32_t* pack) {
    Head head;
    std::memcpy(&head, pack, sizeof head);
    if (head.magic != magic || head.version != version || head.traces == 0)
        x86::panic("the boot module is no pack of traces, or one of another version");
    traces_ = head.traces;
    next_ = pack + sizeof head / 4;
    begin_system();
    return go_on();
}

void Player::begin_system() {
    arch::Machine& machine = x86::machine;
    std::memcpy(&system_, next_, sizeof system_);
    frames_ = next_ + sizeof system_ / 4;
    reader_.emplace(frames_ + system_.frames);
    next_ += system_.size;
    ++trace_;
    step_number_ = 0;
    fail_at_ = latched_ = awaited_ = 0;
    over_ = true;
    x86::Console& console = machine.console();
    console.put("trace ");
    console.decimal(trace_);
    put_number(console, " seed ", number(system_.seed));
    console.put("\n");

    x86::write_cr3(directory_); // the old one's frame gets another use
    std::memset(machine.page(kern::PAddr{pool_first}).data(), rubbish,
                system_.kernel_pages * ia32::page_size);
    machine.pic().init();
    machine.timer().expire();
    machine.timer().start_at(kern::Micros{number(system_.boot_time)});
    const auto& l = system_.limits;
    const kern::Limits limits{l[0], l[1], l[2], l[3], l[4]};
    x86::running.kernel =
        new (x86::kernel_storage) kern::Kernel(machine, boot_info(system_, directory_), limits);
    current_ = &x86::running.kernel->start();
}

void Player::next_step() {
    if (step_number_ != 0) compare();
    while (step_number_ == system_.steps) next_system();
    step_ = reader_->next();
    ++step_number_;
    ++steps_;
    acted_ = over_ = false;
}

void Player::next_system() {
    end_system();
    if (trace_ == traces_) finish();
    begin_system();
}

/// Memory as it should be, and then as in the beginning.
void Player::end_system() {
    x86::running.kernel->check_invariants();
    Digest memory;
    for (std::uint32_t i = 0; i < system_.frames; ++i) observe_frame(x86::machine, frames_[i], memory);
    if (memory.value() != number(system_.memory))
        differ("memory, in the end", system_.memory[0], static_cast<std::uint32_t>(memory.value()));
    for (std::uint32_t i = 0; i < system_.frames; ++i)
        std::memset(x86::machine.page(kern::PAddr{frames_[i] * ia32::page_size}).data(), 0, ia32::page_size);
    x86::running.kernel->~Kernel();
}

void Player::finish() {
    x86::Console& console = x86::machine.console();
    console.put("replay: ");
    console.decimal(traces_);
    console.put(" traces, ");
    console.decimal(steps_);
    console.put(" steps, ");
    console.decimal(events_);
    console.put(" events, ");
    console.decimal(in_user_mode_);
    console.put(" of them from user mode: no difference\nlongest piece: ");
    console.decimal(longest_.ticks);
    console.put(" ticks, trace ");
    console.decimal(longest_.trace);
    console.put(", step ");
    console.decimal(longest_.step);
    console.put("\n");
    constexpr std::uint8_t success = 0x10;
    x86::out8(static_cast<std::uint16_t>(x86::running.exit_port), success);
    for (;;) asm volatile("cli; hlt");
}

} // namespace replay
