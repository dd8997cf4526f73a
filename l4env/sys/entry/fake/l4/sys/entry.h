/* SPDX-License-Identifier: BSD-2-Clause */
/* Into a test: the same entries, defined by the test that runs on a host. */
#pragma once

#include "l4/sys/registers.h"

#ifdef __cplusplus
extern "C" {
#endif

l4_registers_t l4_enter_ipc(l4_registers_t r);
l4_registers_t l4_enter_id_nearest(l4_registers_t r);
l4_registers_t l4_enter_fpage_unmap(l4_registers_t r);
l4_registers_t l4_enter_thread_switch(l4_registers_t r);
l4_registers_t l4_enter_thread_schedule(l4_registers_t r);
l4_registers_t l4_enter_lthread_ex_regs(l4_registers_t r);
l4_registers_t l4_enter_task_new(l4_registers_t r);

l4_word_t l4_enter_utcb(void);
l4_word_t l4_enter_kip(void);
void l4_enter_kd_outchar(char c);
void l4_enter_kd_outnstring(const char* text, l4_word_t length);
void l4_enter_kd_outhex32(l4_word_t value);
l4_word_t l4_enter_kd_inchar(void);

#ifdef __cplusplus
}
#endif
