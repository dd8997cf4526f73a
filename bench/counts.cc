// SPDX-License-Identifier: BSD-2-Clause
// Runs under callgrind, which counts the host instructions inside Kernel::handle: everything between two
// requests below becomes a part of callgrind's output under the request's name.  bench/callgrind.py starts it
// and reads that.
//
//   counts budgets   the operations of budgets.toml
//   counts once      those without their longest entries
//   counts growth    the same at sizes from 10 to 100,000
//   counts slope     the same at sizes from 10 to 1000, and long ones entry by entry
#include <valgrind/callgrind.h>

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "bench/scenario/ipc.h"
#include "bench/scenario/memory.h"
#include "bench/scenario/states.h"
#include "bench/scenario/threads.h"
#include "bench/scenario/time.h"

namespace bench {
namespace {

void begin_part() { CALLGRIND_ZERO_STATS; }
void end_part(const std::string& name) { CALLGRIND_DUMP_STATS_AT(name.c_str()); }

/// While it lasts callgrind does not look at what is executed, which makes that ten times as fast.  Worth the
/// time that switching takes when 100,000 threads are to be made.
class Unobserved {
public:
    Unobserved() { CALLGRIND_STOP_INSTRUMENTATION; }
    Unobserved(const Unobserved&) = delete;
    Unobserved& operator=(const Unobserved&) = delete;
    ~Unobserved() { CALLGRIND_START_INSTRUMENTATION; }
};

template <class Scenario>
std::uint32_t items(const Scenario& s) {
    if constexpr (requires { s.items(); }) return s.items();
    return 1;
}

template <class Scenario>
constexpr bool is_prepared = requires(Scenario s) { s.prepare(); };

/// What is rare in an operation (a slab that grows, a table of the simulator's TLB) is over after this many;
/// the counted ones are averaged, as some scenarios do not do the same each time.
constexpr std::uint32_t warm_up = 64, repetitions = 64;

template <class Scenario>
void get_ready(Scenario& s) {
    for (std::uint32_t done = 0; done < warm_up; done += items(s)) {
        if constexpr (is_prepared<Scenario>) s.prepare();
        s.run();
    }
    if constexpr (is_prepared<Scenario>) s.prepare();
}

/// A part named `operation id count`: so many are in it.
template <class Scenario>
void count(const std::string& id, Scenario& s) {
    const std::uint32_t runs = is_prepared<Scenario> ? 1 : repetitions;
    begin_part();
    for (std::uint32_t done = 0; done < runs; ++done) s.run();
    end_part("operation " + id + " " + std::to_string(runs * items(s)));
}

/// Counts operations at one size (then the size is in their names), or each at the size for which it has a
/// budget.
class Operations {
public:
    explicit Operations(std::optional<std::uint32_t> size) : size_(size) {}
    template <class Scenario, class... More>
    void add(const std::string& id, std::uint32_t usual_size, More... more) {
        if (size_ && *size_ > largest) return;
        const bool large = size_.value_or(0) > 1000;
        std::optional<Unobserved> unobserved;
        if (large) unobserved.emplace();
        Scenario s(size_.value_or(usual_size), more...);
        get_ready(s);
        unobserved.reset();
        count(size_ ? id + "/" + std::to_string(*size_) : id, s);
        if (large) unobserved.emplace(); // what follows is the end of s
    }
    std::uint32_t largest = ~0u; ///< of the next

private:
    const std::optional<std::uint32_t> size_;
};

/// What only a kernel that has these modifications can do.
void count_extensions(Operations& operations) {
    using kern::Ext;
    constexpr std::uint32_t few = 10;
    constexpr bool remote = Ext::inter_task_ex_regs, exceptions = Ext::exception_ipc;
    if (exceptions) operations.add<ExceptionMessage>("exception", few);
    if (Ext::page_fault_state) operations.add<FaultOnly>("page_fault_state", few, PageFault::With::state);
    if (remote) operations.add<Interrupt>("interrupt_by_stub", few, Interrupt::By::stub);
    if (remote && exceptions)
        operations.add<Interrupt>("interrupt_by_exception", few, Interrupt::By::exception);
    if (remote && Ext::ex_regs_stop && Ext::ex_regs_state)
        operations.add<Interrupt>("interrupt_by_state", few, Interrupt::By::state);
    if (remote) operations.add<SetRegisters>("ex_regs_remote", few, Target::in_other_task);
    if (remote) operations.add<NewThreads>("new_thread_remote", few, Target::in_other_task);
    if (Ext::time_limit) operations.add<TimeFault>("time_fault", few);
}

void count_operations(std::optional<std::uint32_t> size) {
    constexpr std::uint32_t few = 10, many = 1000;
    using Shape = UnmapTree::Shape;
    Operations operations(size);
    operations.add<SameSpace>("ipc_intra", few);
    operations.add<OtherSpace>("ipc_inter", few);
    operations.add<WithTimeouts>("ipc_timeout", many);
    operations.add<SenderQueue>("ipc_queue", many);
    operations.add<MapOnly>("ipc_map_4k", few);
    operations.add<UnmapOnly>("unmap_4k", few);
    operations.add<FaultOnly>("page_fault", few);
    operations.add<UnmapTree>("unmap_wide", many, Shape::wide);
    operations.add<IdNearest>("id_nearest", many);
    operations.add<Yield>("yield", many);
    operations.add<NewThreads>("new_thread", few);
    operations.add<NewTask>("new_task_kill", few);
    operations.add<KillClan>("kill", many);
    operations.add<KillReceiver>("kill_receiver", many);
    operations.add<Sleepers>("sleep_expire", many);
    operations.add<Alarm>("alarm", many);
    operations.add<SetRegisters>("ex_regs", few, Target::in_own_task);
    count_extensions(operations);
    operations.largest = 50000; // no tree is deeper than 65,535
    operations.add<UnmapTree>("unmap_deep", many, Shape::deep);
    operations.largest = 0; // what follows is the same for any number of threads and mappings
    operations.add<LongMessage>("ipc_long_4k", page, LongMessage::As::dwords);
    operations.add<LongMessage>("ipc_string_4k", page, LongMessage::As::string);
}

/// A part named `entry id` for each kernel entry.
template <class Scenario>
void count_entries(const std::string& id, Scenario&& s) {
    s.prepare();
    for (bool more = true; more;) {
        begin_part();
        more = s.step();
        end_part("entry " + id);
    }
}

void count_long_operations(const std::string& size, std::uint32_t n, const kern::Limits& limits) {
    count_entries("unmap_wide" + size, UnmapTree(n, UnmapTree::Shape::wide, limits));
    count_entries("unmap_deep" + size, UnmapTree(n, UnmapTree::Shape::deep, limits));
    count_entries("alarm" + size, Alarm(n, limits));
}
void count_kills(const std::string& size, std::uint32_t n, const kern::Limits& limits,
                 std::uint32_t per_task) {
    count_entries("kill" + size, KillClan(n, limits, per_task));
    count_entries("kill_receiver" + size, KillReceiver(n, limits));
}

void count_slopes() {
    // So few steps an entry that the smallest size takes several entries: then all sizes have full ones.  The
    // end of a task takes some sixty steps whatever was in it: more of them in an entry, not to drown the
    // rest.
    constexpr kern::Limits few{.bytes = 64, .pages = 4, .timeouts = 4, .threads = 4, .chain = 4};
    constexpr kern::Limits few_threads{.pages = 16, .threads = 4};
    constexpr std::uint32_t threads_per_task = 8;
    for (const std::uint32_t n : {10u, 100u, 1000u}) {
        const std::string size = "/" + std::to_string(n);
        count_operations(n);
        count_long_operations(size, n, few);
        count_kills(size, n, few_threads, threads_per_task);
    }
}

int run(std::string_view what) {
    if (what == "budgets") {
        count_operations({});
        count_long_operations("", 1000, {});
        count_kills("", 1000, {}, L4_THREADS_PER_TASK);
    } else if (what == "once") {
        count_operations({});
    } else if (what == "slope") {
        count_slopes();
    } else if (what == "growth") {
        for (const std::uint32_t n : {10u, 100u, 1000u, 10000u, 100000u}) count_operations(n);
    } else {
        return 2;
    }
    return 0;
}

} // namespace
} // namespace bench

int main(int argc, char** argv) {
    const int status = argc == 2 ? bench::run(argv[1]) : 2;
    if (status != 0) std::fprintf(stderr, "usage: counts budgets|once|slope|growth\n");
    return status;
}
