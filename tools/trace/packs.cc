// SPDX-License-Identifier: BSD-2-Clause
#include "tools/trace/packs.h"

#include <cstdio>
#include <stdexcept>

#include "test/lockstep/run.h"
#include "test/replay/packer.h"
#include "x86/limits.h"

namespace trace {
namespace {

constexpr std::uint64_t count_max = ~std::uint32_t{0};

std::vector<std::uint32_t> read_words(const std::string& path) {
    const std::string bytes = test::read_file(path, "pack");
    std::vector<std::uint32_t> words(bytes.size() / 4);
    for (std::size_t i = 0; i < 4 * words.size(); ++i)
        words[i / 4] |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << 8 * (i % 4);
    return words;
}

/// Every system of the seeds; how many were left out.
unsigned pack_seeds(const Arguments& a, replay::Packer& packer) {
    test::RunOptions o{.seed = a.number("seed", 0, 0, ~std::uint64_t{0}),
                       .mode = test::parse_mode(a.text("mode", "free")),
                       .steps = static_cast<unsigned>(a.number("steps", 50, 1, count_max))};
    o.user_pages = replay::pc_user_pages;
    if (a.has("pc-limits")) o.limits = x86::limits;
    unsigned left_out = 0;
    for (std::uint64_t n = a.seeds(o.seed); n != 0; --n, ++o.seed) {
        std::vector<test::Recording> lives;
        o.all = &lives;
        const test::Outcome outcome = test::run(o);
        if (!outcome.failure.empty()) throw std::invalid_argument(outcome.failure);
        for (std::size_t life = 0; life < lives.size(); ++life) {
            const std::string why = packer.add(lives[life], o.seed + (std::uint64_t{life} << 32));
            if (why.empty()) continue;
            ++left_out;
            std::printf("seed %llu, system %zu is left out: %s\n", static_cast<unsigned long long>(o.seed),
                        life + 1, why.c_str());
        }
    }
    return left_out;
}

} // namespace

int pack(const Arguments& a) {
    const bool one = a.has("from");
    a.expect(0,
             one ? std::vector<std::string>{"from", "to"}
                 : std::vector<std::string>{"to", "seed", "seeds", "mode", "steps"},
             one ? std::vector<std::string>{} : std::vector<std::string>{"pc-limits"});
    const std::string to = a.target("traces go");
    replay::Packer packer;
    unsigned left_out = 0;
    if (one) {
        const std::string from = a.text("from", "");
        const std::string why = packer.add(test::read_recording(from), 0);
        if (!why.empty()) throw std::invalid_argument(from + ": not for the PC: " + why);
    } else {
        left_out = pack_seeds(a, packer);
    }
    std::printf("%s, %u left out\n", packer.write(to).c_str(), left_out);
    return 0;
}

int unpack(const Arguments& a) {
    a.expect(1, {"number", "to"});
    const std::string to = a.target("trace goes");
    const auto number = static_cast<std::uint32_t>(a.number("number", 1, 1, count_max));
    const std::vector<std::uint32_t> words = read_words(a.file(0));
    try {
        const replay::Unpacked trace = replay::unpack(words, number);
        test::write_recording(to, trace.recording, "seed " + std::to_string(trace.seed));
    } catch (const std::invalid_argument& e) {
        throw std::invalid_argument(a.file(0) + ": " + e.what());
    }
    return 0;
}

int state(const Arguments& a) {
    a.expect(1, {"steps"});
    const test::Recording recording = test::read_recording(a.file(0));
    const std::size_t count = recording.actions.size();
    const auto steps = static_cast<std::size_t>(a.number("steps", count, 0, count));
    std::fputs(replay::state_after(recording, steps).c_str(), stdout);
    return 0;
}

} // namespace trace
