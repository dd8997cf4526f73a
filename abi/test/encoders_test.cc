// SPDX-License-Identifier: BSD-2-Clause
// The few functions of the headers, against words that were computed by hand from the layouts.
#include <gtest/gtest.h>

#include "l4/abi/exception.h"
#include "l4/abi/fpage.h"
#include "l4/abi/ipc.h"
#include "l4/abi/thread.h"
#include "l4/abi/types.h"

namespace {

TEST(Encoders, ThreadIds) {
    constexpr l4_threadid_t sigma0 = l4_threadid(2, 0);
    static_assert(sigma0.low == 0x00040000 && sigma0.high == 0);
    static_assert(l4_threadid(4, 0).low == 0x00080000);
    static_assert(l4_threadid(2047, 127).low == 0x0fffffff - 0x3ff);
    EXPECT_EQ(l4_id_task(l4_threadid(2047, 127)), 2047u);
    EXPECT_EQ(l4_id_lthread(l4_threadid(2047, 127)), 127u);
    constexpr l4_threadid_t reported = {0, (5u << 17) | (3u << 28)};
    EXPECT_EQ(l4_id_chief(reported), 5u);
    EXPECT_EQ(l4_id_nest(reported), 3u);
    EXPECT_EQ(l4_nil_id().low, 0u);
    EXPECT_EQ(l4_invalid_id().low, 0xffffffffu);
    EXPECT_EQ(l4_irq_id(0).low, 1u);
    EXPECT_EQ(l4_irq_id(7).high, 0u);
}

TEST(Encoders, Messages) {
    EXPECT_EQ(l4_msgdope(2, 0), 0x4000u);
    EXPECT_EQ(l4_msgdope(7, 31), 0xff00u);
    EXPECT_EQ(l4_msgdope_error(0x40e2), L4_IPC_REMSGCUT);
    EXPECT_EQ(l4_timeout(0, 1, 0, 1), L4_TIMEOUT_ZERO);
    EXPECT_EQ(l4_timeout(0x12, 3, 0x45, 6), 0x45120036u);
    EXPECT_EQ(l4_timeout_pf(15, 7), 0xf700u);
}

TEST(Encoders, Flexpages) {
    EXPECT_EQ(l4_fpage(0x400000, 22, L4_FP_WRITE | L4_FP_GRANT), 0x40005bu);
    EXPECT_EQ(l4_fpage(0, L4_FP_WHOLE_SIZE, 0), L4_FP_WHOLE_SPACE);
    EXPECT_EQ(l4_io_fpage(0x3f8, 3, 0), 0xf03f800cu);
    EXPECT_EQ(l4_io_fpage(0, L4_FP_IO_SIZE_MAX, 0), L4_FP_IO_WHOLE);
    EXPECT_EQ(l4_fpage_size(L4_FP_WHOLE_SPACE), 32u);
    EXPECT_TRUE(l4_fpage_is_io(l4_io_fpage(0xffff, 0, 0)));
    EXPECT_FALSE(l4_fpage_is_io(l4_fpage(0xbffff000, 12, 0)));
    EXPECT_EQ(l4_unmap_in_task(2047), 0x7ff00u);
}

TEST(Encoders, Threads) {
    EXPECT_EQ(l4_sched_param(16, 156, 12), 0x9cc00010u);
    EXPECT_EQ(l4_ex_regs_target(5, 3), 0x283u);
    EXPECT_EQ(l4_task_new_create(255, 100), 0x64ffu);
    EXPECT_EQ(l4_exc_err_int(0x80), L4_EXC_ERR_INT80);
}

} // namespace
