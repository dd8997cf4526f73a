// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/roottask/src/arguments.h"

#include <cstring>

namespace l4env::root {
namespace {

/// Fills a stack from its end.
class Stack {
public:
    explicit Stack(std::span<std::byte> memory) : memory_(memory), free_(memory.size()) {}

    /// The address of the copy, a string.
    std::uint32_t text(Text t) {
        if (!make_room(t.size + 1)) return 0;
        std::memcpy(&memory_[free_], t.at, t.size);
        memory_[free_ + t.size] = std::byte{0};
        return address();
    }
    void word(std::uint32_t value) {
        if (make_room(sizeof value)) std::memcpy(&memory_[free_], &value, sizeof value);
    }
    /// So that the stack pointer is a multiple of 16 when `bytes` more are on it.
    void align(std::size_t bytes) {
        while (!full_ && (address() - bytes) % 16 != 0) make_room(1);
    }
    std::uint32_t address() const {
        return full_ ? 0 : stack_end - static_cast<std::uint32_t>(memory_.size() - free_);
    }

private:
    bool make_room(std::size_t bytes) {
        full_ |= bytes > free_;
        if (!full_) free_ -= bytes;
        return !full_;
    }
    std::span<std::byte> memory_;
    std::size_t free_; ///< what lies behind it is in use
    bool full_ = false;
};

} // namespace

std::uint32_t put_arguments(std::span<std::byte> stack, Text name, Text arguments) {
    constexpr std::uint32_t most = 32;
    Stack s(stack);
    std::uint32_t argv[most], argc = 0;
    argv[argc++] = s.text(name);
    for (Text word = take_word(arguments); !word.empty(); word = take_word(arguments)) {
        if (argc == most) return 0;
        argv[argc++] = s.text(word);
    }
    // argc, argv and its end, the environment's end, two words of the auxiliary vector.
    s.align((1 + argc + 1 + 1 + 2) * sizeof(std::uint32_t));
    for (int i = 0; i < 4; ++i) s.word(0);
    for (std::uint32_t i = argc; i > 0; --i) s.word(argv[i - 1]);
    s.word(argc);
    return s.address();
}

} // namespace l4env::root
