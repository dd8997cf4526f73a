// SPDX-License-Identifier: BSD-2-Clause
#include "test/lockstep/flight_recorder.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

namespace test {
namespace {

/// The flights under way, the youngest last.  Signal handlers take no arguments.
std::vector<const FlightRecorder*> flights;

constexpr int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
struct sigaction others[std::size(signals)]; // who handled them before: a fuzzer, a sanitizer, nobody

/// Writing files in a handler is not for ever safe, but the process ends in any case.
extern "C" void say_last_words(int signal) {
    for (std::size_t i = 0; i < std::size(signals); ++i) sigaction(signals[i], &others[i], nullptr);
    if (!flights.empty()) flights.back()->save();
    std::raise(signal);
}

/// Once, since fuzzers fly thousands of times a second.
void handle_signals() {
    static bool done = false;
    if (done) return;
    done = true;
    struct sigaction ours {};
    ours.sa_handler = say_last_words;
    ours.sa_flags = SA_NODEFER;
    for (std::size_t i = 0; i < std::size(signals); ++i) sigaction(signals[i], &ours, &others[i]);
}

/// Bazel puts a test's outputs into an archive and removes their folder: that archive, as it is called from
/// the root of the tree.  Empty: `path` is not among such outputs.
std::string archive_of(const std::string& path) {
    constexpr std::string_view outputs = "/bazel-out/", folder = "/test.outputs/";
    const std::size_t from = path.rfind(outputs), to = path.rfind(folder);
    if (from == std::string::npos || to == std::string::npos || from > to) return {};
    const std::size_t begin = from + outputs.size();
    return "bazel/out/" + path.substr(begin, to + folder.size() - begin) + "outputs.zip";
}

} // namespace

FlightRecorder::FlightRecorder(const Recording& recording, std::string name, std::string words)
    : recording_(recording), name_(std::move(name)), words_(std::move(words)) {
    handle_signals();
    flights.push_back(this);
}

FlightRecorder::~FlightRecorder() { std::erase(flights, this); }

void FlightRecorder::save() const {
    std::fprintf(stderr, "%s\n%s\n", words_.c_str(), leave(recording_, name_, words_).c_str());
}

std::string leave_path(const std::string& name) {
    const char* const outputs = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
    return (outputs ? std::string(outputs) + "/" : std::string()) + name;
}

std::string leave(const Recording& recording, const std::string& name, const std::string& comment) {
    const std::string path = leave_path(name), archive = archive_of(path);
    try {
        write_recording(path, recording, comment);
    } catch (const TraceError& e) {
        return std::string("the trace could not be kept: ") + e.what();
    }
    const std::string tool = std::string("bazel run ") + trace_tool + " -- ";
    const std::string here = archive.empty() ? path : "bazel/traces/" + name;
    return "trace: " + (archive.empty() ? path : name + " in " + archive) +
           (archive.empty() ? "" : "\ntake it out with: python3 -m zipfile -e " + archive + " bazel/traces") +
           "\nreplay it with: " + tool + "replay " + here + "\nmake it small with: " + tool + "shrink " +
           here;
}

} // namespace test
