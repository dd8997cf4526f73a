// SPDX-License-Identifier: BSD-2-Clause
#include "kern/timeout.h"
#include "l4/abi/limits.h"
#include "l4/abi/thread.h"
#include "l4/abi/timeout.h"

namespace kern {
namespace {

constexpr std::uint32_t exp_max = 15;

constexpr std::uint32_t field(std::uint32_t word, std::uint32_t mask, std::uint32_t shift) {
    return (word & mask) >> shift;
}

/// man * 4^(15-exp) microseconds; exp 1..15.
constexpr Micros span(std::uint32_t man, std::uint32_t exp) {
    return Micros{std::uint64_t{man} << 2 * (exp_max - exp)};
}

/// The point near `now` whose low e+8 bits are man << e and whose bit e+8 is `clock`.
Micros absolute(std::uint32_t man, std::uint32_t exp, bool clock, Micros now) {
    const std::uint32_t e = exp_max - exp;
    const std::uint64_t half = std::uint64_t{1} << (e + 8);
    std::uint64_t at = (now.raw() & ~(half - 1)) | std::uint64_t{man} << e;
    if (((now.raw() & half) != 0) != clock) at += half;
    if (at > now.raw() + half) at = at >= 2 * half ? at - 2 * half : 0;
    return Micros{at};
}

Micros deadline(std::uint32_t man, std::uint32_t exp, bool is_absolute, bool clock, Micros now) {
    if (exp == 0) return never;
    return is_absolute ? absolute(man, exp, clock, now) : now + span(man, exp);
}

Micros fault_deadline(std::uint32_t exp, Micros now) {
    if (exp == L4_TIMEOUT_PF_NEVER) return never;
    return exp == L4_TIMEOUT_PF_ZERO ? now : now + span(1, exp);
}

} // namespace

Micros send_deadline(std::uint32_t t, std::uint32_t id_high, Micros now) {
    return deadline(field(t, L4_TIMEOUT_SND_MAN_MASK, L4_TIMEOUT_SND_MAN_SHIFT),
                    field(t, L4_TIMEOUT_SND_EXP_MASK, L4_TIMEOUT_SND_EXP_SHIFT),
                    (id_high & L4_IPC_ABS_SND) != 0, (id_high & L4_IPC_ABS_SND_CLOCK) != 0, now);
}

Micros receive_deadline(std::uint32_t t, std::uint32_t id_high, Micros now) {
    return deadline(field(t, L4_TIMEOUT_RCV_MAN_MASK, L4_TIMEOUT_RCV_MAN_SHIFT),
                    field(t, L4_TIMEOUT_RCV_EXP_MASK, L4_TIMEOUT_RCV_EXP_SHIFT),
                    (id_high & L4_IPC_ABS_RCV) != 0, (id_high & L4_IPC_ABS_RCV_CLOCK) != 0, now);
}

Micros send_fault_deadline(std::uint32_t t, Micros now) {
    return fault_deadline(field(t, L4_TIMEOUT_SND_PF_EXP_MASK, L4_TIMEOUT_SND_PF_EXP_SHIFT), now);
}

Micros receive_fault_deadline(std::uint32_t t, Micros now) {
    return fault_deadline(field(t, L4_TIMEOUT_RCV_PF_EXP_MASK, L4_TIMEOUT_RCV_PF_EXP_SHIFT), now);
}

Micros decode_slice(std::uint32_t param) {
    const std::uint32_t exp = field(param, L4_SCHED_TIME_EXP_MASK, L4_SCHED_TIME_EXP_SHIFT);
    if (exp == 0) return never;
    const std::uint64_t us = span(field(param, L4_SCHED_TIME_MAN_MASK, L4_SCHED_TIME_MAN_SHIFT), exp).raw();
    const std::uint64_t grains = (us + L4_SCHED_GRANULARITY_US - 1) / L4_SCHED_GRANULARITY_US;
    return Micros{(grains == 0 ? 1 : grains) * L4_SCHED_GRANULARITY_US};
}

std::uint32_t encode_slice(Micros slice) {
    if (slice == never) return 0;
    std::uint32_t exp = exp_max;
    while (exp > 1 && slice.raw() >> 2 * (exp_max - exp) > 255) --exp;
    const auto man = static_cast<std::uint32_t>(slice.raw() >> 2 * (exp_max - exp));
    return l4_sched_param(0, man, exp);
}

} // namespace kern
