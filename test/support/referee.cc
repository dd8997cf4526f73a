// SPDX-License-Identifier: BSD-2-Clause
#include "test/support/referee.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "ia32/paging.h"
#include "l4/abi/ipc.h"
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

/// Has the same long work been done on both sides?  Told by who has some left in the kernel.
bool in_step(const spec::Observation& a, const spec::Observation& b) {
    const auto same = [](const auto& x, const auto& y) {
        const auto in_kernel = [](const spec::ThreadView& t) {
            return t.state == spec::ThreadState::in_kernel;
        };
        return x.first == y.first && in_kernel(x.second) == in_kernel(y.second);
    };
    return std::equal(a.threads.begin(), a.threads.end(), b.threads.begin(), b.threads.end(), same);
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
    return spec_.current_in_kernel() && spec_.current() == name_of(kernel_.current().id());
}

void Referee::before(const kern::Event& event, bool may_fail) {
    earlier_.reset();
    if (!active()) return;
    told_ = !ahead_ || hear(event);
    const kern::Thread& running = kernel_.current();
    ran_ = running.id();
    if (!active() || !told_) return;
    if (!running.idle()) {
        spec_.registers() = registers_of(running.frame);
        if (event.kind == Kind::page_fault) check_fault(event);
    }
    if (may_fail) earlier_ = spec_;
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
    if (full && (event.kind == Kind::resume || (event.kind == Kind::syscall && event.code == L4_VEC_IPC)))
        compare_written();
}

bool Referee::is_full(const kern::Event&) {
    if (full_each_ != 1 && ++since_full_ < full_each_) return false;
    since_full_ = 0;
    return true;
}

void Referee::check_invariants(const kern::Event& event) {
    const bool now =
        full_each_ == 1 ? event.kind != Kind::resume || ++resumes_ % invariants_each == 0 : since_full_ == 0;
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
    return !next.idle() && next.in_kernel() &&
           !(spec_.current_in_kernel() && spec_.current() == name_of(next.id()));
}

void Referee::compare() {
    const spec::Observation kernel = observe(kernel_, machine_), wanted = spec_.observe();
    ahead_ = bounded_ && !in_step(kernel, wanted);
    if (ahead_) return;
    ++comparisons_;
    if (kernel != wanted) return differ("state, kernel <> specification:\n" + spec::diff(kernel, wanted));
    if (kernel.current) compare_machine();
}

/// The threads that ran before the event and run now, and the timer.
void Referee::compare_running() {
    const kern::Thread& next = kernel_.current();
    const auto runs = next.idle() ? std::nullopt : std::optional(name_of(next.id()));
    const auto armed = machine_.timer().deadline();
    const auto timer = armed == kern::never ? std::nullopt : std::optional(armed.raw());
    if (spec_.current() != runs || spec_.timer() != timer) return compare();
    if (ran_.task.raw() != 0) compare_thread(ran_);
    if (runs && next.id() != ran_) compare_thread(next.id());
    ++comparisons_;
}

void Referee::compare_thread(kern::ThreadId id) {
    if (observe(kernel_, id) != spec_.observe(name_of(id))) compare();
}

/// The processor's own memory of the running thread's rights: stale translations, and the I/O bitmap.
void Referee::compare_machine() {
    for (const std::uint32_t page : seen_) {
        const arch::Tlb::Hit hit = machine_.mmu().tlb().find(kern::VAddr{page});
        if (!hit) continue;
        const spec::Translation to = spec_.look(page, hit.allows_write());
        if (!to.allowed || to.phys != hit.address(kern::VAddr{page}).raw() || !to.bits.accessed ||
            (hit.dirty() && !to.bits.dirty))
            return differ("the TLB remembers of " + hex(page) + ": " + hex(hit.entry));
    }
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
    for (std::uint32_t i = 0; i < size; ++i) {
        const std::uint32_t pa = where.address.raw() + i;
        spec_.ram().set_byte(pa, static_cast<std::uint8_t>(bytes[pa % ia32::page_size]));
    }
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
}

void Referee::finish() {
    if (full_each_ != 1 && since_full_ != 0) {
        kernel_.check_invariants();
        if (active() && !ahead_) compare();
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
}

void Referee::differ(const std::string& what) {
    if (mismatch_.empty()) mismatch_ = what;
}

} // namespace test
