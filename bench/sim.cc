// SPDX-License-Identifier: BSD-2-Clause
// The benchmarks of the kernel in the simulated machine: what an operation takes, and how that grows.
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bench/measure.h"
#include "bench/report.h"
#include "bench/scenario/ipc.h"
#include "bench/scenario/leaves.h"
#include "bench/scenario/memory.h"
#include "bench/scenario/states.h"
#include "bench/scenario/threads.h"
#include "bench/scenario/time.h"

namespace bench {
namespace {

/// Beside those of Google Benchmark.
struct Arguments {
    std::string json; ///< empty: none is written
    std::vector<char*> others;
    std::string problem; ///< the first, if any
    bool list_only = false;
};

/// `bazel run` starts programs elsewhere, and says where the caller is.
std::string from_the_caller(const std::string& path) {
    const char* const directory = std::getenv("BUILD_WORKING_DIRECTORY");
    return directory == nullptr || path.starts_with('/') ? path : std::string(directory) + "/" + path;
}

/// What is wrong with an argument of the library's that it takes without a word.
std::string problem_of(std::string_view argument) {
    constexpr std::string_view format = "--benchmark_format=", min_time = "--benchmark_min_time=";
    if (argument.starts_with(format) && argument != "--benchmark_format=console")
        return std::string(argument) + ": it prints a table; --json FILE writes figures for programs";
    if (!argument.starts_with(min_time)) return {};
    const double seconds = std::strtod(argument.data() + min_time.size(), nullptr);
    return std::isfinite(seconds) && seconds >= 0
               ? ""
               : std::string(argument) + ": no number of seconds; it must be at least 0";
}

Arguments parse(int argc, char** argv) {
    static char min_time[] = "--benchmark_min_time=0.1"; // a later one counts
    Arguments a{.json = {}, .others = {argv[0], min_time}, .problem = {}};
    constexpr std::string_view flag = "--json", with_value = "--json=";
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument != flag && !argument.starts_with(with_value)) {
            a.others.push_back(argv[i]);
            if (a.problem.empty()) a.problem = problem_of(argument);
            a.list_only |= argument.starts_with("--benchmark_list_tests");
            continue;
        }
        const bool joined = argument != flag;
        if (!a.json.empty()) {
            a.problem = "--json is given twice; it writes one file";
            return a;
        }
        if (!joined && i + 1 == argc) {
            a.problem = "--json wants a file to write: --json FILE";
            return a;
        }
        a.json = joined ? std::string(argument.substr(with_value.size())) : std::string(argv[++i]);
        if (a.json.empty()) a.problem = "--json wants a file to write, not an empty name";
    }
    a.json = a.json.empty() ? a.json : from_the_caller(a.json);
    return a;
}

void add_all(Kept& kept) {
    using Sizes = std::vector<std::int64_t>;
    add<SameSpace>(kept, "ipc_intra", growth);
    add<OtherSpace>(kept, "ipc_inter", growth);
    add<WithTimeouts>(kept, "ipc_timeout", growth);
    add<SenderQueue>(kept, "ipc_queue", growth);
    add<LongMessage>(kept, "ipc_long", Sizes{256, 4096, 65536}, LongMessage::As::dwords);
    add<LongMessage>(kept, "ipc_string", Sizes{256, 4096, 65536}, LongMessage::As::string);
    add<MapOnePage>(kept, "map_unmap", growth);
    add<UnmapTree>(kept, "unmap_wide", growth, UnmapTree::Shape::wide);
    add<UnmapTree>(kept, "unmap_deep", Sizes{10, 100, 1000, 10000, 50000}, UnmapTree::Shape::deep);
    add<PageFault>(kept, "page_fault", growth);
    add<IdNearest>(kept, "id_nearest", growth);
    add<Yield>(kept, "yield", growth);
    add<NewThreads>(kept, "new_thread", growth);
    add<NewTask>(kept, "new_task_kill", growth);
    add<KillClan>(kept, "kill", growth);
    add<KillReceiver>(kept, "kill_receiver", growth);
    add<NewThreads>(kept, "new_thread_remote", growth, Target::in_other_task);
    add<ExceptionMessage>(kept, "exception", growth);
    add<PageFault>(kept, "page_fault_state", growth, PageFault::With::state);
    add<Interrupt>(kept, "interrupt_by_stub", growth, Interrupt::By::stub);
    add<Interrupt>(kept, "interrupt_by_exception", growth, Interrupt::By::exception);
    add<Interrupt>(kept, "interrupt_by_state", growth, Interrupt::By::state);
    add<SetRegisters>(kept, "ex_regs", growth, Target::in_own_task);
    add<SetRegisters>(kept, "ex_regs_remote", growth, Target::in_other_task);
    add<TimeFault>(kept, "time_fault", growth);
    add<Sleepers>(kept, "sleep_expire", growth);
    add<Alarm>(kept, "alarm", growth);
    add<ReadyQueues>(kept, "leaf_ready", growth);
    add<ArmDisarm>(kept, "leaf_arm_disarm", growth);
    add<Expire>(kept, "leaf_expire", growth);
    add<MapDbPage>(kept, "leaf_map_unmap", growth);
}

int fail(const std::string& message) {
    std::fprintf(stderr, "sim: %s\n", message.c_str());
    return 2;
}

/// Asked before the benchmarks take their minutes; empty: it can, as far as one can tell.
std::string why_not_writable(const std::string& path) {
    namespace fs = std::filesystem;
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) return "it is a folder; name a file in it";
    const std::string folder = fs::absolute(path).parent_path().string();
    if (!fs::is_directory(folder, ignored)) return "there is no folder " + folder + "; make it first";
    if (access(fs::exists(path, ignored) ? path.c_str() : folder.c_str(), W_OK) == 0) return {};
    return std::strerror(errno) + std::string("; name another file");
}

int run(int argc, char** argv) {
    Arguments arguments = parse(argc, argv);
    if (!arguments.problem.empty()) return fail(arguments.problem);
    int count = static_cast<int>(arguments.others.size());
    benchmark::Initialize(&count, arguments.others.data());
    if (benchmark::ReportUnrecognizedArguments(count, arguments.others.data()))
        return fail("it knows --json FILE, and what --help lists");
    const std::string unwritable = "can not write " + arguments.json + ": ";
    const std::string why = arguments.json.empty() ? "" : why_not_writable(arguments.json);
    if (!why.empty()) return fail(unwritable + why);
    Kept kept;
    add_all(kept);
    Report report;
    benchmark::RunSpecifiedBenchmarks(&report);
    if (report.failed()) return 1;
    if (report.empty() && !arguments.list_only)
        return fail("no benchmark ran; --benchmark_list_tests lists them all, without a filter");
    if (arguments.json.empty() || report.empty()) return 0;
    if (!report.write_json(arguments.json)) return fail(unwritable + std::strerror(errno));
    return 0;
}

} // namespace
} // namespace bench

int main(int argc, char** argv) { return bench::run(argc, argv); }
