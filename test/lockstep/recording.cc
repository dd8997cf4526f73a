// SPDX-License-Identifier: BSD-2-Clause
#include "test/lockstep/recording.h"

#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "arch/memory.h"
#include "test/lockstep/words.h"

namespace test {
namespace {

constexpr const char* mode_names[] = {"free", "stepwise", "alone"};
constexpr std::uint32_t first_task = L4_KMEM_TASK + 1; // and a frame for its thread
constexpr const char* first_line = "drops-trace 1";

/// A number of the configuration: its name, its bounds, where it is; one list for both directions.
template <class R, class F>
void for_each_setting(R& r, F visit) {
    constexpr std::uint32_t any = ~std::uint32_t{0};
    auto& c = r.config;
    visit("user_pages", 1u, 65536u, c.machine.user_pages);
    visit("kernel_pages", 2 * first_task, 65536u, c.machine.kernel_pages);
    visit("sigma0_frames", first_task, 65536u, c.sigma0_frames);
    if (r.mode == Mode::free) return;
    visit("bytes", 1u, any, c.limits.bytes);
    visit("pages", 1u, any, c.limits.pages);
    visit("timeouts", 1u, any, c.limits.timeouts);
    visit("threads", 1u, any, c.limits.threads);
    visit("chain", 1u, any, c.limits.chain);
}

constexpr std::uint64_t boot_time_max = std::uint64_t{1} << 56;

/// The word is `name=number`.
std::uint64_t setting(Words& words, const std::string& name, std::uint64_t least, std::uint64_t most) {
    const std::string wanted = "`" + name + "=N`";
    const std::string_view word = words.next(wanted);
    if (word.substr(0, name.size() + 1) != name + "=")
        throw std::invalid_argument(quoted(word) + " stands where " + wanted + " should be");
    const std::uint64_t n = parse_number(word.substr(name.size() + 1), wanted, 10, most);
    if (n < least)
        throw std::invalid_argument(wanted + " must be at least " + std::to_string(least) + ", not " +
                                    std::to_string(n));
    return n;
}

void parse_config(Words& words, Recording& r) {
    r.mode = parse_mode(words.next("the mode"));
    r.config.compare = r.mode != Mode::alone;
    for_each_setting(r, [&](const char* name, std::uint32_t least, std::uint32_t most, std::uint32_t& n) {
        n = static_cast<std::uint32_t>(setting(words, name, least, most));
    });
    r.config.boot_time = kern::Micros{setting(words, "boot_time", 0, boot_time_max)};
    words.expect_end("`boot_time`");
    constexpr std::uint32_t roots_least = first_task + L4_KMEM_IO_BITMAP; // sigma0's first bitmap is free
    if (r.config.sigma0_frames + roots_least > r.config.machine.kernel_pages)
        throw std::invalid_argument("`sigma0_frames` leaves root too little of `kernel_pages`: at least " +
                                    std::to_string(roots_least) + " must remain");
}

StepResult parse_result(std::string_view text) {
    Words words(text);
    StepResult r;
    const std::string_view who = words.next("who runs after the step");
    r.idle = who == "idle";
    if (!r.idle) {
        r.in_kernel = who.back() == 'k';
        const std::string_view name = who.substr(0, who.size() - r.in_kernel);
        const std::size_t dot = name.find('.');
        if (dot == std::string_view::npos)
            throw std::invalid_argument(quoted(who) +
                                        " is no thread; it must be `idle`, `TASK.THREAD` or `TASK.THREADk`");
        r.who.task = kern::TaskNo{
            static_cast<std::uint16_t>(parse_number(name.substr(0, dot), "the task", 10, L4_TASKS - 1))};
        r.who.lthread = static_cast<std::uint8_t>(
            parse_number(name.substr(dot + 1), "the thread", 10, L4_THREADS_PER_TASK - 1));
    }
    r.hash = words.number("the hash", 16, ~std::uint64_t{0});
    for (std::size_t i = 0; !r.idle && i < r.regs.size(); ++i)
        r.regs[i] = static_cast<std::uint32_t>(words.number(result_registers[i], 16, ~std::uint32_t{0}));
    words.expect_end("the result");
    return r;
}

/// A last step without a result is one in whose middle the process ended.
void parse_step(std::string_view line, Recording& r) {
    if (!r.results.empty() && r.results.size() < r.actions.size())
        throw std::invalid_argument(
            "the step before this has no result although others have; give all of them one "
            "with `trace record --from=FILE --to=FILE`, or none");
    const std::size_t equals = line.find('=');
    r.actions.push_back(parse_action(line.substr(0, equals)));
    if (equals == std::string_view::npos) return;
    r.results.push_back(parse_result(line.substr(equals + 1)));
    if (r.results.size() < r.actions.size())
        throw std::invalid_argument(
            "the steps before this have no results; give all of them one with "
            "`trace record --from=FILE --to=FILE`, or none");
}

/// Reads the lines one by one.
struct Parser {
    Recording recording;
    enum { head, config, steps } awaits = head;

