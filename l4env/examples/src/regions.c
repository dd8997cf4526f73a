/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that comes when it is touched, from the root task or from this program. */
#include "l4/region/region.h"

#include "l4/abi/utcb.h"
#include "l4/roottask/client.h"
#include "l4/sys/thread.h"
#include "l4env/examples/src/tap.h"

#define PAGES 16u
#define PAGE  4096u

static l4_word_t stack[1024] __attribute__((aligned(16)));
static l4_word_t memory, made, bad, asked;
static volatile int finished;

static volatile l4_word_t* word(l4_word_t region, l4_word_t page) {
    return (volatile l4_word_t*)(uintptr_t)(region + page * PAGE);
}

/** Gives pages with their offset in them; this runs in the library's thread, whose faults go to the root
 * task. */
static int make_page(void* object, l4_word_t offset, l4_word_t address, l4_word_t flags) {
    ++*(l4_word_t*)object;
    (void)flags;
    if (l4_root_memory(address, L4_PAGE_SHIFT) != L4_ROOT_OK) return 0;
    *(l4_word_t*)(uintptr_t)address = offset;
    return 1;
}

static void touch(void* argument) {
    (void)argument;
    for (l4_word_t i = 0; i < PAGES; i++) {
        bad += *word(memory, i) != 0;
        *word(memory, i) = i + 1;
    }
    for (l4_word_t i = 0; i < PAGES; i++) bad += *word(memory, i) != i + 1;
    for (l4_word_t i = PAGES; i-- > 0;) bad += *word(made, i) != i * PAGE;
    finished = 1;
}

static void run(void) {
    finished = 0;
    (void)l4_region_thread_start(touch, 0, stack, sizeof stack);
    while (!finished) l4_yield();
}

int main(void) {
    tap_t tap = {0, 0};
    l4_word_t left = 0, left_then = 0, inside = 0;
    tap_check(&tap, l4_region_start(), "the library starts");
    tap_equal(&tap, l4_region_attach_memory(&memory, PAGES * PAGE), L4_REGION_OK, "memory");
    tap_equal(&tap, l4_region_attach(&made, PAGES * PAGE, L4_REGION_WRITE, make_page, &asked), L4_REGION_OK,
              "pages of our own");
    inside = made + PAGE;
    tap_equal(&tap, l4_region_attach_memory(&inside, PAGE), L4_REGION_TAKEN, "no two at one place");
    inside = (l4_word_t)(uintptr_t)stack & ~(PAGE - 1);
    tap_equal(&tap, l4_region_attach_memory(&inside, PAGE), L4_REGION_TAKEN, "none at the image's place");
    tap_equal(&tap, l4_region_detach(inside), L4_REGION_NONE, "which is no region");
    inside = (l4_word_t)(uintptr_t)&tap & ~(PAGE - 1);
    tap_equal(&tap, l4_region_attach_memory(&inside, PAGE), L4_REGION_TAKEN, "none at the stack's place");
    inside = L4_UTCB_AREA;
    tap_equal(&tap, l4_region_attach_memory(&inside, PAGE), L4_REGION_TAKEN, "nor at the UTCBs'");
    inside = made + (1u << 20);
    tap_equal(&tap, l4_region_attach(&inside, PAGE, 0, 0, 0), L4_REGION_EINVAL, "none without pages");
    (void)l4_root_ask(L4_ROOT_MEMORY, 0, &left);
    run();
    (void)l4_root_ask(L4_ROOT_MEMORY, 0, &left_then);
    tap_equal(&tap, bad, 0, "all pages have what they should");
    tap_equal(&tap, asked, PAGES, "each was asked for once");
    tap_equal(&tap, left - left_then, 2 * PAGES * PAGE, "and so many came from the root task");
    tap_equal(&tap, l4_region_detach(memory + 5), L4_REGION_OK, "a region ends");
    tap_equal(&tap, l4_region_detach(memory), L4_REGION_NONE, "then it is not there");
    tap_equal(&tap, l4_region_attach_memory(&memory, PAGES * PAGE), L4_REGION_OK, "another at its place");
    run();
    tap_equal(&tap, bad, 0, "has new pages");
    tap_equal(&tap, asked, PAGES, "and the other its old ones");
    return tap_done(&tap);
}
