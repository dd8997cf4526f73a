/* SPDX-License-Identifier: BSD-2-Clause */
/* What a system call takes and leaves: the general registers but ESP. */
#pragma once

#include "l4/abi/types.h"

typedef struct l4_registers {
    l4_word_t eax, ecx, edx, ebx, ebp, esi, edi;
} l4_registers_t;
