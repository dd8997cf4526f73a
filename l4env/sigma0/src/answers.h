// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "l4/abi/types.h"
#include "l4env/sigma0/src/frames.h"

namespace l4env::sigma0 {

/// What a request is answered with: a flexpage of sigma0's space, which is physical memory, or two words.
struct Answer {
    l4_word_t w0 = 0, w1 = 0; ///< hot spot and flexpage, if `map`
    bool map = false;
    bool touch = false; ///< memory that sigma0 must have touched: the kernel gives it what it touches

    bool operator==(const Answer&) const = default;
};

/// The protocol of sigma0: who gets what for which words.
///
/// Ports and device memory are the first task's that asks for any of them; the root task does so before
/// others run, and hands them out.
class Answers {
public:
    /// `kip`: where the kernel info page is in physical memory.
    Answers(Frames& frames, std::uint32_t kip) : frames_(frames), kip_(kip) {}

    Answer to(std::uint16_t task, l4_word_t w0, l4_word_t w1);

private:
    Answer newer(std::uint16_t task, l4_word_t w0, l4_word_t w1);
    Answer page(std::uint16_t task, l4_word_t w0, l4_word_t w1);
    Answer any(std::uint16_t task, std::uint32_t log2);
    Answer device(std::uint16_t task, std::uint32_t address, std::uint32_t log2, std::uint32_t cache);
    Answer info() const;
    bool has_devices(std::uint16_t task);

    Frames& frames_;
    const std::uint32_t kip_;
    std::uint16_t devices_ = 0; ///< the task that has them; 0: nobody yet
};

} // namespace l4env::sigma0
