/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests: is what a task has mapped what the page tables of its mm allow? (`l4_check`) */
#ifndef L4_CHECK_H
#define L4_CHECK_H
#include <asm/l4.h>
#include <linux/mm_types.h>

extern bool l4_check_on;

/* All below only when it is on. The task is given pages: pairs of an address and a flexpage. */
void l4_check_given(struct mm_struct* mm, const l4_word_t* pairs, unsigned int count);

/* The task loses the frames of a flexpage by a call that is to be made now; false: not to be made. */
bool l4_check_taken(unsigned int task, l4_word_t frames);

/* The task is gone. */
void l4_check_gone(unsigned int task);

/* Nothing is to be taken from the task: panics if it has what it may not have. */
void l4_check(struct mm_struct* mm);
#endif
