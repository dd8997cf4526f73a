/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of <stdlib.h> that is here. */
#pragma once

#include "l4/c/name.h"

L4C_BEGIN
/** As C11; what does not fit is ULONG_MAX, without errno. */
unsigned long L4C(strtoul)(const char* s, char** end, int base);
#ifndef L4C_PREFIX
/** Ends the task; the root task is told the code. */
L4C_NORETURN void exit(int code);
L4C_NORETURN void abort(void);
#endif
L4C_END
