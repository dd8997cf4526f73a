// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <cstring>

#include <gtest/gtest.h>

#include "arch/machine.h"
#include "kern/kernel.h"
#include "l4/abi/exception.h"
#include "l4/abi/fpage.h"
#include "l4/abi/utcb.h"
#include "sim/calls.h"

namespace kernel_test {

using Word = std::uint32_t;

inline constexpr l4_threadid_t root = l4_threadid(L4_TASK_ROOT, 0), sigma0 = l4_threadid(L4_TASK_SIGMA0, 0);
inline constexpr l4_threadid_t child = l4_threadid(5, 0);

/// A machine and a kernel; a test plays all programs: it says what the running thread does next, and the
/// invariants are checked after every event.
///
/// At the start root runs, sigma0 waits for messages, and task 5 exists: thread 0 is ready, with root as its
/// pager.
class Stage {
public:
    static constexpr Word child_ip = 0x5000, child_sp = 0x6000;

    explicit Stage(Word task_flags = 0, const kern::Limits& limits = kern::unlimited, Word sigma0_frames = 32)
        : kernel_(machine_,
                  {.kernel_first = arch::Memory::kernel_base,
                   .kernel_frames = 256,
                   .sigma0_frames = sigma0_frames},
                  limits),
          current_(&kernel_.start()) {
        call(sim::ThreadSwitch{});
        call(sim::Ipc{.receive = L4_RCV_OPEN}); // sigma0
        call(sim::TaskNew{.task = child,
                          .mcp_or_chief = 100 | task_flags,
                          .esp = child_sp,
                          .eip = child_ip,
                          .pager = root});
    }

    // --- events
    void event(const kern::Event& e) {
        current_ = &kernel_.handle(e);
        kernel_.check_invariants();
    }
    /// A system call of the running thread; what it returns if it is over.
    template <class C>
    typename C::Result call(const C& what) {
        kern::Thread& self = *current_;
        what.regs().load_into(self.frame);
        self.frame.eip += 2;
        event({.kind = kern::Event::Kind::syscall, .code = C::vector});
        return C::Result::of(sim::Regs::of(self.frame));
    }
    void page_fault(Word addr, Word code) {
        event({.kind = kern::Event::Kind::page_fault, .code = code, .addr = kern::VAddr{addr}});
    }
    void exception(Word vector, Word error = 0) {
        event({.kind = kern::Event::Kind::exception, .code = vector, .addr = kern::VAddr{error}});
    }
    void io_fault(Word port, Word width) {
        event({.kind = kern::Event::Kind::io_fault, .code = width, .addr = kern::VAddr{port}});
    }
    void emulate(ia32::Emulated what) {
        event({.kind = kern::Event::Kind::emulate, .code = static_cast<Word>(what)});
    }
    void resume() { event({.kind = kern::Event::Kind::resume}); }
    void pass(std::uint64_t us) { machine_.timer().advance(kern::Micros{us}); }
    /// Goes on with kernel work of whoever runs until a program does.
    void settle() {
        while (!current_->idle() && current_->in_kernel()) resume();
    }
    /// Root waits for a message: task 5 runs.
    void to_child() {
        ASSERT_EQ(&running(), &thread(root));
        call(sim::Ipc{.receive = L4_RCV_OPEN});
        ASSERT_EQ(&running(), &thread(child));
    }
    /// Root, that got a message, answers and waits for the next.
    void answer(Word w0 = 0, Word w1 = 0, Word send = 0, l4_threadid_t to = child) {
        ASSERT_EQ(&running(), &thread(root));
        call(sim::Ipc{.partner = to, .w0 = w0, .w1 = w1, .send = send, .receive = L4_RCV_OPEN});
    }
    /// Root has a page of its own at `va`, from sigma0, filled with zeros.
    void map_to_root(Word va) {
        ASSERT_EQ(&running(), &thread(root));
        const Word frame = next_frame_++ * 0x1000;
        call(sim::Ipc{
            .partner = sigma0, .send = 0, .receive = (va & L4_FP_PAGE_MASK) | 12u << 2 | L4_RCV_MAP});
        while (&running() != &thread(sigma0)) call(sim::ThreadSwitch{});
        page_fault(frame, ia32::fault_user);
        call(sim::Ipc{.partner = root,
                      .w1 = l4_fpage(frame, 12, L4_FP_WRITE),
                      .send = L4_SND_MAP,
                      .receive = L4_RCV_OPEN});
        while (&running() != &thread(root)) call(sim::ThreadSwitch{});
        settle();
    }
    /// Task 5 gets root's page at the same address: it faults, root answers.  Task 5 runs, and runs
    /// afterwards.
    void map_to_child(Word va, Word rights = L4_FP_WRITE) {
        page_fault(va, ia32::fault_user | ia32::fault_write);
        answer(va, l4_fpage(va, 12, rights), L4_SND_MAP);
        ASSERT_EQ(&running(), &thread(child));
    }
    /// A word of a task's memory.
    Word& word(l4_threadid_t of, Word va) {
        const auto page = kernel_.map_db().page(thread(of).task().space(), kern::VAddr{va});
        kern::ensure(page.has_value() && va % 4 == 0, "the test has no page there");
        return *reinterpret_cast<Word*>(machine_.page(page->frame).data() + va % 0x1000);
    }

    // --- what is there
    kern::Thread& running() { return *current_; }
    bool runs(l4_threadid_t id) {
        return !current_->idle() && current_ == kernel_.find(kern::ThreadId::of(id));
    }
    kern::Thread& thread(l4_threadid_t id) { return *kernel_.find(kern::ThreadId::of(id)); }
    l4_utcb_t& utcb(l4_threadid_t id) {
        const kern::Thread& t = thread(id);
        const kern::PAddr frame = t.task().utcb_frame(t.lthread() / 32);
        return *reinterpret_cast<l4_utcb_t*>(machine_.page(frame).data() + t.lthread() % 32 * L4_UTCB_SIZE);
    }
    /// Root takes exceptions with all state words.
    void root_takes_exceptions(Word more = 0) {
        utcb(root).status = L4_UTCB_EXCEPTIONS | more;
        utcb(root).rcv_size = L4_UTCB_STATE_WORDS;
    }
    /// What root got with the last message.
    sim::IpcResult got() { return sim::IpcResult::of(sim::Regs::of(thread(root).frame)); }
    kern::Kernel& kernel() { return kernel_; }
    arch::Machine& machine() { return machine_; }

private:
    arch::Machine machine_;
    kern::Kernel kernel_;
    kern::Thread* current_;
    Word next_frame_ = 1;
};

} // namespace kernel_test
