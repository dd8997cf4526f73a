// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "arch/fpu_state.h"
#include "sim/calls.h"
#include "sim/message_buffer.h"
#include "sim/program.h"
#include "sim/step.h"
#include "sim/text.h"
#include "sim/timeouts.h"
#include "sim/utcb.h"

namespace sim {

/// What a program can do: every function makes one instruction, which `co_await` executes.  Copy it freely.
class User {
public:
    explicit User(Fiber& fiber) : fiber_(&fiber) {}

    // --- what a program knows without asking
    World& world() const { return fiber_->world(); }
    kern::ThreadId id() const { return fiber_->id(); }
    l4_threadid_t raw_id() const { return l4_threadid(id().task.raw(), id().lthread); }
    kern::Micros now() const; ///< reads the time stamp counter

    // --- raw: any vector, any words
    Call<Regs> syscall(std::uint32_t vector, const Regs& regs) const {
        return {{{.kind = Kind::syscall, .code = vector, .regs = regs}}};
    }

    // --- system calls by name: `co_await u(Unmap{...})`
    template <class C>
    Call<typename C::Result> operator()(const C& call) const {
        return {{{.kind = Kind::syscall, .code = C::vector, .regs = call.regs()}}};
    }

    // --- IPC in registers
    using Word = std::uint32_t;
    Call<IpcResult> send(l4_threadid_t to, Word w0, Word w1, Word timeout = L4_TIMEOUT_NEVER) const {
        return (*this)(Ipc{.partner = to, .w0 = w0, .w1 = w1, .send = 0, .timeout = timeout});
    }
    Call<IpcResult> receive(l4_threadid_t from, Word timeout = L4_TIMEOUT_NEVER) const {
        return (*this)(Ipc{.partner = from, .receive = 0, .timeout = timeout});
    }
    Call<IpcResult> wait(Word timeout = L4_TIMEOUT_NEVER) const {
        return (*this)(Ipc{.receive = L4_RCV_OPEN, .timeout = timeout});
    }
    Call<IpcResult> call(l4_threadid_t to, Word w0, Word w1, Word timeout = L4_TIMEOUT_NEVER) const {
        return (*this)(Ipc{.partner = to, .w0 = w0, .w1 = w1, .send = 0, .receive = 0, .timeout = timeout});
    }
    /// Replies only to a partner that waits already, as servers do.
    Call<IpcResult> reply_and_wait(l4_threadid_t to, Word w0, Word w1,
                                   Word timeout = L4_TIMEOUT_SND_ZERO) const {
        return (*this)(
            Ipc{.partner = to, .w0 = w0, .w1 = w1, .send = 0, .receive = L4_RCV_OPEN, .timeout = timeout});
    }
    /// Receive from nil: with timeout never for ever, with 0 it detaches the interrupt.
    Call<IpcResult> sleep(Word timeout = L4_TIMEOUT_NEVER) const { return receive({}, timeout); }
    /// Attaches an interrupt: 0x20 (timeout) on success.
    Call<IpcResult> attach(unsigned line) const { return receive(l4_irq_id(line), L4_TIMEOUT_RCV_ZERO); }

    // --- flexpages in registers
    Call<IpcResult> send_fpage(l4_threadid_t to, Word base, Word fpage,
                               Word timeout = L4_TIMEOUT_NEVER) const {
        return (*this)(Ipc{.partner = to, .w0 = base, .w1 = fpage, .send = L4_SND_MAP, .timeout = timeout});
    }
    Call<IpcResult> receive_fpage(l4_threadid_t from, Word window, Word timeout = L4_TIMEOUT_NEVER) const {
        return (*this)(Ipc{.partner = from, .receive = rmap(window), .timeout = timeout});
    }
    Call<IpcResult> call_for_fpage(l4_threadid_t to, Word w0, Word w1, Word window) const {
        return (*this)(Ipc{.partner = to, .w0 = w0, .w1 = w1, .send = 0, .receive = rmap(window)});
    }
    Call<IpcResult> reply_fpage_and_wait(l4_threadid_t to, Word base, Word fpage) const {
        return (*this)(Ipc{.partner = to,
                           .w0 = base,
                           .w1 = fpage,
                           .send = L4_SND_MAP,
                           .receive = L4_RCV_OPEN,
                           .timeout = L4_TIMEOUT_SND_ZERO});
    }
    /// A receive descriptor that is a window.
    static Word rmap(Word window) { return (window & ~Word{3}) | L4_RCV_MAP; }

