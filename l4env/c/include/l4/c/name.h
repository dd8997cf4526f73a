/* SPDX-License-Identifier: BSD-2-Clause */
/* The names of C: plain on drops, with a prefix in a program that has a C library already. */
#pragma once

#ifdef L4C_PREFIX
#define L4C(name) l4c_##name
#else
#define L4C(name) name
#endif

#ifdef __cplusplus
#define L4C_BEGIN    extern "C" {
#define L4C_END      }
#define L4C_NORETURN [[noreturn]]
#else
#define L4C_BEGIN
#define L4C_END
#define L4C_NORETURN _Noreturn
#endif
