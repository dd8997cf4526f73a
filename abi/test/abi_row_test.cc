// SPDX-License-Identifier: BSD-2-Clause
#include "abi/test/abi_row.h"

#include <gtest/gtest.h>

namespace {

TEST(AbiRow, IsAStatementAndRecordsItsId) {
    ABI_ROW(ipc_send_nil_partner);
    const auto& result = *::testing::UnitTest::GetInstance()->current_test_info()->result();
    ASSERT_EQ(result.test_property_count(), 1);
    EXPECT_STREQ(result.GetTestProperty(0).key(), "abi_row_ipc_send_nil_partner");
    EXPECT_STREQ(result.GetTestProperty(0).value(), "ipc_send_nil_partner");
}

} // namespace
