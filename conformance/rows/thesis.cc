// SPDX-License-Identifier: BSD-2-Clause
// abi/table/thesis.toml: lthread_ex_regs in other tasks, with state, and pending exceptions; the rest:
// thesis_*.cc
#include "conformance/harness/handler.h"
#include "conformance/harness/message.h"
#include "conformance/harness/raw.h"

namespace conformance {
namespace {

constexpr Word keep = ~0u, interrupts = 1u << 9, io_privilege = 3u << 12, nested_task = 1u << 14;
Word eip() { return address(landing); }

Regs across(Actor& by, const Actor& target, Word flags, Word new_eip = keep, Word esp = keep,
            Id pager = invalid) {
    return by.call(L4_VEC_LTHREAD_EX_REGS,
                   ex_regs(l4_ex_regs_target(target.task, target.lthread) | flags, new_eip, esp, pager));
}
void expect_refused(Actor& by, Word task, Word lthread) {
    const Regs given = ex_regs(l4_ex_regs_target(task, lthread), eip(), other_stack(), by.id, by.id);
    const Regs r = by.call(L4_VEC_LTHREAD_EX_REGS, given);
    EQ(r.eax, L4_EX_REGS_ERROR);
    EQ(r.ecx, given.ecx);
    EQ(r.edx, given.edx);
    EQ(r.ebx, given.ebx);
    EQ(r.ebp, given.ebp);
    EQ(r.esi, given.esi);
    EQ(r.edi, given.edi);
}

/// A's pager is in B's task.
void paged_by_b(int actors = 2) {
    cast(actors);
    A.set_pager(B.id);
}

ROW(inter_ex_regs_by_pager) {
    paged_by_b();
    A.begin(receive(nil));
    settle();
    const Regs r = across(B, A, 0, eip(), other_stack());
    EQ(r.esi, B.id.low);
    settle();
    EQ(landed.count, 1);
    EQ(landed.r.eax, L4_IPC_RECANCELED);
    EQ(landed.esp, other_stack());
}

ROW(inter_ex_regs_not_pager) {
    paged_by_b(3);
    D.create_below(C, 20, {.pager = B.id});
    E.create_in_root(2);
    settle();
    expect_refused(C, A.task, 0);
    // The chief, and a thread of the pager's chief.
    expect_refused(E, A.task, 0);
    expect_refused(C, D.task, 0);
    settle();
    EQ(landed.count, 0);
}

ROW(inter_ex_regs_creates) {
    A.create(first_task, {.quota = 100});
    B.create(first_task + 1);
    settle();
    A.set_pager(B.id);
    l4_task_give(150, A.id);
    const auto left = [] { return A.call(L4_VEC_TASK_NEW, task_new(150, A.id.low)).ecx; };
    const Word before = left();
    for (Word n = 1; n <= L4_KMEM_THREADS_PER_FRAME; ++n) {
        const Regs r = B.call(L4_VEC_LTHREAD_EX_REGS,
                              ex_regs(l4_ex_regs_target(A.task, n), eip(), other_stack(n), pager_id));
        EQ(r.eax, 0);
        settle();
        EQ(landed.count, n);
    }
    EQ(before - left(), 1);
    EQ(call(L4_VEC_ID_NEAREST, nearest(l4_threadid(A.task, 1))).eax, L4_NC_INNER_CLAN);
    YES(call(L4_VEC_THREAD_SCHEDULE, schedule(l4_threadid(A.task, 1))).eax != L4_SCHED_ERROR);
}

ROW(inter_ex_regs_thread_0_needs_task_new) {
    cast(1);
    expect_refused(A, 200, 0);
}

ROW(inter_ex_regs_present_list) {
    static Actor senders[3];
    A.create(5);
    B.create(first_task + 1);
    for (Word i = 0; i < 3; ++i) senders[i].create(first_task + 10 + i);
    settle();
    A.set_pager(B.id);
    // B's task makes threads of A's and of its own in turn.
    B.run([] {
        for (Word n = 1; n < 5; ++n)
            call(L4_VEC_LTHREAD_EX_REGS, ex_regs(n % 2 == 0 ? n : l4_ex_regs_target(5, n), address(+[] {
                                                     for (;;) l4_ipc_sleep(never);
                                                 }),
                                                 other_stack(n), pager_id));
    });
    settle();
    static const Body bodies[] = {[] { ipc(send(l4_threadid(5, 3))), log('3'); },
                                  [] { ipc(send(l4_threadid(5, 1))), log('1'); },
                                  [] { ipc(send(l4_threadid(5, 0))), log('0'); }};
    for (Word i = 0; i < 3; ++i) senders[i].begin(bodies[i]);
    settle();
    l4_task_kill(5, root_id);
    settle();
    LOG("013");
    YES(call(L4_VEC_THREAD_SCHEDULE, schedule(l4_threadid(B.task, 4))).eax != L4_SCHED_ERROR);
}

ROW(inter_ex_regs_pager_changes) {
    paged_by_b(3);
    EQ(across(B, A, 0, keep, keep, C.id).esi, B.id.low);
    expect_refused(B, A.task, 0);
    EQ(across(C, A, 0).esi, C.id.low);
}

ROW(inter_ex_regs_mcp) {
    A.create(first_task, {.prio = 5, .mcp = 10});
    B.create(first_task + 1);
    settle();
    A.set_pager(B.id);
    static Word allowed, refused;
    static const Id made = l4_threadid(first_task, 1);
    allowed = refused = 0;
    const Word target = l4_ex_regs_target(A.task, 1);
    EQ(B.call(L4_VEC_LTHREAD_EX_REGS, ex_regs(target, keep, keep, B.id)).eax, 0);
    call(L4_VEC_THREAD_SCHEDULE, schedule(made, default_slice(5)));
    const Body body = [] {
        allowed = call(L4_VEC_THREAD_SCHEDULE, schedule(made, default_slice(10))).eax;
        refused = call(L4_VEC_THREAD_SCHEDULE, schedule(made, default_slice(11))).eax;
        for (;;) l4_ipc_sleep(never);
    };
    B.call(L4_VEC_LTHREAD_EX_REGS, ex_regs(target, address(body), other_stack()));
    settle();
    YES(allowed != L4_SCHED_ERROR && allowed != 0);
    EQ(refused, L4_SCHED_ERROR);
}

ROW(inter_ex_regs_inactive) {
    cast(1);
    expect_refused(A, 200, 5);
    expect_refused(A, 0x7ff, 0);
}

volatile Word rounds;
void spin_with_registers() {
    asm volatile("1: incl %0; jmp 1b"
                 : "+m"(rounds)
                 : "a"(0xa1), "b"(0xb1), "c"(0xc1), "d"(0xd1), "S"(0x51), "D"(0xd2));
}

ROW(ex_regs_state_get) {
    cast(2);
    A.begin(spin_with_registers);
    settle(200);
    control(A, L4_EX_REGS_STATE_GET);
    expect_patterns_but_ebp();
    const l4_utcb_state_t& s = trapped();
    YES(s.eip >= 0x1000000 && s.eip < 0x1400000);
    A.restart();
    B.begin_call(L4_VEC_IPC, both(A.id, 0x31, 0x32, never));
    settle();
    control(B, L4_EX_REGS_STATE_GET);
    EQ(s.edx, 0x31);
    EQ(s.ebx, 0x32);
    EQ(s.esi, A.id.low);
}

ROW(ex_regs_with_state) {
    cast(1);
    A.begin(spin_with_registers);
    settle(200);
    control(A, L4_EX_REGS_STOP | L4_EX_REGS_STATE_GET);
    const Word before = rounds;
    YES(before > 0);
    settle(2000);
    EQ(rounds, before);
    trapped().eip = eip();
    trapped().edx = 0x99;
    l4_my_utcb()->snd_size = whole_state;
    control(A, L4_EX_REGS_STATE_SET);
    settle();
    EQ(landed.count, 1);
    EQ(landed.r.edx, 0x99);
    EQ(landed.r.ebx, 0xb1);
}

ROW(ex_regs_state_set_is_sanitised) {
    cast(1);
    A.begin(spin_with_registers);
    settle(200);
    control(A, L4_EX_REGS_STOP | L4_EX_REGS_STATE_GET);
    l4_utcb_state_t& s = trapped();
    const Word cs = s.cs;
    s.cs = 8;
    s.eflags = (s.eflags | io_privilege | nested_task) & ~interrupts;
    s.gs = 0x10;
    s.fs = 0x0f;
    l4_my_utcb()->snd_size = whole_state;
    control(A, L4_EX_REGS_STATE_SET | L4_EX_REGS_STOP);
    s = {};
    control(A, L4_EX_REGS_STATE_GET);
    EQ(s.cs, cs);
    EQ(s.eflags & (io_privilege | nested_task | interrupts), interrupts);
    EQ(s.gs, 0);
    EQ(s.fs, 0);
    s.edi = 1, s.esi = 2, s.ebp = 3, s.ebx = 4;
    l4_my_utcb()->snd_size = 5;
    control(A, L4_EX_REGS_STATE_SET | L4_EX_REGS_STOP);
    control(A, L4_EX_REGS_STATE_GET);
    EQ(s.edi, 1);
    EQ(s.esi, 2);
    EQ(s.ebp, 3);
    EQ(s.ebx, 0xb1);
}

ROW(ex_regs_state_set_cancels) {
    cast(2);
    A.begin(receive_open());
    settle();
    control(A, L4_EX_REGS_STATE_GET);
    l4_utcb_state_t& s = trapped();
    s.eip = eip();
    s.edx = 0x77;
    l4_my_utcb()->snd_size = whole_state;
    control(A, L4_EX_REGS_STATE_SET | L4_EX_REGS_NO_CANCEL);
    settle();
    EQ(landed.count, 0);
    EQ(A.query_state(), L4_STATE_WAITING);
    control(A, L4_EX_REGS_STATE_SET);
    settle();
    EQ(landed.count, 1);
    EQ(landed.r.edx, 0x77);
    EQ(B.ipc(send(A.id, 0, 0, zero)).eax, L4_IPC_SETIMEOUT);
}

ROW(ex_regs_stop_in_ipc) {
    cast(2);
    A.begin(receive_open());
    settle();
    control(A, L4_EX_REGS_STOP);
    YES(A.query_state() == L4_STATE_WAITING);
    EQ(B.ipc(send(A.id, 0x31, 0x32)).eax, L4_IPC_OK);
    settle();
    YES(A.busy());
    EQ(A.query_state(), L4_STATE_STOPPED);
    control(A, L4_EX_REGS_STATE_GET);
    EQ(trapped().eax, two_words);
    EQ(trapped().edx, 0x31);
    EQ(trapped().ebx, 0x32);
}

/// A is stopped, which logs when it runs.
void stop_a() {
    cast(2);
    A.begin([] { log('A'); });
    control(A, L4_EX_REGS_STOP);
    settle();
    LOG("");
}

ROW(ex_regs_stopped_thread) {
    stop_a();
    EQ(B.ipc(send(A.id, 0, 0, zero)).eax, L4_IPC_SETIMEOUT);
    EQ(A.query_state(), L4_STATE_STOPPED);
    EQ(B.call(L4_VEC_THREAD_SWITCH, switch_to(A.id)).eax, 0);
    LOG("");
}

ROW(ex_regs_stop_ends) {
    stop_a();
    control(A, 0, keep, other_stack());
    settle();
    LOG("");
    EQ(A.query_state(), L4_STATE_STOPPED);
    control(A, 0, eip());
    settle();
    EQ(landed.count, 1);
}

ROW(ex_regs_creates_with_state) {
    cast(1);
    l4_utcb_state_t& s = trapped();
    s = {};
    s.eip = eip();
    s.esp = other_stack();
    s.edx = 0x55;
    l4_my_utcb()->snd_size = whole_state;
    EQ(call(L4_VEC_LTHREAD_EX_REGS,
            ex_regs(l4_ex_regs_target(A.task, 7) | L4_EX_REGS_STATE_SET, keep, keep, pager_id))
           .eax,
       0);
    settle();
    EQ(landed.count, 1);
    EQ(landed.r.edx, 0x55);
    EQ(landed.esp, other_stack());
}

void set_limit(std::uint64_t us) {
    l4_utcb_t* const utcb = l4_my_utcb();
    utcb->time_limit[0] = static_cast<Word>(us);
    utcb->time_limit[1] = static_cast<Word>(us >> 32);
}
constexpr std::uint64_t no_limit = ~0ull;

ROW(exc_pending_order) {
    cast(2);
    handle(A, L4_UTCB_TIME_LIMIT);
    set_limit(no_limit);
    control(A, L4_EX_REGS_ALIEN, address(+[] {
                raw_call<L4_VEC_IPC>(raw(receive_open()));
                trap_with_registers();
            }),
            other_stack());
    take_exception(A, L4_TRAP_PROTECTION);
    set_limit(now() + 2000);
    EQ(answer(A, 0, L4_EXC_DEALIEN), L4_IPC_OK);
    l4_my_utcb()->status = L4_UTCB_EXCEPTIONS;
    settle(5000);
    control(A, L4_EX_REGS_RAISE_EXCEPTION);
    expect_silence(A);
    B.ipc(send(A.id, 1, 2));
    take_exception(A, L4_TRAP_PROTECTION);
    EQ(trapped().err, L4_EXC_ERR_IPC | L4_EXC_ERR_AFTER_CALL);
    EQ(answer(A, 0), L4_IPC_OK);
    take_exception(A, L4_TRAP_TRIGGERED);
    EQ(answer(A, 0), L4_IPC_OK);
    take_exception(A, L4_TRAP_TIME);
    EQ(answer(A, 0), L4_IPC_OK);
    take_exception(A, L4_TRAP_INVALID_OP);
}

/// A thread of sigma0 whose pager is the director.
alignas(16) char sigma0_stack[2048];
Body sigma0_body;
Word sigma0_flags;
void start_in_sigma0(Body body, Word flags = 0) {
    sigma0_body = body;
    sigma0_flags = flags;
    as_sigma0([] {
        return call(L4_VEC_LTHREAD_EX_REGS,
                    ex_regs(6 | sigma0_flags, address(sigma0_body),
                            address(sigma0_stack + sizeof sigma0_stack - 64), root_id))
            .eax;
    });
    settle();
}

ROW(exc_of_sigma0) {
    A.id = l4_threadid(L4_TASK_SIGMA0, 6);
    l4_utcb_take_exceptions(0);
    struct [[gnu::packed]] Pseudo {
        std::uint16_t limit;
        Word base;
    };
    static Word gates[64];
    static Pseudo table;
    for (Word i = 0; i < 64; i += 2) {
        gates[i] = 0x1b0000 | (eip() & 0xffff);
        gates[i + 1] = (eip() & 0xffff0000) | 0xee00;
    }
    table = {sizeof gates - 1, address(gates)};
    const Body bodies[] = {[] {
                               asm volatile("divl %0" : : "r"(0), "a"(1), "d"(0));
                           },
                           [] {
                               asm volatile("lidt (%0)" : : "a"(&table) : "memory");
                               asm volatile("divl %0" : : "r"(0), "a"(1), "d"(0));
                           },
                           [] { raw_call<L4_VEC_ID_NEAREST>(raw(nearest(nil))), log('x'); }};
    for (int i = 0; i < 3; ++i) {
        start_in_sigma0(bodies[i], i == 2 ? L4_EX_REGS_ALIEN : 0);
        // No message of it, for it is dead.
        EQ(next_message(A, 5000).eax, L4_IPC_ENOT_EXISTENT);
        EQ(A.query_state(), L4_STATE_DEAD);
    }
    EQ(landed.count, 0);
    LOG("");
    A = {};
}

ROW(exc_dealien_of_no_alien) {
    cast(1);
    handle(A);
    A.begin(trap_with_registers);
    take_exception(A, L4_TRAP_INVALID_OP);
    EQ(answer(A, 0, L4_EXC_DEALIEN), L4_IPC_OK);
    take_exception(A, L4_TRAP_INVALID_OP);
    control(A, L4_EX_REGS_ALIEN, address(+[] {
                raw_call<L4_VEC_ID_NEAREST>(raw(nearest(nil)));
                log('x');
            }),
            other_stack());
    take_exception(A, L4_TRAP_PROTECTION);
    EQ(trapped().err, l4_exc_err_int(L4_VEC_ID_NEAREST));
    LOG("");
}

} // namespace
} // namespace conformance
