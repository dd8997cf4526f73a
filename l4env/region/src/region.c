/* SPDX-License-Identifier: BSD-2-Clause */
#include "l4/region/region.h"

#include "l4/abi/exception.h"
#include "l4/abi/utcb.h"
#include "l4/c/stdio.h"
#include "l4/c/stdlib.h"
#include "l4/roottask/client.h"
#include "l4/sys/ipc.h"
#include "l4/sys/space.h"
#include "l4/sys/thread.h"
#include "l4env/region/src/table.h"

static l4_word_t stack[1024] __attribute__((aligned(16)));
static l4_threadid_t server;
static struct l4_region_table table;

/* Requests of our own threads: w0 one of these, w1 the argument. No fault at an address that high says that a
 * page is there (bit 0). */
#define ATTACH (0xd0000000u | L4_PF_PRESENT)
#define DETACH (0xd0000004u | L4_PF_PRESENT)

/** What w1 of ATTACH points to. */
struct attach {
    struct l4_region region;
    l4_word_t where;
};

static l4_word_t detach(l4_word_t address) {
    struct l4_region* const r = l4_region_find(&table, address);
    if (!r || !r->page) return L4_REGION_NONE;
    for (l4_word_t at = r->first; at < r->end;) {
        const l4_word_t log2 = l4_block_log2(at, r->end - at, L4_SUPERPAGE_SHIFT);
        (void)l4_fpage_unmap(l4_fpage(at, log2, 0), L4_FP_FLUSH | L4_FP_ALL_SPACES);
        at += 1u << log2;
    }
    l4_region_remove(&table, r);
    return L4_REGION_OK;
}

/** A thread of ours has nothing at an address, or may not write there. */
static int serve_fault(l4_word_t fault, l4_word_t eip) {
    const l4_word_t address = l4_page_floor(fault);
    const struct l4_region* const r = l4_region_find(&table, address);
    if (r && r->page)
        return (!(fault & L4_PF_WRITE) || (r->flags & L4_REGION_WRITE)) &&
               r->page(r->object, address - r->first, address, r->flags);
    /* What reads there must not look like a request to the root task. */
    if (fault >= L4_USER_TOP && !l4_fpage_is_io(fault)) return 0;
    /* The program itself: the root task gives it to us, at its place, as if it were our fault. If it is none
     * of the program either, the root task ends the task. */
    return l4_ipc_got_fpage(l4_ipc_call(l4_root_pager(), 0, fault, eip, l4_rcv_anywhere(), L4_TIMEOUT_NEVER));
}

static void serve(void* argument) {
    const l4_word_t task = l4_id_task(l4_myself());
    l4_ipc_result_t m = l4_ipc_wait(0, L4_TIMEOUT_SERVER);
    (void)argument;
    for (;;) {
        l4_word_t answer = L4_REGION_EINVAL;
        while (l4_ipc_error(m) != L4_IPC_OK || l4_id_task(m.from) != task)
            m = l4_ipc_wait(0, L4_TIMEOUT_SERVER);
        if (m.w0 == ATTACH) {
            struct attach* const a = (struct attach*)(uintptr_t)m.w1;
            answer = l4_region_add(&table, a->region, &a->where);
        } else if (m.w0 == DETACH) {
            answer = detach(m.w1);
        } else if (!serve_fault(m.w0, m.w1)) {
            printf("region: no page for %#x at %#x\n", (unsigned)(m.w0 & L4_PF_ADDR_MASK), (unsigned)m.w1);
            abort();
        }
        m = l4_ipc_reply_and_wait(m.from, 0, answer, 0, 0);
    }
}

/** Nothing can be attached there. */
static void reserve(l4_word_t first, l4_word_t end) {
    const struct l4_region region = {l4_page_floor(first), l4_page_ceil(end), 0, 0, 0};
    l4_word_t where;
    (void)l4_region_add(&table, region, &where);
}

/* Of the linker. */
extern const char __executable_start[], _end[]; // NOLINT(bugprone-reserved-identifier)

static void reserve_program(void) {
    reserve((l4_word_t)(uintptr_t)__executable_start, (l4_word_t)(uintptr_t)_end);
    reserve(L4_ROOT_STACKS_AT, L4_ROOT_STACK_END);
    reserve(L4_ROOT_DATA_AT, L4_ROOT_DATA_AT + l4_root_data());
    reserve(L4_UTCB_AREA, L4_USER_TOP);
}

int l4_region_start(void) {
    reserve_program();
    const l4_word_t lthread = l4_thread_start(serve, 0, stack, sizeof stack);
    server = l4_threadid(l4_id_task(l4_myself()), lthread);
    return lthread != L4_THREAD_NONE;
}

l4_word_t l4_region_attach(l4_word_t* address, l4_word_t size, l4_word_t flags, l4_region_page_t* page,
                           void* object) {
    struct attach a = {{*address, *address + size, flags, page, object}, 0};
    if (!page) return L4_REGION_EINVAL;
    const l4_word_t status = l4_ipc_call_words(server, ATTACH, (l4_word_t)(uintptr_t)&a).w0;
    if (status == L4_REGION_OK) *address = a.where;
    return status;
}

static int root_page(void* object, l4_word_t offset, l4_word_t address, l4_word_t flags) {
    (void)object;
    (void)offset;
    (void)flags;
    return l4_root_memory(address, L4_PAGE_SHIFT) == L4_ROOT_OK;
}

l4_word_t l4_region_attach_memory(l4_word_t* address, l4_word_t size) {
    return l4_region_attach(address, size, L4_REGION_WRITE, root_page, 0);
}

l4_word_t l4_region_detach(l4_word_t address) { return l4_ipc_call_words(server, DETACH, address).w0; }

l4_word_t l4_region_thread_start(l4_thread_function_t* f, void* argument, void* stack_of_it,
                                 l4_word_t stack_size) {
    return l4_thread_start_paged(f, argument, stack_of_it, stack_size, server);
}
