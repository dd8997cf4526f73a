// SPDX-License-Identifier: BSD-2-Clause
// A manual test, for //abi:row_sources_test.
#include "abi/test/abi_row.h"

namespace {

TEST(AbiRow, OfAManualTest) { ABI_ROW(ipc_send_nil_partner); }

} // namespace
