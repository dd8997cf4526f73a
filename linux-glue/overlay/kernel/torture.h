/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <linux/types.h>

bool l4_torture_on(void);

/* For the timer thread, when it is on: sleeps for a moment, or until somebody wakes it, and strikes. */
void l4_torture(void);
