// SPDX-License-Identifier: BSD-2-Clause
#include <algorithm>
#include <set>

#include "spec/ports.h"

namespace spec {

PortSet PortSet::all() { return range(0, 0x10000); }

PortSet PortSet::range(std::uint64_t begin, std::uint64_t end) {
    PortSet set;
    if (begin < end) {
        set.runs_ = {{static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(end - 1)}};
    }
    return set;
}

bool PortSet::contains(std::uint16_t port) const {
    return std::any_of(runs_.begin(), runs_.end(),
                       [&](Run run) { return run.first <= port && port <= run.second; });
}

/// Membership can change only where a run begins or has just ended: looks at each stretch in between.
template <typename Keep>
PortSet PortSet::combine(const PortSet& a, const PortSet& b, Keep keep) {
    std::set<Word> edges;
    for (const PortSet* set : {&a, &b}) {
        for (const Run& run : set->runs_) {
            edges.insert(run.first);
            edges.insert(run.second + 1u);
        }
    }
    PortSet result;
    for (auto edge = edges.begin(); edge != edges.end() && std::next(edge) != edges.end(); ++edge) {
        const auto first = static_cast<std::uint16_t>(*edge);
        const auto last = static_cast<std::uint16_t>(*std::next(edge) - 1);
        if (!keep(a.contains(first), b.contains(first))) {
            continue;
        }
        if (!result.runs_.empty() && result.runs_.back().second + 1u == first) {
            result.runs_.back().second = last;
        } else {
            result.runs_.push_back({first, last});
        }
    }
    return result;
}

PortSet PortSet::operator&(const PortSet& other) const {
    return combine(*this, other, [](bool a, bool b) { return a && b; });
}

PortSet PortSet::operator|(const PortSet& other) const {
    return combine(*this, other, [](bool a, bool b) { return a || b; });
}

PortSet PortSet::operator-(const PortSet& other) const {
    return combine(*this, other, [](bool a, bool b) { return a && !b; });
}

} // namespace spec
