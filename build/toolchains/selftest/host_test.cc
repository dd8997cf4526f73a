// SPDX-License-Identifier: BSD-2-Clause
#include <gtest/gtest.h>

TEST(Toolchain, SpeaksCxx20) { EXPECT_GE(__cplusplus, 202002L); }
