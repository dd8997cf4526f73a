// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "arch/machine.h"
#include "kern/ensure.h"
#include "kern/result.h"
#include "kern/strong.h"

namespace kern {

/// All kernel memory: the frames that the embedder hands over at boot, one by one.
///
/// Free frames are linked through their own first words; frames that were never taken lie beyond a high-water
/// mark, so that making a pool costs the same for any size.  Also the one place where physical addresses
/// become pointers and back: kernel objects refer to each other by 32-bit address, hence the same geometry on
/// every host.
class FramePool {
public:
    /// `count` frames from `first` on, which is not 0: address 0 stands for "none" everywhere.
    FramePool(arch::Machine& machine, PAddr first, std::uint32_t count)
        : machine_(machine), first_(first), count_(count) {
        ensure(first.raw() != 0 && first.raw() % frame_size == 0, "the frame pool starts at a frame");
    }
    FramePool(const FramePool&) = delete;
    FramePool& operator=(const FramePool&) = delete;

    /// A frame with arbitrary contents.
    Result<PAddr> take();
    void give(PAddr frame);

    std::uint32_t size() const { return count_; }
    std::uint32_t used() const { return used_; }
    /// How often a frame was taken, modulo 2^32.
    std::uint32_t taken() const { return taken_; }
    PAddr begin() const { return first_; }
    PAddr end() const { return first_ + count_ * frame_size; }

    /// The object that was made at `at`; it lies within one frame.
    template <class T>
    T* at(PAddr at) const {
        return reinterpret_cast<T*>(byte_in(machine_, at));
    }
    PAddr of(const void* p) const { return machine_.address(p); }

    /// Memory goes out of use, but for the word that links it, and back: a hint for a curious machine.
    void discard(PAddr first, std::uint32_t size) { discard_in(machine_, {at<std::byte>(first), size}); }
    void hand_out(PAddr first, std::uint32_t size) { hand_out_in(machine_, {at<std::byte>(first), size}); }

    /// The k-th allocation from now on, of a frame or of a slab's slot, fails once; 0: none does.  For tests.
    void fail_at(std::uint32_t k) { fail_in_ = k; }
    bool failure_pending() const { return fail_in_ != 0; }
    /// Called once for each allocation.
    bool fails_now() { return fail_in_ != 0 && --fail_in_ == 0; }

    static constexpr std::uint32_t frame_size = 4096;

private:
    template <class Machine>
    static std::byte* byte_in(Machine& m, PAddr at) {
        if constexpr (requires { m.kernel_byte(at); }) return m.kernel_byte(at);
        const std::uint32_t offset = at.raw() % frame_size;
        return m.page(PAddr{at.raw() - offset}).data() + offset;
    }
    template <class Machine>
    static void discard_in(Machine& m, std::span<std::byte> bytes) {
        if constexpr (requires { m.discard(bytes); }) m.discard(bytes);
    }
    template <class Machine>
    static void hand_out_in(Machine& m, std::span<std::byte> bytes) {
        if constexpr (requires { m.hand_out(bytes); }) m.hand_out(bytes);
    }

    arch::Machine& machine_;
    const PAddr first_;
    const std::uint32_t count_;
    std::uint32_t fresh_ = 0; ///< frames that were ever taken; those beyond are free and untouched
    std::uint32_t used_ = 0;
    std::uint32_t taken_ = 0;
    std::uint32_t fail_in_ = 0;
    PAddr free_{}; ///< the first free frame below the mark
};

} // namespace kern
