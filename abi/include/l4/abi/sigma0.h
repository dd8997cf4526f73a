/* SPDX-License-Identifier: BSD-2-Clause */
/* The protocol of sigma0, the first pager: w0 and w1 of a register message.  The reply is a flexpage,
 * or two zero words when there is none.  Page-fault messages ask for the page that they name.
 *
 * Source: L4 Reference Manual V2, sigma0 protocol; the newer requests as in Fiasco of 2006 and later. */
#pragma once

#include "l4/abi/types.h"

/* Classic requests. */
#define L4_SIGMA0_ANY_PAGE       0xfffffffcu /**< w1 = 0: any free page, writable */
#define L4_SIGMA0_SUPERPAGE      0x00000001u /**< or'ed to an address in w0, with w1 as below */
#define L4_SIGMA0_SUPERPAGE_W1   0x00000058u /**< 22 << 2: 4 MiB if free, else 4 KiB */
#define L4_SIGMA0_KERNEL_INFO    0x00000001u /**< w0 of the three below */
#define L4_SIGMA0_W1_RECOMMENDED 0x00000000u /**< kernel task only: memory for the kernel */
#define L4_SIGMA0_W1_KIP         0x00000001u /**< the kernel info page, read-only */
#define L4_SIGMA0_W1_TBUF        0x000000ffu /**< trace buffer */

#define L4_SIGMA0_RAM_LIMIT      0x40000000u /**< w0 below: that page of RAM, idempotently */
#define L4_SIGMA0_ADAPTER_LIMIT  0xc0000000u /**< w0 below: 4 MiB of device memory, uncached */
#define L4_SIGMA0_ADAPTER_OFFSET 0x40000000u /**< its physical address is w0 plus this */

/* Newer requests, w0 = L4_SIGMA0_REQUEST + number. */
#define L4_SIGMA0_REQUEST            0xffffff00u
#define L4_SIGMA0_REQUEST_MASK       0xffffff00u
#define L4_SIGMA0_FPAGE_RAM          0xffffff60u /**< w1: the flexpage wanted */
#define L4_SIGMA0_FPAGE_IOMEM        0xffffff70u /**< uncached */
#define L4_SIGMA0_FPAGE_IOMEM_CACHED 0xffffff80u
#define L4_SIGMA0_FPAGE_ANY          0xffffff90u /**< w1: a flexpage that gives the size */
#define L4_SIGMA0_KIP                0xffffffa0u
#define L4_SIGMA0_TBUF               0xffffffb0u
#define L4_SIGMA0_DEBUG_DUMP         0xffffffc0u
