// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

namespace test {

/// Random numbers that are the same everywhere: no library distributions, which differ between
/// implementations. Compilers differ, too, in the order in which they evaluate arguments and operands: at
/// most one throw in each of those.
///
/// Or numbers out of an input that a fuzzer thought up: each throw takes as few bytes as it can, so that a
/// small change of the input is a small change of the numbers; behind its end every throw is 0.
class Dice {
public:
    /// Neighbouring seeds give unrelated numbers.
    explicit Dice(std::uint64_t seed) : state_(mixed(seed + 0xd1b54a32d192ed03u)) {}

    /// The input outlives the dice.
    explicit Dice(std::span<const std::uint8_t> input) : input_(input), loaded_(true) {}

    std::uint64_t next() {
        if (loaded_) return from_input(8);
        return mixed(state_ += 0x9e3779b97f4a7c15u); // splitmix64
    }
    std::uint32_t word() { return static_cast<std::uint32_t>(loaded_ ? from_input(4) : next() >> 32); }
    /// 0 .. n-1
    std::uint32_t below(std::uint32_t n) {
        if (loaded_) return n <= 1 ? 0 : static_cast<std::uint32_t>(from_input(n > 0x100 ? 4 : 1) % n);
        return static_cast<std::uint32_t>(std::uint64_t{word()} * n >> 32);
    }
    /// An input has been used up.
    bool exhausted() const { return loaded_ && input_.empty(); }
    std::uint32_t between(std::uint32_t first, std::uint32_t last) { return first + below(last - first + 1); }
    /// True in `percent` of all cases.
    bool chance(unsigned percent) { return below(100) < percent; }
    template <class T>
    T pick(std::initializer_list<T> from) {
        return from.begin()[below(static_cast<std::uint32_t>(from.size()))];
    }
    template <class T>
    const T& pick(const std::vector<T>& from) {
        return from[below(static_cast<std::uint32_t>(from.size()))];
    }
    /// An index, the more often the greater its weight.  Not all weights are 0.
    template <class Weights>
    std::size_t weighted(const Weights& weights) {
        std::uint32_t sum = 0;
        for (const std::uint32_t w : weights) sum += w;
        std::uint32_t left = below(sum);
        std::size_t i = 0;
        for (const std::uint32_t w : weights) {
            if (left < w) break;
            left -= w;
            ++i;
        }
        return i;
    }

private:
    static constexpr std::uint64_t mixed(std::uint64_t z) {
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        return z ^ z >> 31;
    }
    std::uint64_t from_input(unsigned bytes) {
        std::uint64_t value = 0;
        for (unsigned i = 0; i < bytes && !input_.empty(); ++i, input_ = input_.subspan(1))
            value |= std::uint64_t{input_[0]} << 8 * i;
        return value;
    }

    std::uint64_t state_ = 0;
    std::span<const std::uint8_t> input_;
    bool loaded_ = false;
};

} // namespace test
