/* SPDX-License-Identifier: GPL-2.0-only */
/* For drops's headers. */
#ifndef _L4STD_STDINT_H
#define _L4STD_STDINT_H
#include <linux/limits.h>
#include <linux/types.h>
#ifndef UINT64_MAX
#define UINT64_MAX (~0ULL)
#endif
#endif
