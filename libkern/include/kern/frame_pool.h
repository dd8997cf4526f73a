// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "arch/machine.h"
#include "kern/ensure.h"
#include "kern/limits.h"
#include "kern/result.h"
#include "kern/strong.h"

namespace kern {

/// What a frame can be full of: page tables begin with zeros, I/O bitmaps with ones, page directories as the
/// kernel's of an empty space (FramePool::set_directory()).
enum class Fill : std::uint8_t { zeros, ones, directory };

/// All kernel memory: the frames that the embedder hands over at boot, one by one.
///
/// Free frames are linked through their own first words; frames that were never taken lie beyond a high-water
/// mark, so that making a pool costs the same for any size.  Some of the free ones are full of zeros or ones:
/// because they came back so, or because somebody who will need them has filled them, bit by bit.  Also the
/// one place where physical addresses become pointers and back: kernel objects refer to each other by 32-bit
/// address, hence the same geometry on every host.
class FramePool {
public:
    /// `count` frames from `first` on, which is not 0: address 0 stands for "none" everywhere.
    FramePool(arch::Machine& machine, PAddr first, std::uint32_t count)
        : machine_(machine), first_(first), count_(count) {
        ensure(first.raw() != 0 && first.raw() % frame_size == 0, "the frame pool starts at a frame");
    }
    FramePool(const FramePool&) = delete;
    FramePool& operator=(const FramePool&) = delete;

    /// Before any other use: words from `from` to `end` of a page directory are those of the frame `like`,
    /// all others 0.
    void set_directory(PAddr like, std::uint32_t from, std::uint32_t end) { directory_ = {like, from, end}; }

    /// A frame with arbitrary contents.
    Result<PAddr> take();
    /// One that is full of that: at once, if there is one, else it is filled now.
    Result<PAddr> take(Fill fill) {
        if (stock(fill).count == 0) return take_and_write(fill);
        if (fails_now()) return Err::no_memory;
        ++used_;
        return pop(fill);
    }
    void give(PAddr frame);
    void give(PAddr frame, Fill full_of);
    /// Fills free frames until there are `count`, or all are.  False: out of steps, of which a frame takes
    /// steps_per_frame.
    bool put_by(Fill fill, std::uint32_t count, Steps& steps) {
        return stock(fill).count >= count || fill_more(fill, count, steps);
    }
    /// The same for one frame whose words are `first` and so many pages behind: a table of 4 MiB in a row.
    bool put_by_table(std::uint32_t first, Steps& steps);
    Result<PAddr> take_table(std::uint32_t first);

    std::uint32_t size() const { return count_; }
    std::uint32_t used() const { return used_; }
    /// How often a frame was taken that whoever took it had to write, modulo 2^32.
    std::uint32_t taken() const { return taken_; }
    void check() const; ///< invariant M12
    /// Lets interrupts come in the midst of what can not be left; they are served when the entry ends.
    void rest() const { machine_.rest(); }
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
    struct Stock {
        PAddr first{}; ///< of a chain
        std::uint32_t count = 0;
    };
    /// A free frame that is being written: what it is to be, and how many words of it are.
    template <class What>
    struct Work {
        PAddr frame{}; ///< 0: there is none
        What what{};
        std::uint32_t done = 0;
        void begin(What to_be) {
            if (what != to_be) done = 0;
            what = to_be;
        }
    };
    struct Directory {
        PAddr like{};
        std::uint32_t from = 0, end = 0;
    };
    static constexpr std::uint32_t words = frame_size / sizeof(std::uint32_t),
                                   piece = words / steps_per_frame;
    static constexpr std::uint32_t first_word(Fill fill) { return fill == Fill::ones ? ~0u : 0; }

    Stock& stock(Fill fill) { return stocks_[static_cast<unsigned>(fill)]; }
    const Stock& stock(Fill fill) const { return stocks_[static_cast<unsigned>(fill)]; }
    bool is_mine(PAddr frame) const {
        const std::uint32_t offset = frame.raw() - first_.raw();
        return offset % frame_size == 0 && offset / frame_size < fresh_;
    }
    PAddr pop(PAddr& first) { ///< of a chain that is not empty
        const PAddr frame = first;
        first = PAddr{*at<std::uint32_t>(frame)};
        return frame;
    }
    PAddr pop(Fill fill) {
        Stock& from = stock(fill);
        const PAddr frame = pop(from.first);
        --from.count;
        *at<std::uint32_t>(frame) = first_word(fill);
        return frame;
    }
    void push(PAddr frame, Fill fill);
    PAddr find(Fill but);
    bool has_others(Fill but) const;
    void write(PAddr frame, std::uint32_t first, std::uint32_t count, Fill fill);
    Result<PAddr> take_and_write(Fill fill);
    bool fill_more(Fill fill, std::uint32_t count, Steps& steps);

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
    PAddr free_{};                  ///< the first free frame below the mark whose contents are unknown
    std::array<Stock, 3> stocks_{}; ///< by Fill
    Directory directory_;
    Work<Fill> filling_;
    Work<std::uint32_t> table_; ///< done, too, until it is needed
};

} // namespace kern
