// SPDX-License-Identifier: BSD-2-Clause
// What finding the sender of an IPC takes, and how that grows with the number of processes (README.md).
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "lookup/test/tables.h"

namespace lookup {
namespace {

/// On a cache line of its own, as in a Linux task structure.
struct alignas(64) Process {
    Entry entry{nullptr, 0};
    std::size_t one = 1; ///< only memory knows
};

/// The tasks that users can make.
constexpr l4_word_t user_tasks = L4_TASKS - L4_TASK_FIRST_USER;

/// As many threads in each task as it can have, or as few as possible: one up to 2043 processes.
enum class Mix : std::uint8_t { packed, spread };

/// Variant B on drops: the id that arrives has version 0, so every entry is inserted with it.
class VersionZero : public HashTable<10> {
public:
    l4_threadid_t name(l4_threadid_t id) { return id; }
    /// insert() looks for duplicates, which takes minutes for all of the only list.
    void link_all(std::vector<Process>& processes, const std::vector<l4_threadid_t>& ids) {
        for (std::size_t i = 0; i < ids.size(); ++i) {
            processes[i].entry.id = ids[i].low;
            processes[i].entry.next = i + 1 < ids.size() ? &processes[i + 1].entry : nullptr;
        }
        buckets_[0] = {&processes[0].entry, static_cast<l4_word_t>(ids.size())};
    }
};

/// A table with so many processes, whose places in memory tell nothing about their ids.
template <class Table>
class Population {
public:
    Population(std::size_t size, Mix mix) : processes_(size) {
        for (l4_word_t i = 0; i < size; ++i) ids_.push_back(id(i, mix));
        shuffle(ids_);
        if constexpr (requires { table_.link_all(processes_, ids_); })
            table_.link_all(processes_, ids_);
        else
            for (std::size_t i = 0; i < size; ++i) {
                ids_[i] = table_.name(ids_[i]);
                table_.insert(processes_[i].entry, ids_[i]);
            }
        for (const Process& p : processes_)
            if (p.entry.next == nullptr) last_.push_back({p.entry.id, 0});
        shuffle(ids_);
        shuffle(last_);
    }
    Table& table() { return table_; }
    std::vector<l4_threadid_t>& ids() { return ids_; }
    /// The last of each list: of an array everybody.
    const std::vector<l4_threadid_t>& last() const { return last_; }

private:
    static l4_threadid_t id(l4_word_t i, Mix mix) {
        const l4_word_t task = mix == Mix::packed ? i / L4_THREADS_PER_TASK : i % user_tasks;
        const l4_word_t thread = mix == Mix::packed ? i % L4_THREADS_PER_TASK : i / user_tasks;
        return l4_threadid(L4_TASK_FIRST_USER + task, thread);
    }
    void shuffle(std::vector<l4_threadid_t>& ids) { std::shuffle(ids.begin(), ids.end(), random_); }

    std::mt19937 random_{1};
    std::vector<Process> processes_;
    std::vector<l4_threadid_t> ids_, last_;
    Table table_;
};

/// One find after the other, each waiting for what the one before found, as requests do.
template <class Table>
void find_all(benchmark::State& state, const Table& table, const std::vector<l4_threadid_t>& ids) {
    std::size_t at = 0;
    for ([[maybe_unused]] auto _ : state) {
        const Entry* const found = table.find(ids[at]);
        if (found == nullptr) return state.SkipWithError("not found");
        at += reinterpret_cast<const Process*>(found)->one;
        if (at >= ids.size()) at = 0;
    }
}

/// The one of the last call if it is the same: making it takes longer than measuring.
template <class Table>
Population<Table>& population(benchmark::State& state, Mix mix) {
    static std::unique_ptr<Population<Table>> kept;
    static std::pair<std::int64_t, Mix> kept_for;
    const std::pair wanted{state.range(0), mix};
    if (kept == nullptr || kept_for != wanted) {
        kept = std::make_unique<Population<Table>>(static_cast<std::size_t>(wanted.first), mix);
        kept_for = wanted;
    }
    return *kept;
}

template <class Table>
void find(benchmark::State& state, Mix mix) {
    auto& all = population<Table>(state, mix);
    find_all(state, all.table(), all.ids());
}

template <class Table>
void find_worst(benchmark::State& state, Mix mix) {
    auto& all = population<Table>(state, mix);
    find_all(state, all.table(), all.last());
}

/// A process ends and another takes its number.  The last user of a population: it changes who is last.
template <class Table>
void replace(benchmark::State& state, Mix mix) {
    auto& all = population<Table>(state, mix);
    std::vector<l4_threadid_t>& ids = all.ids();
    std::size_t at = 0;
    for ([[maybe_unused]] auto _ : state) {
        Entry* const entry = all.table().remove(ids[at]);
        if (entry == nullptr) return state.SkipWithError("not found");
        ids[at] = all.table().name(ids[at]);
        if (all.table().insert(*entry, ids[at]) != L4_LOOKUP_OK) return state.SkipWithError("not inserted");
        if (++at == ids.size()) at = 0;
    }
}

/// A second thread that soon is gone, in a task of one: what vfork makes.
template <class Table>
void vfork(benchmark::State& state) {
    Population<Table> all(static_cast<std::size_t>(state.range(0)), Mix::spread);
    Process child;
    std::size_t at = 0;
    for ([[maybe_unused]] auto _ : state) {
        const l4_word_t task = l4_id_task(all.ids()[at]);
        const l4_threadid_t id = all.table().name(l4_threadid(task, 1));
        if (all.table().insert(child.entry, id) != L4_LOOKUP_OK) return state.SkipWithError("not inserted");
        all.table().remove(id);
        if (++at == all.ids().size()) at = 0;
    }
}

template <class Table>
void add(const std::string& table) {
    const std::vector<std::int64_t> sizes{100, 1000, 10000, 100000, 260000};
    const std::pair<std::string, void (*)(benchmark::State&, Mix)> operations[] = {
        {"find", find<Table>}, {"find_worst", find_worst<Table>}, {"replace", replace<Table>}};
    const std::pair<std::string, Mix> mixes[] = {{"packed", Mix::packed}, {"spread", Mix::spread}};
    for (const auto& [mix_name, mix] : mixes)
        for (const std::int64_t size : sizes)
            for (const auto& [name, measure] : operations) {
                const std::string id = table + "/" + name + "/" + mix_name;
                benchmark::RegisterBenchmark(id.c_str(), measure, mix)->Arg(size);
            }
    benchmark::RegisterBenchmark((table + "/vfork").c_str(), vfork<Table>)->Arg(100)->Arg(1000);
}

} // namespace
} // namespace lookup

int main(int argc, char** argv) {
    lookup::add<lookup::ListTable>("A1_list");
    lookup::add<lookup::ArrayTable>("A2_array");
    lookup::add<lookup::HashTable<10>>("B_hash");
    lookup::add<lookup::HashTable<13>>("B_hash_8192");
    lookup::add<lookup::VersionZero>("B_on_drops");
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    return benchmark::RunSpecifiedBenchmarks() == 0;
}
