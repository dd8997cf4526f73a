/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers that every program may rely on: sizes, fixed addresses, well-known tasks, and what kernel
 * objects cost.
 *
 * Source: Fiasco of 2007; the prices: drops. */
#pragma once

#include "l4/abi/types.h"

#define L4_TASKS            2048u
#define L4_THREADS_PER_TASK 128u
#define L4_PRIOS            256u
#define L4_IRQS             255u /**< the id field has room for lines 0..254 */

#define L4_PAGE_SHIFT      12u
#define L4_SUPERPAGE_SHIFT 22u

#define L4_USER_TOP       0xc0000000u /**< first address that no user has */
#define L4_KIP_ADDRESS    0xbfff2000u /**< the kernel info page, where boot code has mapped it */
#define L4_SYSCALL_PAGE   0xeacff000u /**< call stubs: + (vector - 0x30) * stride */
#define L4_SYSCALL_STRIDE 0x100u

/* Well-known tasks.  Numbers 0..4 can never be made by users. */
#define L4_TASK_KERNEL     0u
#define L4_TASK_SIGMA0     2u /**< chief: root */
#define L4_TASK_ROOT       4u /**< chief: kernel; chief of every task number above it at the start */
#define L4_TASK_FIRST_USER 5u

#define L4_PRIO_IDLE   0u
#define L4_PRIO_SIGMA0 16u
#define L4_MCP_SIGMA0  0u
#define L4_PRIO_ROOT   16u
#define L4_MCP_ROOT    255u

#define L4_SLICE_DEFAULT_US     10000u
#define L4_SCHED_GRANULARITY_US 1000u

/* Prices in frames of kernel memory (4 KiB each), charged to an account: the quota that task_new gave
 * to the task, or the account that it shares.  Slabs grow by a frame when they are full and shrink
 * only when the account dies. */
#define L4_KMEM_TASK              9u /**< object, directory (2), UTCB area (4), its table (2) */
#define L4_KMEM_TABLE             2u /**< table and shadow; for each 4 MiB with 4 KiB pages */
#define L4_KMEM_FANOUT            1u /**< for a 4 MiB page that is mapped on in smaller ones */
#define L4_KMEM_IO_BITMAP         2u /**< when a task gets its first port */
#define L4_KMEM_THREADS_PER_FRAME 3u
#define L4_KMEM_NODES_PER_FRAME   127u /**< mapping nodes */
