// SPDX-License-Identifier: BSD-2-Clause
#include "bench/scenario/states.h"

#include "kern/ensure.h"
#include "l4/abi/exception.h"

namespace bench {
namespace {

using kern::ensure;

constexpr std::uint16_t task = 100;
constexpr std::uint8_t above_root = 100, below_root = L4_PRIO_ROOT - 1;
constexpr std::uint32_t root_lthread = 1; ///< a thread of root's own task
constexpr std::uint64_t time_slice = 100; ///< of the process, in us, by root's time limits

constexpr std::uint32_t target_of(std::uint32_t task_no, std::uint32_t flags = 0) {
    return task_no << L4_EX_REGS_TASK_SHIFT | flags;
}

} // namespace

Process::Process(std::uint32_t n)
    : system_({.threads = n}), others_(system_, n, Crowd::State::asleep), process_(&system_.new_task(task)) {
    if (!kern::Ext::utcb) return;
    utcb().status = L4_UTCB_EXCEPTIONS;
    utcb().snd_size = utcb().rcv_size = L4_UTCB_STATE_WORDS;
    utcb().state = {};
    utcb().state.eip = System::ip;
}

void Process::raise(std::uint32_t trap) {
    process_->frame.trapno = trap;
    process_->frame.err = 0;
    system_.event({.kind = kern::Event::Kind::exception, .code = trap});
}

sim::Ipc Process::answer() const { return {.partner = System::id(*process_), .send = 0}; }

sim::Ipc Process::answer_and_wait() const {
    return {
        .partner = System::id(*process_), .send = 0, .receive = L4_RCV_OPEN, .timeout = L4_TIMEOUT_SND_ZERO};
}

void Process::process_first() {
    system_.set_prio(*process_, above_root);
    ensure(&system_.current() == process_, "bench: the process runs");
    raise(L4_TRAP_INVALID_OP);
    ensure(&system_.current() == &system_.root(), "bench: the process waits for root");
    system_.call(System::wait());
    ensure(&system_.current() == &system_.root(), "bench: root has its message");
    system_.call(answer_and_wait());
    ensure(&system_.current() == process_, "bench: the process runs again");
}

ExceptionMessage::ExceptionMessage(std::uint32_t n) : Process(n) {
    process_first();
    raise(L4_TRAP_INVALID_OP);
    ensure(&system_.current() == &system_.root() && utcb().state.trapno == L4_TRAP_INVALID_OP,
           "bench: root has the state");
    utcb().state.eip = other_ip;
    system_.call(answer_and_wait());
    ensure(&system_.current() == process_ && process_->frame.eip == other_ip,
           "bench: the process has another state");
}

void ExceptionMessage::run() {
    raise(L4_TRAP_INVALID_OP);
    system_.call(answer_and_wait());
}

Interrupt::Interrupt(std::uint32_t n, By by) : Process(n), by_(by) {
    if (by == By::stub) system_.give(*process_, shared_page, ia32::page_shift, shared_va);
    system_.set_prio(*process_, below_root);
    run();
    ensure(&system_.current() == &system_.root() && process_->ready() && process_->frame.eip == other_ip,
           "bench: the process has another state");
}

void Interrupt::run() {
    switch (by_) {
        case By::stub: return run_stub();
        case By::exception: return run_exception();
        case By::state: return run_state();
    }
}

/// What the stub does by itself, saving all but the instruction pointer before its call and loading all after
/// it, happens here between kernel entries.  Root has the instruction pointer from ex_regs.
void Interrupt::run_stub() {
    system_.call(sim::ExRegs{.target = target_of(task), .eip = stub_ip});
    const std::uint32_t interrupted = system_.root().frame.edx;
    system_.call(sim::Ipc{.partner = System::id(*process_), .receive = 0});
    ensure(&system_.current() == process_ && process_->frame.eip == stub_ip,
           "bench: the process is in its stub");
    process_->read_state(state(), L4_UTCB_STATE_WORDS);
    system_.call(sim::Ipc{.partner = System::id(system_.root()), .send = 0, .receive = 0});
    state().eip = interrupted;
    change_state();
    system_.call(answer());
    process_->frame.eip = state().eip;
}

void Interrupt::run_exception() {
    system_.call(sim::ExRegs{.target = target_of(task, L4_EX_REGS_RAISE_EXCEPTION)});
    system_.call(sim::Ipc{.partner = System::id(*process_), .receive = 0});
    system_.settle();
    change_state();
    system_.call(answer());
}

void Interrupt::run_state() {
    system_.call(sim::ExRegs{.target = target_of(task, L4_EX_REGS_STOP | L4_EX_REGS_STATE_GET)});
    change_state();
    system_.call(sim::ExRegs{.target = target_of(task, L4_EX_REGS_STATE_SET)});
}

l4_utcb_state_t& Interrupt::state() {
    if (by_ != By::stub) return utcb().state;
    return *reinterpret_cast<l4_utcb_state_t*>(system_.bytes(shared_page));
}

SetRegisters::SetRegisters(std::uint32_t n, Target where)
    : Process(n), target_(where == Target::in_own_task ? root_lthread : target_of(task)) {
    if (where == Target::in_own_task) process_ = &system_.new_thread(root_lthread);
    process_->frame.eip = 0;
    run();
    ensure(process_->frame.eip == other_ip, "bench: the registers are set");
}

void SetRegisters::run() { system_.call(sim::ExRegs{.target = target_, .esp = 0, .eip = other_ip}); }

TimeFault::TimeFault(std::uint32_t n) : Process(n) {
    utcb().status |= L4_UTCB_TIME_LIMIT;
    utcb().time_limit[0] = utcb().time_limit[1] = ~0u;
    process_first();
    raise(L4_TRAP_INVALID_OP);
    run();
    ensure(&system_.current() == &system_.root() && utcb().state.trapno == L4_TRAP_TIME,
           "bench: root has the time fault");
}

void TimeFault::run() {
    const std::uint64_t limit = system_.machine().timer().now().raw() + time_slice;
    utcb().time_limit[0] = static_cast<std::uint32_t>(limit);
    utcb().time_limit[1] = static_cast<std::uint32_t>(limit >> 32);
    system_.call(answer_and_wait());
    system_.timer_fires();
    system_.settle();
}

} // namespace bench