    // --- long messages: compose a MessageBuffer, put it, then ipc with its address in the descriptors
    Do put(MessageBuffer& b) const { return store_block(b.address(), b.bytes(), b.size()); }
    Do get(MessageBuffer& b) const { return load_block(b.address(), b.bytes(), b.size()); }

    // --- memory
    Get load8(Word at) const { return {{{.kind = Kind::load, .address = at, .size = 1}}}; }
    Get load32(Word at) const { return {{{.kind = Kind::load, .address = at, .size = 4}}}; }
    Do store8(Word at, Word v) const {
        return {{{.kind = Kind::store, .address = at, .value = v, .size = 1}}};
    }
    Do store32(Word at, Word v) const {
        return {{{.kind = Kind::store, .address = at, .value = v, .size = 4}}};
    }
    Do load_block(Word at, std::byte* to, Word size) const {
        return {{{.kind = Kind::load_block, .address = at, .size = size, .data = to}}};
    }
    Do store_block(Word at, std::byte* from, Word size) const {
        return {{{.kind = Kind::store_block, .address = at, .size = size, .data = from}}};
    }

    // --- its UTCB, at the address that it has by the interface; what the word at GS:0 says is load_gs(0)
    Utcb utcb() const { return Utcb(id().lthread); }
    Get load_gs(Word offset) const { return {{{.kind = Kind::load_gs, .address = offset}}}; }

    // --- the rest of the processor
    Do compute(Word us) const { return {{{.kind = Kind::compute, .value = us}}}; }
    Get in(Word port, Word width = 1) const { return {{{.kind = Kind::in, .address = port, .size = width}}}; }
    Do out(Word port, Word v, Word width = 1) const {
        return {{{.kind = Kind::out, .address = port, .value = v, .size = width}}};
    }
    Do raise(Word vector, Word error = 0) const {
        return {{{.kind = Kind::raise, .code = vector, .value = error}}};
    }
    Do jump(Entry to) const { return {{{.kind = Kind::jump, .address = to.eip}}}; } ///< never returns
    Do segments(Word gs, Word fs) const { return {{{.kind = Kind::segments, .address = gs, .value = fs}}}; }
    Do look(arch::Frame& to) const {
        return {{{.kind = Kind::look, .data = reinterpret_cast<std::byte*>(&to)}}};
    }
    /// Loads all general registers, esp and those flags that a program sets without asking anybody.
    Do assume(arch::Frame& from) const {
        return {{{.kind = Kind::assume, .data = reinterpret_cast<std::byte*>(&from)}}};
    }
    Do cli() const { return {{{.kind = Kind::flags, .code = 0}}}; }
    Do sti() const { return {{{.kind = Kind::flags, .code = 1}}}; }
    /// lidt (%eax), lldt %ax: the kernel executes them (docs/semantics.md 17.2, 17.3).
    Do lidt(Word operand) const { return emulated(ia32::Emulated::lidt, {.eax = operand}); }
    Do lldt(Word descriptors, Word bytes, Word first, l4_threadid_t of, Word edx = 0) const {
        return emulated(
            ia32::Emulated::lldt,
            {.eax = descriptors, .ebx = bytes, .ecx = first, .edx = edx, .esi = of.low, .edi = of.high});
    }
    Do get_fpu(arch::FpuState& to) const { return {{{.kind = Kind::fpu_get, .data = to.bytes.data()}}}; }
    Do set_fpu(arch::FpuState& from) const { return {{{.kind = Kind::fpu_set, .data = from.bytes.data()}}}; }

private:
    using Kind = Instruction::Kind;
    static Do emulated(ia32::Emulated what, const Regs& regs) {
        return {{{.kind = Kind::emulated, .code = static_cast<Word>(what), .regs = regs}}};
    }
    Fiber* fiber_;
};

} // namespace sim
