// SPDX-License-Identifier: BSD-2-Clause
// Many traces in one file of 32-bit words, which the replaying kernel reads where its boot loader has put it:
// a Head, then for each trace a System, the numbers of the frames of user memory that it touches, and its
// steps (docs/pc.md, Replaying traces).
#pragma once
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace replay {

inline constexpr std::uint32_t magic = 0x6b727264, version = 1;

struct Head {
    std::uint32_t magic, version;
    std::uint32_t traces;
};

/// 64-bit numbers low word first.
constexpr std::uint64_t number(std::array<std::uint32_t, 2> words) {
    return std::uint64_t{words[1]} << 32 | words[0];
}
constexpr std::array<std::uint32_t, 2> words(std::uint64_t number) {
    return {static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(number >> 32)};
}

struct System {
    std::uint32_t size; ///< words, this included, to the next
    std::uint32_t steps;
    std::array<std::uint32_t, 2> seed;
    std::uint32_t mode; ///< test::Mode
    std::uint32_t user_pages, kernel_pages, sigma0_frames;
    std::array<std::uint32_t, 4> entry; ///< sigma0's and root's EIP and ESP
    std::array<std::uint32_t, 5> limits;
    std::array<std::uint32_t, 2> boot_time;
    std::array<std::uint32_t, 2> memory; ///< digest of those frames in the end
    std::uint32_t frames;
};

/// An action (test::Action) and what it left (test::StepResult).
struct Step {
    enum Flag : std::uint32_t { idle = 1, in_kernel = 2, has_digest = 4, has_loaded = 8 };

    std::uint32_t kind, code, address, value;
    std::array<std::uint32_t, 2> time;
    std::array<std::uint32_t, 7> regs;
    std::uint32_t flags, who; ///< who: task << 8 | lthread
    std::array<std::uint32_t, 10> result;
    std::array<std::uint32_t, 2> hash;   ///< StepResult::hash, to give the trace back as text
    std::array<std::uint32_t, 2> digest; ///< of everything observable
    std::uint32_t loaded;                ///< the word that a load has read
};

inline constexpr std::uint32_t step_words = sizeof(Step) / 4;
static_assert(step_words <= 32);
using StepWords = std::array<std::uint32_t, step_words>;

/// Steps are written as a mask of the words that are others than in the step before, and these.
class StepReader {
public:
    explicit StepReader(const std::uint32_t* at) : at_(at) {}
    const Step& next() {
        for (std::uint32_t mask = *at_++; mask != 0; mask &= mask - 1)
            words_[static_cast<std::uint32_t>(std::countr_zero(mask))] = *at_++;
        step_ = std::bit_cast<Step>(words_);
        return step_;
    }

private:
    const std::uint32_t* at_;
    StepWords words_{};
    Step step_{};
};

} // namespace replay
