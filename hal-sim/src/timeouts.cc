// SPDX-License-Identifier: BSD-2-Clause
#include "sim/timeouts.h"

namespace sim {
namespace {

struct ExpMan {
    std::uint32_t exp = 0, man = 0;
};

/// The finest unit in which the span fits; never for what is too long.
ExpMan encode(std::uint64_t us) {
    for (std::uint32_t exp = 15; exp >= 1; --exp) {
        const unsigned shift = 2 * (15 - exp);
        const std::uint64_t man = (us + (std::uint64_t{1} << shift) - 1) >> shift;
        if (man <= 255) return {exp, static_cast<std::uint32_t>(man)};
    }
    return {};
}

} // namespace

std::uint32_t send_timeout(kern::Micros span) {
    if (span == kern::never) return L4_TIMEOUT_NEVER;
    const ExpMan t = encode(span.raw());
    return l4_timeout(t.man, t.exp, 0, 0);
}

std::uint32_t receive_timeout(kern::Micros span) {
    if (span == kern::never) return L4_TIMEOUT_NEVER;
    const ExpMan t = encode(span.raw());
    return l4_timeout(0, 0, t.man, t.exp);
}

namespace {

/// docs/abi: e = 15 - exp; the mantissa replaces bits e..e+7 of the clock, the flag is bit e+8.
ExpMan absolute(kern::Micros deadline, unsigned exp, bool& clock) {
    const unsigned e = 15 - exp;
    clock = (deadline.raw() >> (e + 8) & 1) != 0;
    return {exp, static_cast<std::uint32_t>(deadline.raw() >> e & 255)};
}

} // namespace

AbsoluteTimeout send_until(kern::Micros deadline, unsigned exp) {
    bool clock = false;
    const ExpMan t = absolute(deadline, exp, clock);
    return {l4_timeout(t.man, t.exp, 0, 0), L4_IPC_ABS_SND | (clock ? L4_IPC_ABS_SND_CLOCK : 0)};
}

AbsoluteTimeout receive_until(kern::Micros deadline, unsigned exp) {
    bool clock = false;
    const ExpMan t = absolute(deadline, exp, clock);
    return {l4_timeout(0, 0, t.man, t.exp), L4_IPC_ABS_RCV | (clock ? L4_IPC_ABS_RCV_CLOCK : 0)};
}

} // namespace sim
