// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "bench/report.h"

namespace bench {

// A scenario is made for a size; its run() is what is measured and can be repeated at once.  If it has to be
// set up again each time, prepare() does so, unmeasured.  items() says of how many equal parts run()
// consists.

/// With so many threads, mappings, timeouts.
inline const std::vector<std::int64_t> growth{10, 100, 1000, 10000, 100000};

/// Google Benchmark calls a benchmark several times to find out how often to repeat it, but making 100,000
/// threads takes longer than measuring one: so the last scenario is kept until another is wanted.
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

/// Seconds of processor time that this thread has used: on a busy machine the wall clock tells little.
inline double cpu_time() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// What reading that clock adds to what is measured with it.
inline double cpu_time_cost() {
    double least = 1;
    for (int i = 0; i < 1000; ++i) {
        const double start = cpu_time();
        least = std::min(least, cpu_time() - start);
    }
    return least;
}

template <class Scenario>
void measure(benchmark::State& state, Scenario& s) {
    if constexpr (requires { s.prepare(); }) {
        const double cost = cpu_time_cost();
        for ([[maybe_unused]] auto _ : state) {
            s.prepare();
            const double start = cpu_time();
            s.run();
            state.SetIterationTime(std::max(cpu_time() - start - cost, 0.0));
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
    if constexpr (requires(Scenario& s) { s.prepare(); }) b->UseManualTime();
}

} // namespace bench
