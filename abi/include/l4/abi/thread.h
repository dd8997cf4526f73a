/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads and tasks: id_nearest, thread_switch, thread_schedule, lthread_ex_regs, task_new.
 *
 * Source: L4 Reference Manual V2, the calls of these names; task and flag bits of lthread_ex_regs: thesis
 * 4.1.1 and Fiasco of 2005 to 2007; the quota of task_new: drops. */
#pragma once

#include "l4/abi/types.h"

/* id_nearest: EAX out, where ESI:EDI stands relative to the caller. */
#define L4_NC_SAME_CLAN  0x00u
#define L4_NC_OUTER_CLAN 0x04u
#define L4_NC_INNER_CLAN 0x0cu

/* thread_switch: EAX in is a time-slice id and must be 0; EAX out is 0 or the error.  EDX:ECX out: what
 * is left of the caller's time slice in us (EDX is the high word), all ones when it is infinite. */
#define L4_SWITCH_ERROR L4_WORD_NONE

/* thread_schedule: EAX in and out.  -1 in = only ask, -1 out = refused. */
#define L4_SCHED_QUERY          L4_WORD_NONE
#define L4_SCHED_ERROR          L4_WORD_NONE
#define L4_SCHED_PRIO_SHIFT     0u
#define L4_SCHED_PRIO_MASK      0x000000ffu
#define L4_SCHED_SMALL_SHIFT    8u
#define L4_SCHED_SMALL_MASK     0x0000ff00u /**< small space or real-time slice; ignored, 0 out */
#define L4_SCHED_MODE_SHIFT     16u
#define L4_SCHED_MODE_MASK      0x000f0000u /**< in: L4_SCHED_MODE_* */
#define L4_SCHED_STATE_SHIFT    16u
#define L4_SCHED_STATE_MASK     0x000f0000u /**< out: L4_STATE_* */
#define L4_SCHED_TIME_EXP_SHIFT 20u
#define L4_SCHED_TIME_EXP_MASK  0x00f00000u /**< 0 = infinite */
#define L4_SCHED_TIME_MAN_SHIFT 24u
#define L4_SCHED_TIME_MAN_MASK  0xff000000u /**< time slice = man * 4^(15-exp) us */

/* thread_schedule: modes.  All but NORMAL belong to real-time extensions. */
#define L4_SCHED_MODE_NORMAL       0u
#define L4_SCHED_MODE_ADD_SLICE    1u
#define L4_SCHED_MODE_DROP_SLICES  2u
#define L4_SCHED_MODE_PERIOD       3u
#define L4_SCHED_MODE_BEGIN_STRICT 4u
#define L4_SCHED_MODE_BEGIN_LOOSE  5u
#define L4_SCHED_MODE_END_PERIODIC 6u
#define L4_SCHED_MODE_CHANGE_SLICE 7u

/* thread_schedule: states. */
#define L4_STATE_RUNNING      0x0u /**< running or ready */
#define L4_STATE_SENDING      0x4u /**< sender in a transfer that has begun */
#define L4_STATE_RECEIVING    0x8u /**< receiver in a transfer that has begun */
#define L4_STATE_WAITING      0xcu /**< waits to receive, sleeps, waits for an interrupt */
#define L4_STATE_PENDING_SEND 0xdu /**< waits for its receiver */
#define L4_STATE_STOPPED      0xeu /**< by lthread_ex_regs; drops only */
#define L4_STATE_DEAD         0xfu /**< exists, never started or killed by a fault */

#define L4_SCHED_TIME_BITS 48u /**< EDX:ECX out: consumed CPU time in us; EDX is the high word */

