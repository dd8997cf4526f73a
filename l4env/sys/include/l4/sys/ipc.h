/* SPDX-License-Identifier: BSD-2-Clause */
/* The ipc system call. A descriptor is what ipc_desc.h makes, or 0: registers only. */
#pragma once

#include "l4/abi/ipc.h"
#include "l4/sys/entry.h"
#include "l4/sys/ipc_desc.h"

/** What an ipc leaves. Without a receive phase, or after an error but "cut", only `dope` says something. */
typedef struct l4_ipc_result {
    l4_word_t dope, w0, w1;
    l4_threadid_t from;
} l4_ipc_result_t;

/** L4_IPC_OK, or the error. */
static inline l4_word_t l4_ipc_error(l4_ipc_result_t r) { return l4_msgdope_error(r.dope); }

/** A cut message arrived, too. */
static inline int l4_ipc_arrived(l4_ipc_result_t r) {
    const l4_word_t error = l4_ipc_error(r);
    return error == L4_IPC_OK || error == L4_IPC_REMSGCUT;
}

static inline int l4_ipc_got_fpage(l4_ipc_result_t r) { return (r.dope & L4_MSGDOPE_FPAGE_RECEIVED) != 0; }

static inline l4_word_t l4_ipc_dwords(l4_ipc_result_t r) { return r.dope >> L4_MSGDOPE_DWORDS_SHIFT; }

static inline l4_word_t l4_ipc_strings(l4_ipc_result_t r) {
    return (r.dope & L4_MSGDOPE_STRINGS_MASK) >> L4_MSGDOPE_STRINGS_SHIFT;
}

/** The call itself; all others are made of it. `flags`: L4_IPC_ABS_*, which make timeouts absolute
 * (timeout.h).
 *
 *  The kernel takes the flags from the partner's chief field, where an id that it has reported has the number
 *  of a task: what is there is not passed on, or a finite timeout would be something else for some partners.
 */
static inline l4_ipc_result_t l4_ipc_flagged(l4_threadid_t partner, l4_word_t flags, l4_word_t snd,
                                             l4_word_t w0, l4_word_t w1, l4_word_t rcv, l4_word_t timeouts) {
    l4_registers_t r = {
        snd, timeouts, w0, w1, rcv, partner.low, (partner.high & ~L4_IPC_ID_FLAGS_MASK) | flags};
    r = l4_enter_ipc(r);
    {
        const l4_ipc_result_t result = {r.eax, r.edx, r.ebx, {r.esi, r.edi}};
        return result;
    }
}

/** With relative timeouts. */
static inline l4_ipc_result_t l4_ipc(l4_threadid_t partner, l4_word_t snd, l4_word_t w0, l4_word_t w1,
                                     l4_word_t rcv, l4_word_t timeouts) {
    return l4_ipc_flagged(partner, 0, snd, w0, w1, rcv, timeouts);
}

static inline l4_ipc_result_t l4_ipc_send(l4_threadid_t to, l4_word_t snd, l4_word_t w0, l4_word_t w1,
                                          l4_word_t timeouts) {
    return l4_ipc(to, snd, w0, w1, L4_IPC_NO_RECV, timeouts);
}

/** What a server waits with: for ever for its clients, but for none of them that is not ready for its answer,
 * nor for the pager of one whose message is not there. */
#define L4_TIMEOUT_SERVER (L4_TIMEOUT_SND_ZERO | l4_timeout_pf(L4_TIMEOUT_PF_ZERO, L4_TIMEOUT_PF_ZERO))

/** From `from` only; from an interrupt too. */
static inline l4_ipc_result_t l4_ipc_receive(l4_threadid_t from, l4_word_t rcv, l4_word_t timeouts) {
    return l4_ipc(from, L4_IPC_NO_SEND, 0, 0, rcv, timeouts);
}

/** From anybody. */
static inline l4_ipc_result_t l4_ipc_wait(l4_word_t rcv, l4_word_t timeouts) {
    return l4_ipc(l4_nil_id(), L4_IPC_NO_SEND, 0, 0, rcv | L4_RCV_OPEN, timeouts);
}

/** Sends and receives the answer of the same thread, with nothing in between. */
static inline l4_ipc_result_t l4_ipc_call(l4_threadid_t to, l4_word_t snd, l4_word_t w0, l4_word_t w1,
                                          l4_word_t rcv, l4_word_t timeouts) {
    return l4_ipc(to, snd, w0, w1, rcv, timeouts);
}

/** Sends and receives from anybody, with nothing in between, as a server does (L4_TIMEOUT_SERVER). A client
 * that is not ready for its answer gets none, and the result is an error of the send phase without a receive
 * phase. */
static inline l4_ipc_result_t l4_ipc_reply_and_wait(l4_threadid_t to, l4_word_t snd, l4_word_t w0,
                                                    l4_word_t w1, l4_word_t rcv) {
    return l4_ipc(to, snd, w0, w1, rcv | L4_RCV_OPEN, L4_TIMEOUT_SERVER);
}

/** Two words each way, for ever. */
static inline l4_ipc_result_t l4_ipc_call_words(l4_threadid_t to, l4_word_t w0, l4_word_t w1) {
    return l4_ipc_call(to, 0, w0, w1, 0, L4_TIMEOUT_NEVER);
}

/** For as long as the receive part of `timeouts` says. */
static inline void l4_ipc_sleep(l4_word_t timeouts) { (void)l4_ipc_receive(l4_nil_id(), 0, timeouts); }

/** The caller gets the interrupts of `line`: 0, or an error. */
static inline l4_word_t l4_irq_attach(l4_word_t line) {
    const l4_word_t error = l4_ipc_error(l4_ipc_receive(l4_irq_id(line), 0, L4_TIMEOUT_RCV_ZERO));
    return error == L4_IPC_RETIMEOUT ? L4_IPC_OK : error;
}

/** The caller's interrupts are anybody's again. */
static inline void l4_irq_detach(void) { (void)l4_ipc_receive(l4_nil_id(), 0, L4_TIMEOUT_RCV_ZERO); }

/** The next interrupt of an attached line. */
static inline l4_word_t l4_irq_wait(l4_word_t line, l4_word_t timeouts) {
    return l4_ipc_error(l4_ipc_receive(l4_irq_id(line), 0, timeouts));
}
