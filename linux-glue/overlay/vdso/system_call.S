/* SPDX-License-Identifier: GPL-2.0-only */
/* __kernel_vsyscall: int 0x80, since nobody applies the alternative. */
#include "../../x86/entry/vdso/vdso32/system_call.S"
