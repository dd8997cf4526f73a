// SPDX-License-Identifier: BSD-2-Clause
#include "test/support/referee.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "ia32/paging.h"
#include "l4/abi/ipc.h"
#include "l4/abi/limits.h"
#include "l4/abi/utcb.h"
#include "test/support/observe.h"

namespace test {
namespace {

using Kind = kern::Event::Kind;

std::string hex(std::uint32_t word) {
    char text[16];
    std::snprintf(text, sizeof text, "0x%x", static_cast<unsigned>(word));
    return text;
}

/// Long operations take many entries, and the invariants take long: in the middle, only now and then.
constexpr unsigned invariants_each = 16;

bool bounded(const kern::Limits& l) {
    return std::min({l.bytes, l.pages, l.timeouts, l.threads, l.chain}) != ~std::uint32_t{0};
}

/// Has the thread long work to do?  To stop and to send a pending exception take one entry on both sides.
bool works(const kern::Thread& t) { return t.ready() && t.op() != kern::Op::none; }
bool works(const spec::ThreadView& t) {
    return t.state == spec::ThreadState::in_kernel && t.role == spec::Role::driver;
}

/// Has the same long work been done on both sides?  Told by who has some left.
bool in_step(const kern::Kernel& kernel, const spec::Observation& kernels, const spec::Observation& wanted) {
    const auto same = [&](const auto& x, const auto& y) {
        const auto [task, lthread] = x.first;
        const kern::Thread* const t =
            kernel.find({.task = kern::TaskNo{task}, .lthread = static_cast<std::uint8_t>(lthread)});
        return x.first == y.first && works(*t) == works(y.second);
    };
    return std::equal(kernels.threads.begin(), kernels.threads.end(), wanted.threads.begin(),
                      wanted.threads.end(), same);
}

/// Has a thread that does not run work left that the specification is done with?
bool works_behind(const kern::Kernel& kernel, const spec::System& spec) {
    bool found = false;
    for (std::uint16_t n = 0; n < L4_TASKS; ++n) {
        const kern::Task* const task = kernel.tasks().task(kern::TaskNo{n});
        if (!task) continue;
        task->present().for_each([&](const kern::Thread& t) {
            if (!works(t) || &t == &kernel.current()) return;
            const auto wanted = spec.observe(name_of(t.id()));
            found = found || !wanted || !works(*wanted);
        });
    }
    return found;
}

/// May this have changed memory?
bool writes(const kern::Event& event) {
    switch (event.kind) {
        case Kind::irq:
        case Kind::timer: return false;
        case Kind::syscall: return event.code == L4_VEC_IPC || event.code == L4_VEC_LTHREAD_EX_REGS;
        default: return true;
    }
}

} // namespace

Referee::Referee(kern::Kernel& kernel, arch::Machine& machine, const kern::Limits& limits,
                 std::uint32_t sigma0_frames, unsigned full_each)
    : kernel_(kernel),
      machine_(machine),
      bounded_(bounded(limits)),
      spec_(configuration(kernel, machine, limits, sigma0_frames)),
      full_each_(full_each) {
    kernel_.check_invariants();
    compare();
}

/// Does the specification still have to see this, although it is ahead?
bool Referee::hear(const kern::Event& event) {
    if (event.kind != Kind::resume) following_ = false;
    return working_alike();
}

/// Does the specification want the same `resume` that the kernel's running thread gets?
bool Referee::working_alike() const {
    const kern::Thread& running = kernel_.current();
    const bool wants = works(running) ? spec_.current_drives() : spec_.current_in_kernel();
    return wants && spec_.current() == name_of(running.id());
}

void Referee::before(const kern::Event& event, bool may_fail) {
    earlier_.reset();
    if (!active()) return;
    told_ = !ahead_ || hear(event);
    const kern::Thread& running = kernel_.current();
    ran_ = running.id();
    if (!active() || !told_) return;
    take_registers();
    if (!running.idle() && event.kind == Kind::page_fault) check_fault(event);
    if (may_fail) earlier_ = spec_;
}

/// What the running thread's program has done to them the specification does not see.
void Referee::take_registers() {
    const kern::Thread& running = kernel_.current();
    if (running.idle()) return;
    spec_.registers() = registers_of(running.frame);
    std::memcpy(spec_.fpu().data(), machine_.fpu().bytes.data(), spec_.fpu().size());
}

/// A fault that the specification would not have seen is a stale translation, or a page table that is wrong.
void Referee::check_fault(const kern::Event& event) {
    const bool write = (event.code & ia32::fault_write) != 0;
    const std::uint32_t at = event.addr.raw(), code = spec_.error_code(at, write);
    if (spec_.access(at, write))
        return differ("a fault at " + hex(at) + " that the specification does not see");
    if (code != event.code)
        differ("error code of the fault at " + hex(at) + ": " + hex(event.code) + " <> " + hex(code));
}

void Referee::after(const kern::Event& event, bool failed) {
    const bool full = is_full(event);
    check_invariants(event);
    if (failed && bounded_) following_ = false; // it may be done with the operation already
    if (!active()) return;
    if (failed && compare_failed(event)) return compare_written();
    if (told_) spec_.handle(event_of(event), machine_.now().raw());
    ahead_ = bounded_ && busy_alone();
    if (!ahead_ && full) compare();
    if (!ahead_ && !full) compare_running();
    if (full && writes(event)) compare_written();
}

bool Referee::is_full(const kern::Event& event) {
    return full_each_ == 1 || cadence_.full(event.kind == Kind::resume, full_each_);
}

void Referee::check_invariants(const kern::Event& event) {
    const bool now = full_each_ == 1 ? event.kind != Kind::resume || ++resumes_ % invariants_each == 0
                                     : cadence_.at_rest();
    if (now)
        kernel_.check_invariants();
    else
        kernel_.check_current();
}

/// An allocation has failed in the kernel: tries the event with each payment of the specification failing.
/// False: none of them gives what the kernel did; spec_ is as it was before the event.
bool Referee::compare_failed(const kern::Event& event) {
    const spec::Observation kernel = observe(kernel_, machine_);
    for (spec::Word n = 1; !spec_.failure_pending(); ++n) {
        spec_ = *earlier_;
        spec_.fail_payment(n);
        spec_.handle(event_of(event), machine_.now().raw());
        if (spec_.failure_pending()) break;
        ++comparisons_;
        if (kernel == spec_.observe()) return true;
    }
    spec_ = *earlier_;
    return false;
}

/// The kernel goes on with something that the specification is done with: no need to look any closer.
bool Referee::busy_alone() const {
    const kern::Thread& next = kernel_.current();
    return !next.idle() && works(next) && !working_alike();
}

void Referee::compare() {
    const spec::Observation kernel = observe(kernel_, machine_), wanted = spec_.observe();
    ahead_ = bounded_ && !in_step(kernel_, kernel, wanted);
    if (ahead_) return;
    ++comparisons_;
    if (kernel != wanted) return differ("state, kernel <> specification:\n" + spec::diff(kernel, wanted));
    if (kernel.current) compare_machine();
}

/// The threads that ran before the event and run now, and the timer.
void Referee::compare_running() {
    ahead_ = bounded_ && works_behind(kernel_, spec_);
    if (ahead_) return;
    const kern::Thread& next = kernel_.current();
    const kern::Micros armed = machine_.timer().deadline();
    const bool same_thread = next.idle() ? !spec_.current() : spec_.current() == name_of(next.id());
    const bool same_timer = armed == kern::never ? !spec_.timer() : spec_.timer() == armed.raw();
    if (!same_thread || !same_timer) return compare();
    if (ran_.task.raw() != 0) compare_thread(ran_);
    if (!next.idle() && next.id() != ran_) compare_thread(next.id());
    ++comparisons_;
}

void Referee::compare_thread(kern::ThreadId id) {
    if (observe(kernel_, machine_, id) != spec_.observe(name_of(id))) compare();
}

void Referee::compare_tlb(std::uint32_t page, const arch::Tlb::Hit& hit) {
    const spec::Translation to = spec_.look(page, hit.allows_write());
    spec::Physical frame = to.phys;
    if (spec::is_utcb(page))
        frame = kernel_.current().task().utcb_frame((page - L4_UTCB_AREA) / ia32::page_size).raw();
    if (!to.allowed || frame != hit.address(kern::VAddr{page}).raw() || !to.bits.accessed ||
        (hit.dirty() && !to.bits.dirty))
        differ("the TLB remembers of " + hex(page) + ": " + hex(hit.entry));
}

/// The processor's own memory of the running thread's rights and registers: stale translations, the I/O
/// bitmap, its UTCB and TLS descriptors.
void Referee::compare_machine() {
    for (const std::uint32_t page : seen_)
        if (const arch::Tlb::Hit hit = machine_.mmu().tlb().find(kern::VAddr{page})) compare_tlb(page, hit);
    if (machine_.utcb().raw() != spec_.utcb_address()) differ("GS:0 reads " + hex(machine_.utcb().raw()));
    if (machine_.tls() != kernel_.current().tls()) differ("the processor's TLS descriptors");
    for (const std::uint32_t port : {0u, 0x60u, 0x1ffu, 0x200u, 0x3f8u, 0x7fffu, 0x8000u, 0xffffu})
        if (machine_.port_allowed(static_cast<std::uint16_t>(port), 1) != spec_.has_port(port))
            return differ("may the running thread use port " + hex(port) + "?");
}

void Referee::accessed(kern::VAddr at, bool write) {
    if (ahead_) following_ = false;
    if (!active()) return;
    seen_.insert(at.raw() & ia32::frame_mask);
    if (!spec_.access(at.raw(), write))
        differ(std::string(write ? "a store" : "a load") + " at " + hex(at.raw()) +
               " that the specification denies");
}

void Referee::stored(kern::VAddr at, std::uint32_t size) {
    if (!active()) return;
    const arch::Translation where = machine_.translate(at, true);
    const auto bytes = machine_.page(kern::PAddr{where.address.raw() & ia32::frame_mask});
    const spec::Physical to = spec_.look(at.raw(), true).phys;
    for (std::uint32_t i = 0; i < size; ++i)
        spec_.ram().set_byte(to + i, static_cast<std::uint8_t>(bytes[(at.raw() + i) % ia32::page_size]));
}

void Referee::compare_frame(spec::Word frame, const spec::Ram::Frame& wanted) {
    const auto bytes = machine_.page(kern::PAddr{frame});
    if (std::memcmp(bytes.data(), wanted.data(), wanted.size()) == 0) return;
    std::uint32_t i = 0;
    while (bytes[i] == static_cast<std::byte>(wanted[i])) ++i;
    differ("memory at physical address " + hex(frame + i) + ": " + hex(static_cast<std::uint8_t>(bytes[i])) +
           " <> " + hex(wanted[i]));
}

/// Whatever the specification has ever written: all that a transfer should have changed.
void Referee::compare_written() {
    if (!active() || ahead_) return;
    for (const auto& [frame, wanted] : spec_.ram().written()) compare_frame(frame, wanted);
    compare_utcbs();
}

void Referee::compare_utcbs() {
    for (const auto& [number, wanted] : spec_.ram().utcbs()) {
        const kern::Task* const task = kernel_.tasks().task(kern::TaskNo{number});
        for (std::uint32_t at = 0; task && at < wanted.size(); at += ia32::page_size) {
            const auto bytes = machine_.page(task->utcb_frame(at / ia32::page_size));
            if (std::memcmp(bytes.data(), &wanted[at], bytes.size()) == 0) continue;
            std::uint32_t i = 0;
            while (bytes[i] == static_cast<std::byte>(wanted[at + i])) ++i;
            const std::uint32_t got = static_cast<std::uint8_t>(bytes[i]), utcb = (at + i) / L4_UTCB_SIZE;
            return differ(
                "UTCB of " + spec::to_string(spec::ThreadName{number, static_cast<std::uint16_t>(utcb)}) +
                " at +" + hex((at + i) % L4_UTCB_SIZE) + ": " + hex(got) + " <> " + hex(wanted[at + i]));
        }
    }
}

void Referee::finish() {
    if (full_each_ != 1 && !cadence_.at_rest()) {
        kernel_.check_invariants();
        if (active() && !ahead_) {
            take_registers();
            compare();
        }
    }
    compare_memory();
}

void Referee::compare_memory() {
    if (!active() || ahead_) return;
    const auto& written = spec_.ram().written();
    const spec::Ram::Frame zeros{};
    for (std::uint32_t i = 0; i < machine_.memory().user_frames(); ++i) {
        const std::uint32_t frame = i * arch::Memory::frame_size;
        const auto it = written.find(frame);
        if (it != written.end() || machine_.memory().touched(kern::PAddr{frame}))
            compare_frame(frame, it == written.end() ? zeros : it->second);
    }
    compare_utcbs();
}

void Referee::differ(const std::string& what) {
    if (mismatch_.empty()) mismatch_ = what;
}

} // namespace test
