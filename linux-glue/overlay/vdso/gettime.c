// SPDX-License-Identifier: GPL-2.0-only
// clock_gettime and the like, without a kernel entry: the time stamp counter, and the server's data page.
#define BUILD_VDSO32
#include "../../x86/entry/vdso/vclock_gettime.c"
