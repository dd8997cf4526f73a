// SPDX-License-Identifier: BSD-2-Clause
// abi/table/conventions.toml
#include "conformance/harness/machine.h"
#include "conformance/harness/message.h"
#include "conformance/harness/raw.h"
#include "conformance/harness/row.h"
#include "l4/abi/exception.h"

namespace conformance {
namespace {

constexpr Word here = 0x50000000, there = 0x60000000, patterns[] = {0x202, 0x8d7 | 0x400};
/// Condition codes and DF.
constexpr Word looked_at = 0xcd5;

template <Word vector>
Raw checked(Regs given, Word eflags) {
    const Raw r = raw_call<vector>(raw(given, eflags | 0x200));
    EQ(r.eflags & looked_at, eflags & looked_at);
    EQ(r.esp_after, r.esp_before);
    return r;
}

/// In A, which may be the chief of first_task + 5.
void all_calls() {
    const Id nobody = l4_threadid(1500, 0);
    for (const Word flags : patterns) {
        EQ(checked<L4_VEC_IPC>(sleep_for(10), flags).eax, L4_IPC_RETIMEOUT);
        EQ(checked<L4_VEC_IPC>(both(nil, 0, 0, 0, no_send, no_receive), flags).eax, 0);
        EQ(checked<L4_VEC_IPC>(send(nobody), flags).eax, L4_IPC_ENOT_EXISTENT);
        EQ(checked<L4_VEC_ID_NEAREST>(nearest(nil), flags).eax, L4_NC_SAME_CLAN);
        EQ(checked<L4_VEC_FPAGE_UNMAP>(unmap(fpage(here), L4_FP_FLUSH), flags).eax, 0);
        EQ(checked<L4_VEC_THREAD_SWITCH>(switch_to(nil), flags).eax, 0);
        EQ(checked<L4_VEC_THREAD_SWITCH>(switch_to(nobody), flags).eax, L4_SWITCH_ERROR);
        YES(checked<L4_VEC_THREAD_SCHEDULE>(schedule(A.id), flags).eax != L4_SCHED_ERROR);
        EQ(checked<L4_VEC_THREAD_SCHEDULE>(schedule(nobody), flags).eax, L4_SCHED_ERROR);
        EQ(checked<L4_VEC_LTHREAD_EX_REGS>(ex_regs(5), flags).eax & ~0x202u, 0);
        EQ(checked<L4_VEC_LTHREAD_EX_REGS>(ex_regs(l4_ex_regs_target(B.task, 0)), flags).eax,
           L4_EX_REGS_ERROR);
        YES(checked<L4_VEC_TASK_NEW>(task_new(first_task + 5, A.id.low), flags).esi != 0);
        EQ(checked<L4_VEC_TASK_NEW>(task_new(B.task, A.id.low), flags).eax, L4_TASK_NEW_EPERM);
    }
}

ROW(call_keeps_flags_and_stack) {
    cast(2);
    l4_task_give(first_task + 5, A.id);
    A.run(all_calls);
}

constexpr Regs patterned(Regs named, bool ecx, bool edx) {
    return {named.eax,
            ecx ? 0x22222222 : named.ecx,
            edx ? 0x33333333 : named.edx,
            0x44444444,
            0x55555555,
            named.esi,
            named.edi};
}

/// Of ipc, thread_schedule, lthread_ex_regs and task_new every register has a name.
ROW(call_keeps_unnamed_registers) {
    cast(2);
    for (const Id id : {nil, invalid, B.id}) {
        const Raw r = raw_call<L4_VEC_ID_NEAREST>(raw(patterned(nearest(id), true, true)));
        EQ(r.ecx, 0x22222222);
        EQ(r.edx, 0x33333333);
        EQ(r.ebx, 0x44444444);
        EQ(r.ebp, 0x55555555);
    }
    for (const Word size : {page_log2, 63u}) {
        Regs given = patterned(unmap(fpage(here, size), L4_FP_FLUSH), false, true);
        given.esi = 0x66666666;
        given.edi = 0x77777777;
        const Raw r = raw_call<L4_VEC_FPAGE_UNMAP>(raw(given));
        EQ(r.edx, 0x33333333);
        EQ(r.ebx, 0x44444444);
        EQ(r.ebp, 0x55555555);
        EQ(r.esi, 0x66666666);
        EQ(r.edi, 0x77777777);
    }
    for (const Id id : {nil, B.id, l4_threadid(1500, 0)}) {
        Regs given = patterned(switch_to(id), false, false);
        given.edi = 0x77777777;
        const Raw r = raw_call<L4_VEC_THREAD_SWITCH>(raw(given));
        EQ(r.ebx, 0x44444444);
        EQ(r.ebp, 0x55555555);
        EQ(r.edi, 0x77777777);
    }
}

/// C waits for the machine's clock, above all others, and logs the first two interrupts.
void start_watcher() {
    C.create_in_root(2, actor_prio + 10);
    C.begin([] {
        l4_irq_attach(clock_irq);
        for (int i = 0; i < 2; ++i) {
            EQ(l4_irq_wait(clock_irq, never), 0);
            log('C');
            out8(0x70, 0x0c);
            static_cast<void>(in8(0x71));
        }
        l4_irq_detach();
    });
    settle();
}

/// A, or D in root, does it, and logs when it is over.
void expect_interrupted(Actor& who, Body body) {
    start_watcher();
    who.begin(body);
    start_clock_irq();
    static_cast<void>(who.end());
    LOG("CCA");
    calm_irqs();
    static_cast<void>(C.end());
}

ROW(call_long_is_preemptible) {
    cast(2);
    D.create_in_root(3);
    E.create(first_task + 4);
    settle();
    const Word large = superpage(0);
    give(A, here, large, super_log2);
    give(B, there + super_size, superpage(1), super_log2);
    static Message<2> from, to;
    from = letter(here, super_size);
    to = letter(there + super_size, super_size);
    B.begin(receive(A.id, never, to.rcv()));
    settle();
    expect_interrupted(A, [] {
        EQ(ipc(send(B.id, 1, 2, never, from.snd())).eax, L4_IPC_OK);
        log('A');
    });
    static_cast<void>(B.end());
    // As pages: three thousand mappings.
    for (Actor* const a : {&B, &E})
        for (Word i = 0; i < 4; ++i)
            pass(A, *a, there + i * 2 * super_size + super_size / 2,
                 fpage(here + i % 2 * (super_size / 2), 21));
    expect_interrupted(A, [] {
        call(L4_VEC_FPAGE_UNMAP, unmap(fpage(here, super_log2), L4_FP_FLUSH));
        log('A');
    });
    NO(B.can_read(there + super_size / 2));
    for (Word i = 0; i < 4; ++i)
        pass(A, B, there + i * 2 * super_size + super_size / 2, fpage(here + i % 2 * (super_size / 2), 21));
    expect_interrupted(D, [] {
        YES(call(L4_VEC_TASK_NEW, task_new(B.task, root_id.low)).esi == B.id.low);
        log('A');
    });
    EQ(A.ipc(send(B.id)).eax, L4_IPC_ENOT_EXISTENT);
}

ROW(call_other_vector) {
    cast(2);
    A.set_pager(root_id);
    l4_utcb_take_exceptions(0);
    A.begin([] { raw_call<0x37>(raw({1, 2, 3, 4, 5, 6, 7})); });
    EQ(ipc(receive(A.id, after(20000))).edx, L4_EXC_COOKIE_0);
    const l4_utcb_state_t s = l4_my_utcb()->state;
    EQ(s.trapno, L4_TRAP_PROTECTION);
    EQ(s.err, l4_exc_err_int(0x37));
    EQ(s.eax, 1);
    EQ(s.ecx, 2);
    EQ(s.edx, 3);
    EQ(s.ebx, 4);
    EQ(s.ebp, 5);
    EQ(s.esi, 6);
    EQ(s.edi, 7);
    l4_my_utcb()->status = 0;
    B.begin([] { raw_call<0x2f>(raw({})); });
    settle();
    EQ(B.query_state(), L4_STATE_DEAD);
}

} // namespace
} // namespace conformance
