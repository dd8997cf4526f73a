// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <gtest/gtest.h>

#include "l4/abi/rows.h"

/// Says, as a statement in a test's body, which row of the ABI table the test shows.  A misspelt id does not
/// compile; //abi:rows_covered_test lists the rows that no test names; the test's XML report has them too.
#define ABI_ROW(row) ::testing::Test::RecordProperty("abi_row_" #row, ::l4rows::row.id)
