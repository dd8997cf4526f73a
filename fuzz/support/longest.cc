// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz/support/longest.h"

#include <algorithm>
#include <span>

#include "l4/abi/ipc.h"

// A byte for each block, which the compiler increments; there in programs for libFuzzer only.
extern "C" {
[[gnu::weak]] extern std::uint8_t __start___sancov_cntrs[];
[[gnu::weak]] extern std::uint8_t __stop___sancov_cntrs[];
}

namespace fuzz {
namespace {

constexpr std::uint32_t calls = 8, kinds = 16, levels = 512, blocks_per_level = 4;

// Whatever is not 0 in here and was 0 for all inputs before is new to libFuzzer.
[[gnu::section("__libfuzzer_extra_counters")]] std::uint8_t reached[kinds][levels];

std::span<std::uint8_t> counters() { return {__start___sancov_cntrs, __stop___sancov_cntrs}; }

std::uint32_t kind_of(const kern::Event& e) {
    if (e.kind == kern::Event::Kind::syscall) return (e.code - L4_VEC_IPC) % calls;
    return calls + static_cast<std::uint32_t>(e.kind) % (kinds - calls);
}

} // namespace

void Longest::begins() { before_.assign(counters().begin(), counters().end()); }

void Longest::ends(const kern::Event& event) {
    std::uint32_t blocks = 0;
    const std::uint8_t *was = before_.data(), *is = __start___sancov_cntrs;
    for (std::size_t i = 0; i < before_.size(); ++i) blocks += static_cast<std::uint8_t>(is[i] - was[i]);
    std::uint32_t& most = most_[kind_of(event)];
    most = std::max(most, blocks);
}

Longest::~Longest() {
    for (const auto& [kind, blocks] : most_)
        reached[kind][std::min(blocks / blocks_per_level, levels - 1)] = 1;
}

} // namespace fuzz
