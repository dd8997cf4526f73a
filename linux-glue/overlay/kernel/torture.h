/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <linux/types.h>

bool l4_torture_on(void);

/* For the timer thread, when it is on: how long to sleep at most, in microseconds, and what to do then. */
unsigned int l4_torture_pause(void);
void l4_torture(void);
