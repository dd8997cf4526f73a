// SPDX-License-Identifier: BSD-2-Clause
#include "bench/report.h"

#include <unistd.h>

#include <fstream>
#include <sstream>

namespace bench {
namespace {

/// The registered name and the size, without the settings that the library appends.
std::string id(const benchmark::BenchmarkReporter::Run& run) {
    const auto& name = run.run_name;
    return name.args.empty() ? name.function_name : name.function_name + "/" + name.args;
}

} // namespace

Report::Report() : ConsoleReporter(isatty(STDOUT_FILENO) != 0 ? OO_ColorTabular : OO_Tabular) {}

/// Debian builds the library with its assertions, which the library calls a debug build and warns of.  What
/// it executes while it measures stands in its header and is compiled here.
bool Report::ReportContext(const Context& context) {
    std::ostream& errors = GetErrorStream();
    std::stringstream lines;
    SetErrorStream(&lines);
    const bool ok = ConsoleReporter::ReportContext(context);
    SetErrorStream(&errors);
    for (std::string line; std::getline(lines, line);)
        if (line.find("Library was built as DEBUG") == std::string::npos) errors << line << "\n";
    return ok;
}

void Report::ReportRuns(const std::vector<Run>& runs) {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
        failed_ |= run.error_occurred;
        if (run.error_occurred || run.run_type != Run::RT_Iteration) continue;
        const auto part = run.counters.find(per_item);
        // Of manual time, too, this is what was set: processor time.
        const bool manual = run.run_name.time_type == "manual_time";
        const double total = manual ? run.real_accumulated_time : run.cpu_accumulated_time;
        const double seconds =
            part != run.counters.end() ? part->second.value : total / static_cast<double>(run.iterations);
        figures_.push_back({id(run), seconds * 1e9});
    }
}

bool Report::write_json(const std::string& path) const {
    std::ofstream out(path);
    out << "[";
    const char* separator = "\n";
    for (const Figure& f : figures_) {
        // Our own names: nothing in them needs an escape.
        out << separator << R"({"suite":"sim","id":")" << f.id << R"(","value":)" << f.ns
            << R"(,"unit":"ns"})";
        separator = ",\n";
    }
    out << "\n]\n";
    out.close();
    return out.good();
}

} // namespace bench
