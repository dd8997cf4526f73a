/* SPDX-License-Identifier: BSD-2-Clause */
/* The standard name of l4/c/stdio.h. */
#pragma once

#include "l4/c/stdio.h"
