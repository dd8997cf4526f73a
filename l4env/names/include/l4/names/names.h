/* SPDX-License-Identifier: BSD-2-Clause */
/* The names server, the boot module "names": thread ids by name, for all tasks. */
#pragma once

#include "l4/abi/types.h"
#include "l4/c/name.h"

#define L4_NAMES_MAX 32u /**< bytes of a name */

/* Protocol: w0, with the name as string; the answer is a status and, for QUERY, the id's low word. */
#define L4_NAMES_REGISTER   0x4e000001u /**< w1: lthread of the caller's task that the name is for */
#define L4_NAMES_UNREGISTER 0x4e000002u
#define L4_NAMES_QUERY      0x4e000003u

/* Status. */
#define L4_NAMES_OK     0u
#define L4_NAMES_TAKEN  1u /**< another task's */
#define L4_NAMES_NONE   2u /**< nobody's; there is no names server */
#define L4_NAMES_FULL   3u
#define L4_NAMES_EINVAL 4u

L4C_BEGIN
/** The calling thread has this name from now on. A name of a task that is no more is free. */
l4_word_t l4_names_register(const char* name);
l4_word_t l4_names_unregister(const char* name);
/** Invalid: nobody has it. */
l4_threadid_t l4_names_query(const char* name);
/** Asks until somebody has it, each 10 ms, at most `tries` times. */
l4_threadid_t l4_names_wait(const char* name, l4_word_t tries);
L4C_END