/* lthread_ex_regs: EAX in. */
#define L4_EX_REGS_LTHREAD_SHIFT 0u
#define L4_EX_REGS_LTHREAD_MASK  0x0000007fu
#define L4_EX_REGS_TASK_SHIFT    7u
#define L4_EX_REGS_TASK_MASK     0x0003ff80u /**< 0 = the caller's task (thesis 4.1.1) */
/* Of drops: bits that older callers leave 0 (thesis 3.3.3, docs/semantics.md 14). */
#define L4_EX_REGS_FPU_GET         0x00040000u /**< my FPU registers := the target's */
#define L4_EX_REGS_FPU_SET         0x00080000u /**< the target's := mine, before FPU_GET */
#define L4_EX_REGS_FPU_RESET       0x00100000u /**< the target's := a new thread's */
#define L4_EX_REGS_TLS             0x00200000u /**< the target's TLS descriptors := those in my UTCB */
#define L4_EX_REGS_STOP            0x01000000u /**< the target runs no more until it is restarted */
#define L4_EX_REGS_STATE_GET       0x02000000u /**< the target's state words into my UTCB */
#define L4_EX_REGS_STATE_SET       0x04000000u /**< state words of my UTCB into the target; restarts it */
#define L4_EX_REGS_UTCB_ARGS       0x08000000u /**< further arguments in the UTCB; ignored */
#define L4_EX_REGS_RAISE_EXCEPTION 0x10000000u /**< exception message before the next return to user */
#define L4_EX_REGS_ALIEN           0x20000000u /**< L4 system calls become exception messages */
#define L4_EX_REGS_NO_CANCEL       0x40000000u /**< let a running IPC end first */
#define L4_EX_REGS_VM86            0x80000000u /**< reserved */
/** EAX, ECX, EDX in: keep this register.  EAX out: refused. */
#define L4_EX_REGS_KEEP  L4_WORD_NONE
#define L4_EX_REGS_ERROR L4_WORD_NONE

/* task_new: EAX in when EBX:EBP names a pager (create). */
#define L4_TASK_NEW_MCP_SHIFT 0u
#define L4_TASK_NEW_MCP_MASK  0x000000ffu
/** Frames of 4 KiB of kernel memory set aside for the new task out of the caller's account;
 *  0 = the task shares the account of its creator.  An addition of drops: older callers leave 0. */
#define L4_TASK_NEW_QUOTA_SHIFT     8u
#define L4_TASK_NEW_QUOTA_MASK      0x1fffff00u
#define L4_TASK_NEW_UTCB_ARGS       0x20000000u /**< ignored */
#define L4_TASK_NEW_RAISE_EXCEPTION 0x40000000u /**< thread 0 begins with an exception message */
#define L4_TASK_NEW_ALIEN           0x80000000u /**< thread 0 starts alien */

/* task_new: EAX out when ESI:EDI is nil (failure).  After success EAX is the number of frames set
 * aside (0 = shared account).  ECX out, both: frames still free in the caller's account. */
#define L4_TASK_NEW_EPERM  1u /**< not the chief, or task number 0..4 */
#define L4_TASK_NEW_ENOMEM 2u /**< the account cannot pay */
#define L4_TASK_NEW_EINVAL 3u /**< chiefs nested too deep, or a new chief that cannot be one */

L4_ABI_INLINE l4_word_t l4_sched_param(l4_word_t prio, l4_word_t time_man, l4_word_t time_exp) {
    return (prio & L4_SCHED_PRIO_MASK) | ((time_exp << L4_SCHED_TIME_EXP_SHIFT) & L4_SCHED_TIME_EXP_MASK) |
           ((time_man << L4_SCHED_TIME_MAN_SHIFT) & L4_SCHED_TIME_MAN_MASK);
}

L4_ABI_INLINE l4_word_t l4_ex_regs_target(l4_word_t task, l4_word_t lthread) {
    return ((task << L4_EX_REGS_TASK_SHIFT) & L4_EX_REGS_TASK_MASK) | (lthread & L4_EX_REGS_LTHREAD_MASK);
}

L4_ABI_INLINE l4_word_t l4_task_new_create(l4_word_t mcp, l4_word_t quota_frames) {
    return (mcp & L4_TASK_NEW_MCP_MASK) |
           ((quota_frames << L4_TASK_NEW_QUOTA_SHIFT) & L4_TASK_NEW_QUOTA_MASK);
}
