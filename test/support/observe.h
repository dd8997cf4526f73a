// SPDX-License-Identifier: BSD-2-Clause
// The kernel's state in the specification's form, read through the kernel's public interface and the machine.
#pragma once
#include <optional>

#include "arch/machine.h"
#include "kern/kernel.h"
#include "spec/config.h"
#include "spec/event.h"
#include "spec/observation.h"

namespace test {

/// Everything that can be observed.  Changes nothing.
spec::Observation observe(const kern::Kernel& kernel, arch::Machine& machine);

/// Of one thread; none when it does not exist.
std::optional<spec::ThreadView> observe(const kern::Kernel& kernel, arch::Machine& machine,
                                        kern::ThreadId id);

/// What the specification must be booted with to be the same system.
spec::Config configuration(const kern::Kernel& kernel, arch::Machine& machine, const kern::Limits& limits,
                           std::uint32_t sigma0_frames);

// Names and events from one side to the other.
constexpr spec::ThreadName name_of(kern::ThreadId id) {
    return {id.task.raw(), static_cast<std::uint16_t>(id.lthread)};
}
spec::Registers registers_of(const arch::Frame& frame);
spec::Event event_of(const kern::Event& event);

} // namespace test
