// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace bench {

/// The counter under which a benchmark of many equal parts reports what one of them takes.
inline constexpr const char* per_item = "per_item";

/// A table for people on the console, and the figures for programs.
class Report : public benchmark::ConsoleReporter {
public:
    Report();
    bool ReportContext(const Context& context) override;
    void ReportRuns(const std::vector<Run>& runs) override;
    /// An array of {"suite":"sim","id":...,"value":...,"unit":"ns"}, a benchmark each: what one operation
    /// takes, or one part of it.  False: it could not be written, and errno says why.
    bool write_json(const std::string& path) const;
    bool empty() const { return figures_.empty(); }
    bool failed() const { return failed_; }

private:
    struct Figure {
        std::string id;
        double ns;
    };
    std::vector<Figure> figures_;
    bool failed_ = false;
};

} // namespace bench
