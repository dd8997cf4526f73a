// SPDX-License-Identifier: BSD-2-Clause
#include "words.h"

#include "l4/abi/limits.h"

namespace kdb {

bool Words::take(const char* word) {
    const char* at = at_;
    while (*word && *at == *word) ++at, ++word;
    if (*word || (*at && *at != ' ')) return false;
    at_ = at;
    skip();
    return true;
}

bool Words::digits(std::uint32_t& value, std::uint32_t base) {
    const char* const start = at_;
    std::uint64_t sum = 0;
    for (; sum <= ~0u; ++at_) {
        const auto c = static_cast<std::uint32_t>(static_cast<unsigned char>(*at_));
        const std::uint32_t digit = c >= '0' && c <= '9' ? c - '0' : (c | 0x20u) - 'a' + 10;
        if (digit >= base || (c > '9' && (c | 0x20u) < 'a')) break;
        sum = sum * base + digit;
    }
    value = static_cast<std::uint32_t>(sum);
    return at_ != start && sum == value;
}

std::optional<std::uint32_t> Words::number(std::uint32_t base) {
    const char* const start = at_;
    if (at_[0] == '0' && (at_[1] == 'x' || at_[1] == 'X')) at_ += 2;
    std::uint32_t value;
    if (!digits(value, base) || (*at_ && *at_ != ' ')) {
        at_ = start;
        return {};
    }
    skip();
    return value;
}

std::optional<kern::ThreadId> Words::thread() {
    const char* const start = at_;
    std::uint32_t task, lthread = 0;
    bool good = digits(task, 10) && *at_ == '.';
    if (good) {
        ++at_;
        good =
            digits(lthread, 10) && (!*at_ || *at_ == ' ') && task < L4_TASKS && lthread < L4_THREADS_PER_TASK;
    }
    if (!good) {
        at_ = start;
        return {};
    }
    skip();
    return kern::ThreadId{.task = kern::TaskNo{static_cast<std::uint16_t>(task)},
                          .lthread = static_cast<std::uint8_t>(lthread)};
}

} // namespace kdb
