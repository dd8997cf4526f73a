// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/report.h"

namespace bench {

// A scenario is made for a size; its run() is what is measured and can be repeated at once.  If it has to be set up again
// each time, prepare() does so, unmeasured.  items() says of how many equal parts run() consists.

/// With so many threads, mappings, timeouts.
inline const std::vector<std::int64_t> growth{10, 100, 1000, 10000, 100000};

/// Google Benchmark calls a benchmark several times to find out how often to repeat it, but making 100,000 threads takes
/// longer than measuring one: so the last scenario is kept until another is wanted.
class Kept {
public:
    template <class Scenario, class... Args>
    Scenario& get(const std::string& key, Args... args) {
        if (key != key_) {
            scenario_.reset(); // before the next is made: each may be large
            scenario_ = std::make_shared<Scenario>(args...);
            key_ = key;
        }
        return *static_cast<Scenario*>(scenario_.get());
    }

private:
    std::string key_;
    std::shared_ptr<void> scenario_;
};

template <class Scenario>
void measure(benchmark::State& state, Scenario& s) {
    using Clock = std::chrono::steady_clock;
    if constexpr (requires { s.prepare(); }) {
        for ([[maybe_unused]] auto _ : state) {
            s.prepare();
            const Clock::time_point start = Clock::now();
            s.run();
            state.SetIterationTime(std::chrono::duration<double>(Clock::now() - start).count());
        }
    } else {
        for ([[maybe_unused]] auto _ : state) s.run();
    }
    if constexpr (requires { s.items(); })
        state.counters[per_item] = benchmark::Counter(
            s.items(), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

/// Registers Scenario(size, more...) for each size.
template <class Scenario, class... More>
void add(Kept& kept, const std::string& id, const std::vector<std::int64_t>& sizes, More... more) {
    const auto run = [&kept, id, more...](benchmark::State& state) {
        const auto size = static_cast<std::uint32_t>(state.range(0));
        measure(state, kept.get<Scenario>(id + "/" + std::to_string(size), size, more...));
    };
    benchmark::internal::Benchmark* const b = benchmark::RegisterBenchmark(id.c_str(), run);
    for (const std::int64_t size : sizes) b->Arg(size);
    if constexpr (requires(Scenario & s) { s.prepare(); }) b->UseManualTime();
}

} // namespace bench
