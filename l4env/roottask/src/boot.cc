// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/roottask/src/boot.h"

#include "l4/c/stdio.h"

namespace l4env::root {
namespace {

void print(Text text, const char* behind) {
    L4C(printf)("%.*s%s", static_cast<int>(text.size), text.at, behind);
}

/// NAME: WORD WHAT, at most N (CONFIGURATION, line N)
void complain(Text name, const Complaint& why) {
    L4C(printf)("root: ");
    print(name, ": ");
    if (!why.word.empty()) print(why.word, " ");
    L4C(printf)("%s", why.what);
    if (why.most != 0) L4C(printf)(", at most %u", static_cast<unsigned>(why.most));
    if (why.line != 0) {
        L4C(printf)(" (");
        if (!why.configuration.empty()) print(why.configuration, ", ");
        L4C(printf)("line %u)", static_cast<unsigned>(why.line));
    }
    L4C(printf)("\n");
}

void complain_of_memory(Text name, std::uint32_t at) {
    constexpr const char* format =
        "root: %.*s: its physical= memory is in use at %#x, by the kernel, sigma0, "
        "the root task or a boot module: choose other addresses\n";
    L4C(printf)(format, static_cast<int>(name.size), name.at, static_cast<unsigned>(at));
}

} // namespace

Text Boot::text(std::uint32_t address) const {
    return address == 0 ? Text() : Text(reinterpret_cast<const char*>(memory_.at(address, 1).data()));
}

std::span<const Multiboot::Module> Boot::modules() const {
    if ((info_.flags & Multiboot::has_modules) == 0) return {};
    const auto* const list = reinterpret_cast<const Multiboot::Module*>(memory_.at(info_.modules, 1).data());
    return {list, info_.module_count};
}

std::span<const std::byte> Boot::file(const Multiboot::Module& m) const {
    return m.end < m.start ? std::span<std::byte>() : memory_.at(m.start, m.end - m.start);
}

Text Boot::arguments() const {
    return modules().size() < first ? Text() : read_command_line(text(modules()[1].command_line)).arguments;
}

bool Boot::is_configuration(const Multiboot::Module& m) const {
    return read_command_line(text(m.command_line)).name.ends_with(".cfg");
}

Text Boot::all_of(const Multiboot::Module& m) const {
    const std::span<const std::byte> bytes = file(m);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool Boot::names_module(Text name) const {
    for (const Multiboot::Module& m : modules().subspan(first))
        if (!is_configuration(m) && read_command_line(text(m.command_line)).name == name) return true;
    return false;
}

/// A line for a module that is not there is told, and no failure: one configuration may do for several menus.
bool Boot::check(const Multiboot::Module& configuration) const {
    const Text name = read_command_line(text(configuration.command_line)).name;
    Text rest = all_of(configuration);
    if (const Complaint bad = check_configuration(rest)) {
        complain(name, bad);
        return false;
    }
    ConfigurationLine line;
    while (take_line(rest, line))
        if (!(line.whose == Text("*")) && !names_module(line.whose))
            complain(name, {.what = "is no boot module", .word = line.whose, .line = line.number});
    return true;
}

/// What the configurations say, then what its own command line says.
Complaint Boot::read(const Multiboot::Module& m, Job& job) const {
    job.line = read_command_line(text(m.command_line));
    job.file = file(m);
    for (const Multiboot::Module& c : modules().subspan(first)) {
        if (!is_configuration(c)) continue;
        if (check_configuration(all_of(c))) continue;
        if (Complaint why = read_configuration(all_of(c), job.line.name, job.options)) {
            why.configuration = read_command_line(text(c.command_line)).name;
            return why;
        }
    }
    return read_options(job.line.options, job.options);
}

/// Another module names it.
bool Boot::is_data(Text name) const {
    for (const Multiboot::Module& m : modules().subspan(first)) {
        Job job;
        if (!is_configuration(m) && !read(m, job) && job.options.data == name && !(job.line.name == name))
            return true;
    }
    return false;
}

/// False: there is no such module.
bool Boot::find_data(const Options& options, Data& data) const {
    if (options.data.empty()) return true;
    for (const Multiboot::Module& m : modules().subspan(first)) {
        if (!(read_command_line(text(m.command_line)).name == options.data)) continue;
        data = {m.start, m.end < m.start ? 0 : m.end - m.start};
        return true;
    }
    return false;
}

std::uint32_t Boot::start_all(Root& root) const {
    std::uint32_t failures = 0;
    if (modules().size() < first) return 0;
    for (const Multiboot::Module& m : modules().subspan(first))
        failures += is_configuration(m) && !check(m) ? 1 : 0;
    for (const bool start : {false, true})
        for (const Multiboot::Module& m : modules().subspan(first)) {
            Job job;
            Data data;
            if (is_configuration(m)) continue;
            const Complaint bad = read(m, job);
            if (is_data(job.line.name)) continue;
            const std::uint32_t in_use = bad ? 0 : root.keep_physical(job.options);
            if (!start) {
                if (bad) complain(job.line.name, bad);
                if (in_use != 0) complain_of_memory(job.line.name, in_use);
                failures += bad || in_use != 0 ? 1 : 0;
                continue;
            }
            if (bad || in_use != 0) continue;
            const char* const why =
                find_data(job.options, data)
                    ? root.start(job.line.name, job.options, job.file, job.line.arguments, data)
                    : "there is no boot module of its data= name";
            if (why != nullptr) complain(job.line.name, {.what = why});
            failures += why == nullptr ? 0 : 1;
        }
    return failures;
}

} // namespace l4env::root
