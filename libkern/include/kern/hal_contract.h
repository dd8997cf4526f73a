// SPDX-License-Identifier: BSD-2-Clause
#pragma once
// Everything that libkern asks of hardware.  This file is the porting manual: a hardware layer supplies
// "arch/entry_words.h", "arch/frame.h" and "arch/machine.h", and kern::broken() (kern/ensure.h).
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include "arch/entry_words.h" // selected by the build: hal-sim or hal-x86
#include "arch/frame.h"
#include "arch/machine.h"
#include "ia32/trap_frame.h"
#include "kern/strong.h"
#include "kern/text_job.h"
#include "l4/abi/counters.h"

namespace kern {

/// The registers of an interrupted thread.  Both layers are IA-32, so the fields have its names; which field
/// means what to which call stands in kern/args.h alone.
template <class F>
concept FrameContract = std::derived_from<F, ia32::TrapFrame>;

/// What entry code wants at hand of a thread and never changes: the id that others are told, and where its
/// program sees its UTCB.
template <class W>
concept EntryWordsContract =
    std::default_initializable<W> && std::constructible_from<W, l4_threadid_t, VAddr>;

/// A machine may also have discard() and hand_out(), which are told of kernel memory (a std::span of bytes)
/// that goes out of use and back; its first word is used all the time (FramePool).  hal-sim finds users of
/// freed memory by them.  And kernel_byte(PAddr): page(), for a byte of kernel memory, where that is next to
/// free.
///
/// One CPU with its MMU, timer, interrupt controller and memory.  Holds all hardware state; there is no
/// other. None of these may fail or call back into the kernel.
template <class M>
concept MachineContract =
    requires(M m, const M cm, PAddr pa, VAddr va, Micros t, Line line, const void* p, arch::FpuState fpu,
             const arch::FpuState cfpu, const std::array<std::uint64_t, 3> tls, char c, arch::Frame frame,
             std::uint32_t code, TextJob text, std::byte* to, const std::byte* from, std::size_t size) {
        { cm.now() } -> std::same_as<Micros>; // monotonic
        {
            m.interrupted()
        } -> std::same_as<bool>; // lets interrupts come, between two steps: has one, or shall the entry end?
        {
            m.arm_timer(t)
        } -> std::same_as<void>; // one-shot, absolute; `never` stops it; the past fires at once
        {
            m.rest()
        } -> std::same_as<void>; // lets interrupts come, in the midst of a step: they wait for its end
        { m.activate(pa) } -> std::same_as<void>; // load a page directory; forgets all user translations
        {
            m.invalidate(va)
        } -> std::same_as<void>; // forget one translation (4 KiB or 4 MiB) of the active directory
        {
            m.page(pa)
        } -> std::same_as<std::span<std::byte, 4096>>; // a frame's bytes, where they were if it was the last
        {
            m.copy_up(to, from, size)
        } -> std::same_as<void>; // from the first byte to the last; an overlap has `to` below `from`
        { cm.address(p) } -> std::same_as<PAddr>;  // inverse of page(), any byte of kernel memory
        { cm.offers(line) } -> std::same_as<bool>; // may a thread attach to this interrupt line?
        { m.mask(line) } -> std::same_as<void>;
        { m.unmask(line) } -> std::same_as<void>;
        { m.acknowledge(line) } -> std::same_as<void>;
        {
            m.forget(line)
        } -> std::same_as<void>; // of a line that is masked: what came meanwhile will not come once it is
                                 // unmasked; a device that asks by a level goes on asking
        { m.save_fpu(fpu) } -> std::same_as<void>;
        { m.load_fpu(cfpu) } -> std::same_as<void>; // may read it as late as the next save or load
        {
            m.set_ports(pa, pa)
        } -> std::same_as<void>; // the two frames of the I/O bitmap (1 = denied); PAddr{0}: none granted
        {
            m.set_utcb(va)
        } -> std::same_as<void>; // what the word at GS:0 (selector ia32::utcb_selector) reads
        { m.set_tls(tls) } -> std::same_as<void>; // GDT slots of ia32::tls_selectors; 0: not present
        { m.put_char(c) } -> std::same_as<void>;  // debugging console
        {
            m.debug(frame, code)
        } -> std::same_as<std::optional<TextJob>>; // a debugger's answer to an exception that would kill the
                                                   // running thread: what to print(); or there is none
        {
            m.print(text)
        } -> std::same_as<bool>; // a piece of such a text, in the active directory; false: that was all
        { m.event_counters() } -> std::same_as<l4_counters_t&>; // where the kernel counts what it does
    };

static_assert(FrameContract<arch::Frame> && EntryWordsContract<arch::EntryWords> &&
              MachineContract<arch::Machine>);

} // namespace kern
