/* SPDX-License-Identifier: BSD-2-Clause */
/* assert(), on in every build. */
#pragma once

#include "l4/c/name.h"

L4C_BEGIN
/** Prints where and what, and ends the task. */
L4C_NORETURN void l4c_assert_failed(const char* what, const char* file, int line);
L4C_END

#undef assert
#define assert(condition) ((condition) ? (void)0 : l4c_assert_failed(#condition, __FILE__, __LINE__))
#ifndef __cplusplus
#undef static_assert
#define static_assert _Static_assert
#endif
