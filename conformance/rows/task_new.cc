// SPDX-License-Identifier: BSD-2-Clause
// abi/table/task_new.toml
#include "conformance/harness/message.h"
#include "conformance/harness/row.h"

namespace conformance {
namespace {

constexpr Word here = 0x50000000, there = 0x60000000, spare = 100;

Regs do_task_new(Regs r) { return call(L4_VEC_TASK_NEW, r); }
Regs do_task_new(Actor& by, Regs r) { return by.call(L4_VEC_TASK_NEW, r); }
Regs kill(Word task) { return do_task_new(task_new(task, root_id.low)); }
Regs start(Word task, Word eax = 255) { return task_new(task, eax, address(landing), 0, pager_id); }

bool exists(Id id) { return call(L4_VEC_THREAD_SCHEDULE, schedule(id)).eax != L4_SCHED_ERROR; }

void expect_failed(Regs r, Word code) {
    EQ(r.eax, code);
    EQ(r.esi, 0);
    EQ(r.edi, 0);
    EQ(r.edx, 0);
    EQ(r.ebx, 0);
    EQ(r.ebp, 0);
}

void expect_id(Regs r, Word task, Word chief, Word nest) {
    EQ(r.esi, l4_threadid(task, 0).low);
    EQ(r.edi, chief << L4_ID_CHIEF_SHIFT | nest << L4_ID_NEST_SHIFT);
    EQ(r.edx, 0);
    EQ(r.ebx, 0);
    EQ(r.ebp, 0);
}

ROW(task_new_create) {
    A.create(first_task + 1, {.prio = director_prio});
    settle();
    A.begin([] { log(landed.count == 0 ? 'A' : 'x'); });
    const Regs r = do_task_new(task_new(10, 100, address(landing), 0x87654320, pager_id));
    EQ(r.eax, 0);
    expect_id(r, 10, L4_TASK_ROOT, 0);
    settle();
    LOG("A");
    EQ(landed.count, 1);
    EQ(landed.esp, 0x87654320);
    for (const Word word :
         {landed.r.eax, landed.r.ecx, landed.r.edx, landed.r.ebx, landed.r.ebp, landed.r.esi, landed.r.edi})
        EQ(word, 0);
    const Id id = l4_threadid(10, 0);
    const Regs registers = call(L4_VEC_LTHREAD_EX_REGS, ex_regs(l4_ex_regs_target(10, 0)));
    EQ(registers.eax & ~0x8d5u, 0x202);
    EQ(registers.esi, pager_id.low);
    EQ(registers.ebx, 0);
    const Regs scheduling = call(L4_VEC_THREAD_SCHEDULE, schedule(id));
    EQ(scheduling.eax & ~L4_SCHED_STATE_MASK, default_slice(director_prio));
    EQ(scheduling.ebx, 0);
}

ROW(task_new_mcp) {
    A.create(first_task, {.prio = 16, .mcp = 50});
    settle();
    B.create_below(A, 20, {.prio = 16, .mcp = 100});
    C.create_below(A, 21, {.prio = 16, .mcp = 20});
    settle();
    for (Actor* const a : {&B, &C}) {
        const Word mcp = a == &B ? 50 : 20;
        YES(a->call(L4_VEC_THREAD_SCHEDULE, schedule(a->id, default_slice(mcp))).eax != L4_SCHED_ERROR);
        EQ(a->call(L4_VEC_THREAD_SCHEDULE, schedule(a->id, default_slice(mcp + 1))).eax, L4_SCHED_ERROR);
    }
}

ROW(task_new_nest) {
    A.create(5);
    settle();
    B.create_below(A, 6);
    settle();
    C.create_below(B, 7);
    settle();
    Word nest = 0;
    for (Actor* const a : {&A, &B, &C}) {
        const Regs r = a->call(L4_VEC_ID_NEAREST, nearest(nil));
        EQ(l4_id_nest({r.esi, r.edi}), nest);
        EQ(l4_id_chief({r.esi, r.edi}), 4 + nest++);
    }
}

/// Sixteen tasks, each made by the one before: the last has nest 15.
Actor chain[16];
void make_chain() {
    chain[0].create(first_task);
    settle();
    for (Word i = 1; i < 16; ++i) {
        chain[i].create_below(chain[i - 1], first_task + i);
        settle();
    }
}

ROW(task_new_nest_too_deep) {
    make_chain();
    EQ(l4_id_nest(chain[15].id), 15);
    l4_task_give(spare, chain[15].id);
    expect_failed(do_task_new(chain[15], start(spare)), L4_TASK_NEW_EINVAL);
}

ROW(task_new_not_chief) {
    cast(3);
    l4_task_give(spare, A.id);
    const auto refused = [](Actor* by, Word number) {
        for (const Regs r : {start(number), task_new(number, (by != nullptr ? by->id : root_id).low),
                             task_new(number, C.id.low)})
            expect_failed(by != nullptr ? do_task_new(*by, r) : do_task_new(r), L4_TASK_NEW_EPERM);
    };
    refused(&A, B.task);
    refused(&A, 200);
    refused(&A, A.task);
    refused(nullptr, spare);
    refused(&B, spare);
    YES(exists(A.id));
    YES(exists(B.id));
    NO(exists(l4_threadid(spare, 0)));
}

ROW(task_new_reserved_numbers) {
    for (Word number = 0; number <= L4_TASK_ROOT; ++number) {
        expect_failed(do_task_new(start(number)), L4_TASK_NEW_EPERM);
        expect_failed(kill(number), L4_TASK_NEW_EPERM);
    }
    YES(exists(sigma0_id));
}

ROW(task_new_id_ignores_the_rest) {
    Regs r = start(10);
    r.esi = l4_threadid(10, 5).low | 0xf00003ff;
    r.edi = 0x12345678;
    expect_id(do_task_new(r), 10, L4_TASK_ROOT, 0);
    settle();
    EQ(landed.count, 1);
}

ROW(task_new_pager_is_kept_as_given) {
    const Id later = l4_threadid(first_task + 1, 0);
    call(L4_VEC_THREAD_SWITCH, switch_to(nil)); // a new slice: it is not to end before there is a pager
    const Regs r = do_task_new(task_new(10, 255, address(landing), 0, later));
    expect_id(r, 10, L4_TASK_ROOT, 0);
    call(L4_VEC_THREAD_SCHEDULE, schedule({r.esi, r.edi}, default_slice(1)));
    B.create(first_task + 1);
    settle(5000);
    const Regs m = B.ipc(receive_open(zero));
    EQ(m.esi, l4_threadid(10, 0).low);
    EQ(m.edx, address(landing) & ~3u);
    EQ(m.ebx, address(landing));
}

ROW(task_new_again) {
    cast(2);
    give(A, here, page(0));
    E.create_thread(A, 1);
    settle();
    const Id before = A.id;
    A.create(A.task);
    settle();
    EQ(A.id.low, before.low);
    EQ(A.id.high, before.high);
    NO(A.can_read(here));
    EQ(B.ipc(send(E.id)).eax, L4_IPC_ENOT_EXISTENT);
}

ROW(task_new_delete) {
    cast(2);
    for (int i = 0; i < 2; ++i) {
        const Regs r = kill(A.task);
        EQ(r.eax, 0);
        expect_id(r, A.task, L4_TASK_ROOT, 0);
        EQ(B.ipc(send(A.id)).eax, L4_IPC_ENOT_EXISTENT);
    }
    YES(do_task_new(start(A.task)).esi != 0);
}

ROW(task_new_transfer) {
    A.create(5);
    settle();
    for (const bool active : {false, true}) {
        if (active) do_task_new(start(spare));
        const Regs r = do_task_new(task_new(spare, l4_threadid(5, 9).low));
        EQ(r.eax, 0);
        expect_id(r, spare, 5, 0);
        NO(exists(l4_threadid(spare, 0)));
        expect_id(do_task_new(A, start(spare)), spare, 5, 1);
        // Back: A's own end gives it to root.
        kill(5);
        A.create(5);
        settle();
    }
}

ROW(task_new_transfer_to_inactive) {
    cast(1);
    for (const Word number : {A.task, spare})
        for (const Word to : {0u, l4_threadid(201, 0).low})
            expect_failed(do_task_new(task_new(number, to)), L4_TASK_NEW_EINVAL);
    YES(exists(A.id));
    YES(do_task_new(start(spare)).esi != 0);
}

ROW(task_new_transfer_below_itself) {
    cast(1);
    B.create_below(A, 20);
    settle();
    expect_failed(do_task_new(task_new(A.task, A.id.low)), L4_TASK_NEW_EINVAL);
    expect_failed(do_task_new(task_new(A.task, B.id.low)), L4_TASK_NEW_EINVAL);
    YES(exists(A.id));
}

constexpr Word too_much = 0x1fffff << 8;

ROW(task_new_error_order) {
    make_chain();
    B.create(30);
    settle();
    Actor& deep = chain[15];
    expect_failed(do_task_new(deep, start(B.task, too_much)), L4_TASK_NEW_EPERM);
    expect_failed(do_task_new(deep, task_new(B.task, l4_threadid(201, 0).low)), L4_TASK_NEW_EPERM);
    l4_task_give(spare, deep.id);
    expect_failed(do_task_new(deep, start(spare, too_much)), L4_TASK_NEW_EINVAL);
    expect_failed(do_task_new(start(202, too_much)), L4_TASK_NEW_ENOMEM);
}

ROW(task_new_deletes_below) {
    A.create(5);
    settle();
    l4_task_give(spare, A.id);
    B.create_below(A, 6);
    settle();
    C.create_below(B, 7);
    D.create(first_task);
    settle();
    kill(5);
    for (const Word number : {5u, 6u, 7u, spare})
        EQ(D.ipc(send(l4_threadid(number, 0))).eax, L4_IPC_ENOT_EXISTENT);
    for (const Word number : {6u, 7u, spare}) expect_id(do_task_new(start(number)), number, L4_TASK_ROOT, 0);
}

ROW(task_new_delete_takes_mappings) {
    cast(3);
    give(A, here, page(0));
    pass(A, C, there, fpage(here));
    pass(C, B, here, fpage(there));
    YES(B.can_read(here));
    kill(C.task);
    NO(B.can_read(here));
    YES(A.can_write(here));
}

ROW(task_new_delete_wakes_senders) {
    cast(5);
    F.create_thread(A, 2);
    settle();
    // D has its page fault in the queue of thread 0; B and C at 0, E at 2.
    D.set_pager(A.id);
    E.begin([] {
        EQ(ipc(send(F.id)).eax, L4_IPC_ENOT_EXISTENT);
        log('E');
    });
    settle();
    B.begin([] {
        EQ(ipc(send(A.id)).eax, L4_IPC_ENOT_EXISTENT);
        log('B');
    });
    settle();
    D.begin([] { *words(nowhere) = 1; });
    settle();
    C.begin([] {
        EQ(ipc(send(A.id)).eax, L4_IPC_ENOT_EXISTENT);
        log('C');
    });
    settle();
    EQ(kill(A.task).eax, 0);
    settle();
    LOG("BCE");
    EQ(D.query_state(), L4_STATE_DEAD);
}

ROW(task_new_delete_withdraws) {
    cast(2);
    C.create_thread(A, 1);
    D.create_thread(A, 2);
    settle();
    A.begin(send(B.id, 1));
    C.begin(sleep_for(3000));
    D.begin(receive(B.id));
    settle();
    EQ(kill(A.task).eax, 0);
    EQ(B.ipc(receive_open(zero)).eax, L4_IPC_RETIMEOUT);
    settle(10000);
    EQ(B.call(L4_VEC_ID_NEAREST, nearest(nil)).eax, 0);
}

ROW(task_new_delete_order) {
    static Actor tasks[4], senders[4];
    tasks[0].create(5);
    settle();
    tasks[1].create_below(tasks[0], 6);
    settle();
    tasks[2].create_below(tasks[0], 7);
    settle();
    tasks[3].create_below(tasks[1], 8);
    for (Word i = 0; i < 4; ++i) senders[i].create(first_task + i);
    settle();
    static const Body bodies[] = {
        [] { ipc(send(l4_threadid(5, 0))), log('5'); }, [] { ipc(send(l4_threadid(6, 0))), log('6'); },
        [] { ipc(send(l4_threadid(7, 0))), log('7'); }, [] { ipc(send(l4_threadid(8, 0))), log('8'); }};
    for (Word i = 0; i < 4; ++i) senders[i].begin(bodies[i]);
    settle();
    EQ(kill(5).eax, 0);
    settle();
    LOG("8675");
}

/// Many pages for `a`, from `donor`, 12 times 512: to take them all away takes a while.
Actor donor;
void fatten(Actor& a) {
    if (donor.task == 0) {
        donor.create(60);
        settle();
        give(donor, here, superpage(0), super_log2);
    }
    for (Word i = 0; i < 12; ++i)
        pass(donor, a, there + i * super_size + super_size / 2, fpage(here + i % 2 * (super_size / 2), 21));
}

ROW(task_new_delete_large) {
    donor = {};
    cast(2);
    fatten(A);
    for (Word n = 200; n < 220; ++n) l4_task_give(n, A.id);
    A.run([] {
        for (Word n = 1; n < 128; ++n) call(L4_VEC_LTHREAD_EX_REGS, ex_regs(n));
        for (Word n = 200; n < 220; ++n) call(L4_VEC_TASK_NEW, start(n));
    });
    YES(exists(l4_threadid(A.task, 127)));
    YES(exists(l4_threadid(219, 0)));
    const Regs r = kill(A.task);
    EQ(r.eax, 0);
    expect_id(r, A.task, L4_TASK_ROOT, 0);
    for (Word n = 200; n < 220; ++n) NO(exists(l4_threadid(n, 0)));
    for (Word n = 0; n < 128; ++n) NO(exists(l4_threadid(A.task, n)));
}

ROW(task_new_two_at_once) {
    donor = {};
    cast(1);
    C.create_in_root(2);
    D.create_in_root(3);
    settle();
    fatten(A);
    static char last;
    C.begin([] {
        YES(do_task_new(start(A.task)).esi == A.id.low);
        last = 'C';
    });
    settle(400);
    YES(C.busy());
    D.begin([] {
        YES(do_task_new(task_new(A.task, root_id.low)).esi == A.id.low);
        last = 'D';
    });
    for (int i = 0; i < 100 && (C.busy() || D.busy()); ++i) settle(10000);
    NO(C.busy());
    NO(D.busy());
    // One after the other: the last one decides what there is.
    EQ(exists(A.id), last == 'C');
    YES(do_task_new(start(A.task)).esi == A.id.low);
}

ROW(task_new_chief_goes_meanwhile) {
    donor = {};
    A.create(10);
    B.create(5);
    C.create_in_root(2);
    settle();
    D.create_below(A, 20);
    settle();
    fatten(A);
    fatten(D);
    C.begin_call(L4_VEC_TASK_NEW, task_new(10, B.id.low));
    settle(400);
    YES(C.busy());
    EQ(kill(5).eax, 0);
    expect_failed(C.end(), L4_TASK_NEW_EINVAL);
    NO(exists(A.id));
    NO(exists(D.id));
    expect_id(do_task_new(start(10)), 10, L4_TASK_ROOT, 0);
}

ROW(task_new_caller_deleted_meanwhile) {
    donor = {};
    A.create(5);
    settle();
    B.create_below(A, 6);
    settle();
    C.create_below(B, 7);
    settle();
    fatten(B);
    A.begin_call(L4_VEC_TASK_NEW, task_new(6, A.id.low));
    settle(400);
    YES(A.busy());
    EQ(kill(5).eax, 0);
    for (const Word n : {5u, 6u, 7u}) {
        NO(exists(l4_threadid(n, 0)));
        expect_id(do_task_new(start(n)), n, L4_TASK_ROOT, 0);
    }
}

} // namespace
} // namespace conformance