    void line(std::string_view text) {
        Words words(text);
        if (words.done() || text[0] == '#') return;
        if (awaits == steps) return parse_step(text, recording);
        const std::string_view first = words.next("a word");
        if (awaits == head) {
            if (first != "drops-trace")
                throw std::invalid_argument("not a trace: it must begin with `drops-trace 1`");
            if (words.number("the version", 10, ~0u) != 1)
                throw std::invalid_argument("a trace of another version; this program reads version 1");
            words.expect_end("the version");
            awaits = config;
        } else {
            if (first != "config")
                throw std::invalid_argument("`config MODE user_pages=N ...` must come before the steps");
            parse_config(words, recording);
            awaits = steps;
        }
    }
};

} // namespace

Mode parse_mode(std::string_view name) {
    for (unsigned i = 0; i < std::size(mode_names); ++i)
        if (name == mode_names[i]) return static_cast<Mode>(i);
    throw std::invalid_argument(quoted(name) + " is no mode; it must be free, stepwise or alone");
}

std::string to_string(Mode mode) { return mode_names[static_cast<unsigned>(mode)]; }

Recording parse_recording(std::string_view text, const std::string& name) {
    Parser parser;
    unsigned number = 0;
    const auto complain = [&](const std::string& what) {
        throw TraceError(name + ":" + std::to_string(number) + ": " + what);
    };
    while (!text.empty()) {
        ++number;
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) complain("the last line has no end: the file is cut off");
        try {
            parser.line(text.substr(0, end));
        } catch (const std::invalid_argument& e) {
            complain(e.what());
        }
        text.remove_prefix(end + 1);
    }
    if (number == 0) throw TraceError(name + ": empty; a trace begins with `drops-trace 1`");
    if (parser.awaits != Parser::steps) complain("the file ends before its `config` line: it is cut off");
    return std::move(parser.recording);
}

Recording read_recording(const std::string& path) { return parse_recording(read_file(path, "trace"), path); }

std::string to_string(const StepResult& r) {
    char text[160];
    std::string out = "idle";
    if (!r.idle)
        out =
            std::to_string(r.who.task.raw()) + "." + std::to_string(r.who.lthread) + (r.in_kernel ? "k" : "");
    std::snprintf(text, sizeof text, " %016" PRIx64, r.hash);
    out += text;
    for (std::size_t i = 0; !r.idle && i < r.regs.size(); ++i) {
        std::snprintf(text, sizeof text, " %" PRIx32, r.regs[i]);
        out += text;
    }
    return out;
}

std::string to_string(const Recording& recording, const std::string& comment) {
    std::ostringstream out;
    out << "# SPDX-License-Identifier: BSD-2-Clause\n";
    std::istringstream lines(comment);
    for (std::string line; std::getline(lines, line);) out << "# " << line << "\n";
    out << first_line << "\nconfig " << to_string(recording.mode);
    for_each_setting(recording, [&](const char* name, std::uint32_t, std::uint32_t, std::uint32_t n) {
        out << " " << name << "=" << n;
    });
    out << " boot_time=" << recording.config.boot_time.raw() << "\n";
    for (std::size_t i = 0; i < recording.actions.size(); ++i) {
        out << to_string(recording.actions[i]);
        if (i < recording.results.size()) out << " = " << to_string(recording.results[i]);
        out << "\n";
    }
    return out.str();
}

