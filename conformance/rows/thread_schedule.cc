// SPDX-License-Identifier: BSD-2-Clause
// abi/table/thread_schedule.toml
#include "conformance/harness/machine.h"
#include "conformance/harness/row.h"

namespace conformance {
namespace {

constexpr Id nobody = l4_threadid(1500, 0);
constexpr Word time_of_10_ms = 156u << L4_SCHED_TIME_MAN_SHIFT | 12u << L4_SCHED_TIME_EXP_SHIFT;

Regs query(Id id) { return call(L4_VEC_THREAD_SCHEDULE, schedule(id)); }
Regs set(Id id, Word param) { return call(L4_VEC_THREAD_SCHEDULE, schedule(id, param)); }

/// A asks, with mcp 16; B is what it asks for.
void prepare() {
    A.create(first_task, {.prio = 16, .mcp = 16});
    B.create(first_task + 1, {.prio = 16});
    C.create(first_task + 2);
    settle();
}

void expect_refused(Regs r) { EQ(A.call(L4_VEC_THREAD_SCHEDULE, r).eax, L4_SCHED_ERROR); }

ROW(schedule_query) {
    prepare();
    for (int i = 0; i < 2; ++i) {
        const Regs r = A.call(L4_VEC_THREAD_SCHEDULE, schedule(B.id, L4_SCHED_QUERY, C.id));
        EQ(r.eax, 16 | time_of_10_ms | L4_STATE_WAITING << L4_SCHED_STATE_SHIFT);
        EQ(r.ebx, 0);
    }
    EQ(query(B.id).ebx, 0);
}

ROW(schedule_no_such_thread) {
    prepare();
    for (const Id id : {nobody, nil, invalid, l4_irq_id(3)})
        for (const Word param : {L4_SCHED_QUERY, default_slice(10)}) expect_refused(schedule(id, param));
}

ROW(schedule_target_above_mcp) {
    prepare();
    B.set_prio(17);
    for (const Word param : {L4_SCHED_QUERY, default_slice(10)}) expect_refused(schedule(B.id, param));
    EQ(query(B.id).eax & L4_SCHED_PRIO_MASK, 17);
}

ROW(schedule_prio_above_mcp) {
    prepare();
    const Word before = query(B.id).eax;
    expect_refused(schedule(B.id, l4_sched_param(17, 80, 11)));
    EQ(query(B.id).eax, before);
}

ROW(schedule_mode_not_normal) {
    prepare();
    const Word before = query(B.id).eax;
    for (Word mode = 1; mode < 16; ++mode)
        expect_refused(schedule(B.id, l4_sched_param(10, 80, 11) | mode << L4_SCHED_MODE_SHIFT));
    EQ(query(B.id).eax, before);
}

ROW(schedule_sets_prio) {
    prepare();
    B.set_prio(10);
    Regs r = A.call(L4_VEC_THREAD_SCHEDULE, schedule(B.id, default_slice(16)));
    EQ(r.eax & L4_SCHED_PRIO_MASK, 10);
    r = A.call(L4_VEC_THREAD_SCHEDULE, schedule(B.id));
    EQ(r.eax & L4_SCHED_PRIO_MASK, 16);
}

ROW(schedule_preempts_caller) {
    cast(2);
    A.begin([] {
        log('a');
        set(B.id, default_slice(actor_prio + 1));
        log('A');
    });
    B.begin([] { log('B'); });
    settle();
    LOG("aBA");
    B.set_prio(actor_prio);
    A.begin([] {
        log('a');
        YES(set(A.id, default_slice(actor_prio - 1)).eax != L4_SCHED_ERROR);
        log('A');
    });
    B.begin([] { log('B'); });
    settle();
    LOG("aBA");
}

ROW(schedule_new_prio_to_the_tail) {
    cast(3);
    A.set_prio(actor_prio - 1);
    A.begin([] { log('A'); });
    B.begin([] { log('B'); });
    C.begin([] { log('C'); });
    A.set_prio(actor_prio);
    settle();
    LOG("BCA");
}

ROW(schedule_same_prio_keeps_place) {
    cast(3);
    A.begin([] { log('A'); });
    B.begin([] { log('B'); });
    C.begin([] { log('C'); });
    A.set_prio(actor_prio);
    settle();
    LOG("ABC");
}

/// Spins until stopped; tells how long it ran before B did.
volatile bool stop;
std::uint64_t a_from, b_from;
std::uint64_t turn_of_a() {
    stop = false;
    A.begin([] {
        a_from = time_stamp_us();
        while (!stop) {
        }
    });
    B.begin([] {
        b_from = time_stamp_us();
        stop = true;
    });
    settle(60000);
    return (b_from - a_from) + (b_from - a_from) / 42;
}

ROW(schedule_sets_slice) {
    cast(2);
    set(A.id, l4_sched_param(actor_prio, 80, 11));
    EQ(query(A.id).eax & (L4_SCHED_TIME_EXP_MASK | L4_SCHED_TIME_MAN_MASK), l4_sched_param(0, 82, 11));
    const std::uint64_t us = turn_of_a();
    YES(us > 20700 && us < 21300);
}

ROW(schedule_slice_is_refilled) {
    cast(2);
    A.run([] { spin(8800); });
    set(A.id, default_slice(actor_prio));
    const std::uint64_t us = turn_of_a();
    YES(us > 9700 && us < 10300);
}

/// What a query says after the slice was set so.
Word time_after(Word man, Word exp) {
    set(B.id, l4_sched_param(16, man, exp));
    return query(B.id).eax & (L4_SCHED_TIME_EXP_MASK | L4_SCHED_TIME_MAN_MASK);
}

ROW(schedule_slice_edges) {
    prepare();
    EQ(time_after(1, 15), l4_sched_param(0, 250, 14));
    EQ(time_after(0, 5), l4_sched_param(0, 250, 14));
    EQ(time_after(255, 0), 0);
}

ROW(schedule_reports_slice) {
    prepare();
    EQ(time_after(250, 14), l4_sched_param(0, 250, 14));
    EQ(time_after(156, 12), l4_sched_param(0, 156, 12));
    EQ(time_after(249, 10), l4_sched_param(0, 249, 10));
    EQ(time_after(244, 9), l4_sched_param(0, 244, 9));
}

ROW(schedule_ignores_small_space) {
    prepare();
    YES(A.call(L4_VEC_THREAD_SCHEDULE, schedule(B.id, default_slice(16) | L4_SCHED_SMALL_MASK)).eax !=
        L4_SCHED_ERROR);
    EQ(query(B.id).eax & L4_SCHED_SMALL_MASK, 0);
}

Regs set_preempter(Id preempter, Word prio = 16) {
    return A.call(L4_VEC_THREAD_SCHEDULE, schedule(B.id, default_slice(prio), preempter));
}

ROW(schedule_sets_preempter) {
    prepare();
    EQ(set_preempter(C.id).ebx, 0);
    const Regs r = set_preempter(nil);
    EQ(r.ebx, C.id.low);
    EQ(r.ebp, C.id.high);
    EQ(query(B.id).ebx, 0);
}

ROW(schedule_keeps_preempter) {
    prepare();
    set_preempter(C.id);
    set_preempter(invalid, 11);
    Regs r = query(B.id);
    EQ(r.ebx, C.id.low);
    EQ(r.eax & L4_SCHED_PRIO_MASK, 11);
    set_preempter(nobody, 12);
    r = query(B.id);
    EQ(r.ebx, C.id.low);
    EQ(r.eax & L4_SCHED_PRIO_MASK, 12);
}

void expect_state(Id of, Word wanted, Id partner) {
    const Regs r = query(of);
    EQ(state(r), wanted);
    EQ(r.esi, partner.low);
    EQ(r.edi, partner.high);
}

ROW(schedule_state_running) {
    cast(1);
    stop = false;
    A.begin([] {
        while (!stop) {
        }
    });
    settle(100);
    expect_state(A.id, L4_STATE_RUNNING, nil);
    stop = true;
    expect_state(root_id, L4_STATE_RUNNING, nil);
}

ROW(schedule_state_waiting) {
    cast(2);
    A.begin(receive({B.id.low, 0}, after(5000)));
    settle();
    expect_state(A.id, L4_STATE_WAITING, B.id);
    static_cast<void>(A.end());
    A.begin(receive_open(after(5000)));
    settle();
    expect_state(A.id, L4_STATE_WAITING, nil);
    static_cast<void>(A.end());
    A.begin(sleep_for(5000));
    settle();
    expect_state(A.id, L4_STATE_WAITING, nil);
    static_cast<void>(A.end());
    A.ipc(receive(l4_irq_id(serial_irq), zero));
    A.begin(receive(l4_irq_id(serial_irq), after(5000)));
    settle();
    expect_state(A.id, L4_STATE_WAITING, l4_irq_id(serial_irq));
    static_cast<void>(A.end());
}

ROW(schedule_state_pending_send) {
    cast(2);
    A.begin(send(B.id));
    settle();
    expect_state(A.id, L4_STATE_PENDING_SEND, B.id);
}

ROW(schedule_state_dead) {
    cast(2);
    A.call(L4_VEC_LTHREAD_EX_REGS, ex_regs(3));
    B.begin(die);
    settle();
    for (const Id id : {l4_threadid(A.task, 3), B.id}) {
        EQ(state(query(id)), L4_STATE_DEAD);
        YES(set(id, l4_sched_param(33, 80, 11)).eax != L4_SCHED_ERROR);
        EQ(query(id).eax, 33 | L4_STATE_DEAD << L4_SCHED_STATE_SHIFT | l4_sched_param(0, 82, 11));
    }
}

/// For EDX to count, a thread runs for 72 minutes: only the simulator has that time.
ROW(schedule_consumed_time) {
    cast(2);
    const Word before = query(A.id).ecx;
    EQ(query(A.id).edx, 0);
    // The director sleeps all the time: it would take from A's.
    A.begin([] {
        spin(2930);
        ipc(sleep_for(5000));
        spin(2930);
    });
    settle(20000);
    const Word used = query(A.id).ecx - before;
    YES(used > 5900 && used < 6400);
    EQ(query(A.id).edx, 0);
    // Of the caller itself the time up to the call.
    static Word second;
    B.begin([] {
        const Word first = query(B.id).ecx;
        spin(2930);
        second = query(B.id).ecx - first;
    });
    settle(20000);
    YES(second > 2900 && second < 3200);
}

} // namespace
} // namespace conformance
