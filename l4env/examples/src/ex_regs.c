/* SPDX-License-Identifier: BSD-2-Clause */
/* lthread_ex_regs on threads of another task, whose pager we are: look, move, stop, start, interrupt. */
#include "l4/sys/utcb.h"
#include "l4env/examples/src/second_task.h"
#include "l4env/examples/src/tap.h"

static l4_word_t stack[1024] __attribute__((aligned(4096)));
static l4_word_t other_stack[1024] __attribute__((aligned(4096)));
static struct {
    volatile l4_word_t loops, moved, created;
} shared __attribute__((aligned(4096)));

static void spin(void) {
    for (;;) shared.loops++;
}

static void move(void) {
    for (;;) shared.moved++;
}

static void create(void) {
    for (;;) shared.created++;
}

/** For some milliseconds: others run, and we are their pager. An exception ends it. */
static l4_ipc_result_t serve(l4_word_t ms) {
    const l4_word_t timeouts = l4_timeout(0, 0, ms, 10); /* ms * 1024 us */
    l4_ipc_result_t m = l4_ipc_wait(0, timeouts);
    while (l4_ipc_error(m) == L4_IPC_OK && m.w0 != L4_EXC_COOKIE_0)
        m = l4_ipc(m.from, l4_snd_fpage(), m.w0 & L4_FP_PAGE_MASK, second_task_page(m.w0), L4_RCV_OPEN,
                   timeouts | L4_TIMEOUT_SND_ZERO);
    return m;
}

static int grows(volatile l4_word_t* counter) {
    const l4_word_t before = *counter;
    (void)serve(30);
    return *counter != before;
}

static l4_ex_regs_t at(void (*eip)(void), l4_word_t* stack_end) {
    l4_ex_regs_t regs = l4_ex_regs_keep();
    regs.eip = (l4_word_t)(uintptr_t)eip;
    if (stack_end) regs.esp = (l4_word_t)(uintptr_t)stack_end - 4;
    return regs;
}

static void look_and_move(tap_t* tap, l4_word_t target) {
    const l4_utcb_state_t* const state = &l4_my_utcb()->state;
    const l4_word_t code = (l4_word_t)(uintptr_t)spin;
    l4_ex_regs_t old = l4_lthread_ex_regs(target, l4_ex_regs_keep());
    tap_check(tap, old.eip - code < 64, "its EIP is in its loop");
    tap_check(tap, l4_same_thread(old.pager, l4_myself()), "its pager is this thread");
    (void)l4_lthread_ex_regs(target | L4_EX_REGS_STATE_GET, l4_ex_regs_keep());
    tap_check(tap, state->eip - code < 64 && state->esp - old.esp < 4, "all its registers can be read");
    (void)l4_lthread_ex_regs(target, at(move, 0));
    tap_check(tap, grows(&shared.moved), "it runs where it was moved to");
    tap_check(tap, !grows(&shared.loops), "and no more where it was");
}

static void stop_and_start(tap_t* tap, l4_word_t target) {
    (void)l4_lthread_ex_regs(target | L4_EX_REGS_STOP | L4_EX_REGS_STATE_GET, l4_ex_regs_keep());
    tap_check(tap, !grows(&shared.moved), "a stopped thread does not run");
    tap_equal(
        tap,
        l4_sched_state(l4_thread_schedule(l4_threadid(target >> L4_EX_REGS_TASK_SHIFT, 0), L4_SCHED_QUERY)),
        L4_STATE_STOPPED, "and is known to be stopped");
    l4_my_utcb()->state.eip = (l4_word_t)(uintptr_t)spin;
    l4_my_utcb()->snd_size = L4_UTCB_STATE_WORDS;
    (void)l4_lthread_ex_regs(target | L4_EX_REGS_STATE_SET, l4_ex_regs_keep());
    l4_my_utcb()->snd_size = 0;
    tap_check(tap, grows(&shared.loops), "new registers start it again");
}

int main(void) {
    tap_t tap = {0, 0};
    l4_ipc_result_t m;
    const l4_word_t number = second_task_start(spin, stack + 1024, 0), target = l4_ex_regs_target(number, 0);
    tap_check(&tap, grows(&shared.loops), "a second task runs");
    look_and_move(&tap, target);
    stop_and_start(&tap, target);
    tap_equal(&tap, l4_lthread_ex_regs(l4_ex_regs_target(number, 1), at(create, other_stack + 1024)).eflags,
              0, "a second thread is made there");
    tap_check(&tap, grows(&shared.created), "and runs");
    l4_utcb_take_exceptions(0);
    (void)l4_lthread_ex_regs(target | L4_EX_REGS_RAISE_EXCEPTION, l4_ex_regs_keep());
    m = serve(100);
    tap_check(&tap, l4_ipc_error(m) == L4_IPC_OK && m.w0 == L4_EXC_COOKIE_0, "a triggered exception comes");
    tap_equal(&tap, l4_my_utcb()->state.trapno, L4_TRAP_TRIGGERED, "as trap 0xff");
    tap_equal(&tap, l4_lthread_ex_regs(l4_ex_regs_target(L4_TASK_SIGMA0, 0), l4_ex_regs_keep()).eflags,
              L4_EX_REGS_ERROR, "a task of somebody else is refused");
    tap_equal(&tap, l4_root_task_free(number), L4_ROOT_OK, "its end");
    return tap_done(&tap);
}
