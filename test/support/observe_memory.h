// SPDX-License-Identifier: BSD-2-Clause
// The memory half of observe(): read from the page tables and bitmaps that the machine walks, and from the
// mapping database.
#pragma once
#include "arch/machine.h"
#include "kern/kernel.h"
#include "spec/observation.h"

namespace test {

spec::AccountView observe_account(const kern::Account& account);
/// Of all tasks in `o`.
void observe_mappings(const kern::Kernel& kernel, arch::Machine& machine, spec::Observation& o);
void observe_ports(const kern::Kernel& kernel, arch::Machine& machine, const kern::Task& task,
                   spec::TaskView& view);

} // namespace test
