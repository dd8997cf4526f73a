/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks every server for everything, and gets no more than it may have; all of them live on. */
#include "l4/abi/exception.h"
#include "l4/abi/sigma0.h"
#include "l4/con/con.h"
#include "l4/log/protocol.h"
#include "l4/names/names.h"
#include "l4/roottask/client.h"
#include "l4/roottask/find.h"
#include "l4/sys/message.h"
#include "l4/sys/thread.h"
#include "l4/sys/timeout.h"
#include "l4/thread/thread.h"
#include "l4env/examples/src/tap.h"

#define ROUNDS  20000u
#define NOTHING 0x30000000u /**< where we have no memory */
#define WINDOW  0x20000000u /**< where what we get is seen; it is of no interest */

static l4_word_t seed = 12345;

static l4_word_t random_word(void) {
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

/** Of a few requests with random low bits, or anything. */
static l4_word_t random_request(void) {
    static const l4_word_t known[] = {L4_SIGMA0_ANY_PAGE,    L4_SIGMA0_FPAGE_RAM, L4_SIGMA0_FPAGE_IOMEM,
                                      L4_SIGMA0_FPAGE_ANY,   L4_SIGMA0_KIP,       L4_SIGMA0_DEBUG_DUMP,
                                      L4_SIGMA0_KERNEL_INFO, L4_FP_IO_WHOLE,      L4_FP_IO_TAG,
                                      L4_ROOT_PING,          L4_ROOT_TASK_ALLOC,  L4_ROOT_TASK_FREE,
                                      L4_ROOT_IRQ_ALLOC,     L4_ROOT_IRQ_FREE,    L4_ROOT_FIND,
                                      L4_ROOT_MEMORY,        L4_LOG_TEXT + 1,     L4_NAMES_REGISTER,
                                      L4_NAMES_UNREGISTER,   L4_NAMES_QUERY,      L4_CON_WRITE};
    const l4_word_t r = random_word();
    if (r % 4 == 0) return random_word();
    return known[r / 4 % (sizeof known / sizeof known[0])] ^ (r % 4 == 1 ? 1u << (r >> 27) : 0);
}

/** Whether the message would say that we have a fault, which would be our end. */
static int is_fault(l4_threadid_t to, l4_word_t w0, l4_word_t w1) {
    const int fpage = w0 == L4_SIGMA0_FPAGE_RAM || w0 == L4_SIGMA0_FPAGE_IOMEM || w0 == L4_SIGMA0_FPAGE_ANY;
    const int high = w0 >= L4_USER_TOP && !l4_same_thread(to, l4_root_pager());
    return (w1 != 0 && !fpage && !high) || w0 == L4_EXC_COOKIE_0 || w0 == L4_ROOT_EXIT || w0 == L4_ROOT_KILL;
}

static void ask(l4_threadid_t to) {
    static char text[300];
    typedef L4_MESSAGE(4, 1) message_t;
    message_t message = L4_MESSAGE_INIT(4, 1, 2, 1);
    const l4_word_t w0 = random_request(), w1 = random_word() % 2 ? random_word() : 0,
                    kind = random_word() % 3;
    if (is_fault(to, w0, w1)) return;
    text[random_word() % sizeof text] = (char)(random_word() | 0x80);
    l4_string_to_send(&message.strings[0], text, random_word() % sizeof text);
    if (kind == 0) message.snd_dope = l4_msgdope(random_word() % 5, random_word() % 2);
    /* Some do not wait for their answer. */
    (void)l4_ipc(to, kind == 1 ? 0 : l4_snd_buffer(&message, 0), w0, w1,
                 random_word() % 16 == 0 ? L4_IPC_NO_RECV : l4_rcv_fpage(l4_fpage(WINDOW, 22, 0)),
                 l4_timeouts_us(2000, 2000));
}

static l4_word_t stack[512] __attribute__((aligned(16)));
static volatile l4_word_t strings_from[5], error_from[5], sent;

/** Sends strings out of memory that its pager, main, never gives; and messages, more than once, for a server
 * may wait otherwise after an error. */
static void send_nothing(void* argument) {
    const l4_threadid_t* const servers = argument;
    typedef L4_MESSAGE(2, 1) message_t;
    message_t message = L4_MESSAGE_INIT(2, 1, 2, 1);
    message.strings[0].snd_size = 16;
    message.strings[0].snd_addr = NOTHING;
    for (l4_word_t i = 2; i < 5; i++) {
        strings_from[i] =
            l4_ipc_error(l4_ipc(servers[i], l4_snd_buffer(&message, 0), 0, 0, 0, L4_TIMEOUT_NEVER));
        sent++;
    }
    for (l4_word_t i = 0; i < 15; i++) {
        error_from[i % 5] |=
            l4_ipc_error(l4_ipc(servers[i % 5], NOTHING, 0, 0, L4_IPC_NO_RECV, L4_TIMEOUT_NEVER));
        sent++;
    }
}

/** Servers must not wait for the pagers of their clients. */
static void try_to_stop(tap_t* tap, l4_threadid_t* servers) {
    (void)l4_thread_start_paged(send_nothing, servers, stack, sizeof stack, l4_myself());
    l4_ipc_sleep(l4_timeouts_us(L4_TIME_NEVER, 50000));
    tap_equal(tap, sent, 18, "no server waits for what never comes");
    for (l4_word_t i = 2; i < 5; i++)
        tap_equal(tap, strings_from[i], L4_IPC_SERCVPFTO, "a string's end is a timeout");
    for (l4_word_t i = 0; i < 5; i++)
        tap_equal(tap, error_from[i], L4_IPC_SERCVPFTO, "a message's end is a timeout");
}

int main(void) {
    tap_t tap = {0, 0};
    l4_word_t left = 1, value = 0;
    l4_threadid_t servers[] = {l4_threadid(L4_TASK_SIGMA0, 0), l4_root_pager(), l4_root_service(),
                               l4_root_find("log"), l4_root_find("names")};
    tap_check(&tap, servers[3].low != L4_INVALID_LOW && servers[4].low != L4_INVALID_LOW,
              "all servers are there");
    try_to_stop(&tap, servers);
    for (l4_word_t i = 0; i < ROUNDS; i++) ask(servers[i % 5]);
    tap_check(&tap, l4_root_ask(L4_ROOT_PING, 5, &value) == L4_ROOT_OK && value == ~5u,
              "the root task answers");
    tap_equal(&tap, l4_root_ask(L4_ROOT_MEMORY, 0, &left), L4_ROOT_OK, "and knows us");
    tap_check(&tap, left < 4u << 20, "we have no more memory than we may");
    tap_equal(&tap,
              l4_ipc_got_fpage(l4_ipc_call(servers[0], 0, L4_SIGMA0_ANY_PAGE, 0,
                                           l4_rcv_fpage(l4_fpage(WINDOW, 12, 0)), L4_TIMEOUT_NEVER)),
              0, "sigma0 answers and has nothing for us");
    tap_check(&tap, l4_ipc_error(l4_ipc_call_words(servers[3], 0, 0)) == L4_IPC_OK, "the log server answers");
    tap_check(&tap, l4_names_register("hostile") <= L4_NAMES_FULL, "the names server answers");
    return tap_done(&tap);
}
