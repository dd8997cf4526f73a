/* SPDX-License-Identifier: GPL-2.0-only */
/* What the keeper leaves for a thread of the server that has done something wrong. */
#ifndef L4_OOPS_H
#define L4_OOPS_H
#include <asm/l4.h>

struct l4_oops_state {
    l4_utcb_state_t state;
    unsigned int thread; /* of the server */
    bool taken, nested;  /* an oops is under way; and has made another one */
};
extern struct l4_oops_state l4_oops_state;

void l4_oops_entry(void);
#endif
