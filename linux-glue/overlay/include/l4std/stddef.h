/* SPDX-License-Identifier: GPL-2.0-only */
/* For drops's headers. */
#ifndef _L4STD_STDDEF_H
#define _L4STD_STDDEF_H
#include <linux/stddef.h>
#include <linux/types.h>
#endif
