// SPDX-License-Identifier: BSD-2-Clause
#include "sim/text.h"

#include "kern/ensure.h"

namespace sim {

Entry Text::add(Body body) {
    const auto eip = base + static_cast<std::uint32_t>(bodies_.size()) * window;
    kern::ensure(eip < last, "too many programs");
    bodies_.push_back(std::move(body));
    return {eip};
}

} // namespace sim
