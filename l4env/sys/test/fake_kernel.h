// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <functional>

#include "l4/sys/registers.h"

namespace l4env {

/// What system calls meet in a test on a host: a function of the vector and the registers.
struct FakeKernel {
    using Answer = std::function<l4_registers_t(unsigned vector, l4_registers_t in)>;
    /// Every system call of this process from now on.
    explicit FakeKernel(Answer answer);
    ~FakeKernel();
    FakeKernel(const FakeKernel&) = delete;
    FakeKernel& operator=(const FakeKernel&) = delete;
};

} // namespace l4env
