// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/sys/test/fake_kernel.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "l4/abi/ipc.h"
#include "l4/sys/entry.h"

namespace l4env {
namespace {

FakeKernel::Answer& current() {
    static FakeKernel::Answer answer;
    return answer;
}

l4_registers_t enter(unsigned vector, l4_registers_t in) {
    if (!current()) std::abort(); // a system call without a kernel
    return current()(vector, in);
}

} // namespace

FakeKernel::FakeKernel(Answer answer) { current() = std::move(answer); }
FakeKernel::~FakeKernel() { current() = nullptr; }

extern "C" {
l4_registers_t l4_enter_ipc(l4_registers_t r) { return enter(L4_VEC_IPC, r); }
l4_registers_t l4_enter_id_nearest(l4_registers_t r) { return enter(L4_VEC_ID_NEAREST, r); }
l4_registers_t l4_enter_fpage_unmap(l4_registers_t r) { return enter(L4_VEC_FPAGE_UNMAP, r); }
l4_registers_t l4_enter_thread_switch(l4_registers_t r) { return enter(L4_VEC_THREAD_SWITCH, r); }
l4_registers_t l4_enter_thread_schedule(l4_registers_t r) { return enter(L4_VEC_THREAD_SCHEDULE, r); }
l4_registers_t l4_enter_lthread_ex_regs(l4_registers_t r) { return enter(L4_VEC_LTHREAD_EX_REGS, r); }
l4_registers_t l4_enter_task_new(l4_registers_t r) { return enter(L4_VEC_TASK_NEW, r); }
void l4_enter_kd_outchar(char c) { std::fputc(c, stderr); }
void l4_enter_kd_outnstring(const char* text, l4_word_t length) { std::fwrite(text, 1, length, stderr); }
void l4_enter_kd_outhex32(l4_word_t value) { std::fprintf(stderr, "%08x", value); }
}

} // namespace l4env
