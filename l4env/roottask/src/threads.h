// SPDX-License-Identifier: BSD-2-Clause
#pragma once

namespace l4env::root {

/// The root task's other threads: the service, which passes requests on to thread 0, so that there is one
/// after the other; and one for each interrupt line.
void start_threads();

} // namespace l4env::root