void write_recording(const std::string& path, const Recording& recording, const std::string& comment) {
    write_file(path, to_string(recording, comment));
}

std::string read_file(const std::string& path, const std::string& what) {
    if (std::filesystem::is_directory(path))
        throw TraceError(path + ": a folder, not a " + what + "; name a " + what + " in it");
    std::ifstream in(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    if (!in) throw TraceError(path + ": can not be read; is this the right path?");
    return bytes;
}

void check_writable(const std::string& path) {
    namespace fs = std::filesystem;
    std::error_code ignored;
    if (fs::is_directory(path, ignored))
        throw TraceError(path + ": a folder, so nothing can be written there; name a file in it");
    const fs::path folder = fs::absolute(path, ignored).parent_path();
    if (!fs::is_directory(folder, ignored))
        throw TraceError(path + ": there is no folder " + folder.string() + "; make it first");
    if (access(fs::exists(path, ignored) ? path.c_str() : folder.c_str(), W_OK) != 0)
        throw TraceError(path + ": can not be written: " + std::strerror(errno) + "; name another file");
}

void write_file(const std::string& path, const std::string& bytes) {
    check_writable(path);
    namespace fs = std::filesystem;
    std::error_code ignored;
    // A device is written, not replaced; of a link, what it leads to is replaced.
    const bool replace = !fs::exists(path, ignored) || fs::is_regular_file(path, ignored);
    const fs::path target = replace ? fs::weakly_canonical(path, ignored) : fs::path();
    const std::string whole = target.empty() ? path : target.string();
    const std::string part = replace ? whole + ".part" : path;
    std::FILE* const out = std::fopen(part.c_str(), "wb");
    bool good = out != nullptr && std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size();
    int error = errno;
    if (out != nullptr && std::fclose(out) != 0 && good) {
        good = false;
        error = errno;
    }
    if (good && (!replace || std::rename(part.c_str(), whole.c_str()) == 0)) return;
    if (good) error = errno;
    if (replace && out != nullptr) std::remove(part.c_str());
    throw TraceError(path + ": can not be written: " + std::strerror(error) + "; nothing there has changed");
}

std::string comment_of(std::string_view text) {
    std::string comment;
    while (!text.empty() && text[0] == '#') {
        const std::size_t end = std::min(text.find('\n'), text.size() - 1);
        const std::string_view line = text.substr(0, end);
        if (line.find("SPDX") == std::string_view::npos)
            comment += std::string(line.substr(std::min<std::size_t>(2, line.size()))) + "\n";
        text.remove_prefix(end + 1);
    }
    return comment;
}

StepResult result_of(const Lockstep& on) {
    StepResult r{.idle = on.idle(), .in_kernel = on.in_kernel(), .hash = on.hash()};
    if (r.idle) return r;
    const arch::Frame& f = on.current().frame;
    r.who = on.current().id();
    r.regs = {f.eax, f.ebx, f.ecx, f.edx, f.esi, f.edi, f.ebp, f.esp, f.eip, f.eflags};
    return r;
}

std::string diff(const StepResult& is, const StepResult& should_be) {
    if (is == should_be) return {};
    const auto who = [](const StepResult& r) { return to_string(r).substr(0, to_string(r).find(' ')); };
    std::string out;
    if (who(is) != who(should_be)) out += "runs: " + who(is) + " <> " + who(should_be) + "\n";
    for (std::size_t i = 0; i < is.regs.size(); ++i) {
        if (is.regs[i] == should_be.regs[i]) continue;
        char text[64];
        std::snprintf(text, sizeof text, "%s: %" PRIx32 " <> %" PRIx32 "\n", result_registers[i], is.regs[i],
                      should_be.regs[i]);
        out += text;
    }
    if (out.empty()) out = "an event before, or its registers\n";
    return out;
}

} // namespace test
