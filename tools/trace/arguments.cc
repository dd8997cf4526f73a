// SPDX-License-Identifier: BSD-2-Clause
#include "tools/trace/arguments.h"

#include <algorithm>
#include <stdexcept>

#include "test/lockstep/recording.h"
#include "test/lockstep/words.h"

namespace trace {

Arguments::Arguments(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string whole = argv[i];
        if (whole.substr(0, 2) == "--") {
            const std::size_t equals = std::min(whole.find('='), whole.size());
            if (!options_.emplace(whole.substr(2, equals - 2), whole.substr(equals)).second)
                throw std::invalid_argument("`" + whole.substr(0, equals) + "` is given twice");
        } else if (command_.empty()) {
            command_ = whole;
        } else {
            files_.push_back(whole);
        }
    }
}

void Arguments::expect(std::size_t files, const std::vector<std::string>& options,
                       const std::vector<std::string>& flags) const {
    const std::string mine = "`" + command_ + "`";
    if (files_.size() != files)
        throw std::invalid_argument(mine + " wants " + std::to_string(files) +
                                    (files == 1 ? " trace" : " traces") + ", but got " +
                                    std::to_string(files_.size()) + "; `help` shows how it is called");
    for (const auto& [name, value] : options_) {
        if (std::find(options.begin(), options.end(), name) != options.end()) continue;
        if (std::find(flags.begin(), flags.end(), name) != flags.end()) {
            if (value.empty()) continue;
            throw std::invalid_argument("`--" + name + "` takes no value, but got `" + value + "`");
        }
        std::string all;
        for (const std::string& o : options) all += " --" + o;
        for (const std::string& f : flags) all += " --" + f;
        throw std::invalid_argument(mine + " has no option `--" + name + "`" +
                                    (all.empty() ? "" : "; it has" + all));
    }
}

std::string Arguments::text(const std::string& option, const std::string& otherwise) const {
    const auto found = options_.find(option);
    if (found == options_.end()) return otherwise;
    if (found->second.size() < 2)
        throw std::invalid_argument("--" + option + " wants a value: --" + option + "=...");
    return found->second.substr(1);
}

std::uint64_t Arguments::number(const std::string& option, std::uint64_t otherwise, std::uint64_t least,
                                std::uint64_t most) const {
    if (!has(option)) return otherwise;
    const std::uint64_t n = test::parse_number(text(option, ""), "--" + option, 10, most);
    if (n < least)
        throw std::invalid_argument("--" + option + " must be at least " + std::to_string(least) + ", not " +
                                    std::to_string(n));
    return n;
}

std::uint64_t Arguments::seeds(std::uint64_t first) const {
    const std::uint64_t count = number("seeds", 1, 1, ~std::uint32_t{0}), last = ~std::uint64_t{0};
    if (count - 1 > last - first)
        throw std::invalid_argument("--seeds=" + std::to_string(count) +
                                    " from --seed=" + std::to_string(first) + " go beyond the last seed, " +
                                    std::to_string(last));
    return count;
}

std::string Arguments::target(const std::string& what) const {
    const std::string to = text("to", "");
    if (to.empty()) throw std::invalid_argument("`" + command_ + "` wants --to=FILE: where the " + what);
    test::check_writable(to);
    return to;
}

} // namespace trace
