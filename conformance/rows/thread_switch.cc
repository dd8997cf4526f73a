// SPDX-License-Identifier: BSD-2-Clause
// abi/table/thread_switch.toml
#include "conformance/harness/machine.h"
#include "conformance/harness/row.h"

namespace conformance {
namespace {

constexpr Id nobody = l4_threadid(1500, 0);
constexpr std::uint64_t slice = L4_SLICE_DEFAULT_US;

Regs switch_now(Id to) { return call(L4_VEC_THREAD_SWITCH, switch_to(to)); }

/// Logs a letter when it has run.
void log_c() { log('C'); }
void log_d() { log('D'); }

ROW(switch_yield) {
    cast(3);
    A.begin([] {
        EQ(switch_now(nil).eax, 0);
        log('A');
        // A full slice: nothing of it is gone yet.
        const Regs r = switch_now(nil);
        YES(r.ecx > slice - 300 && r.ecx <= slice);
    });
    B.begin([] { log('B'); });
    C.begin(log_c);
    settle();
    LOG("BCA");
}

ROW(switch_bad_slice_id) {
    cast(2);
    A.begin([] {
        for (const Id id : {nil, B.id}) {
            Regs r = switch_to(id);
            r.eax = 1;
            EQ(call(L4_VEC_THREAD_SWITCH, r).eax, L4_SWITCH_ERROR);
        }
        log('A');
    });
    B.begin([] { log('B'); });
    settle();
    LOG("AB");
}

ROW(switch_no_such_thread) {
    cast(3);
    C.begin(die);
    settle();
    A.begin([] {
        for (const Id id : {nobody, C.id, l4_threadid(A.task, 9), invalid, l4_irq_id(3)})
            EQ(switch_now(id).eax, L4_SWITCH_ERROR);
        log('A');
    });
    B.begin([] { log('B'); });
    settle();
    LOG("AB");
}

ROW(switch_to_thread_not_ready) {
    cast(3);
    A.begin([] {
        spin(1000);
        for (const Id id : {C.id, A.id}) {
            const Regs r = switch_now(id);
            EQ(r.eax, 0);
            YES(r.ecx < slice - 900);
        }
        log('A');
    });
    B.begin([] { log('B'); });
    settle(5000);
    LOG("AB");
}

ROW(switch_donates) {
    cast(4);
    A.begin([] {
        EQ(switch_now(D.id).eax, 0);
        log('A');
    });
    B.begin([] { log('B'); });
    C.begin(log_c);
    D.begin(log_d);
    settle();
    LOG("DABC");
}

ROW(switch_donates_to_lower_priority) {
    cast(4);
    A.set_prio(20);
    D.set_prio(10);
    C.set_prio(15);
    D.begin(log_d);
    C.begin(log_c);
    A.begin([] {
        EQ(switch_now(D.id).eax, 0);
        log('A');
    });
    settle();
    LOG("DAC");
}

ROW(switch_donation_uses_the_donors_slice) {
    cast(3);
    D.create(first_task + 3);
    settle();
    static std::uint64_t donated, b_runs, a_again;
    static volatile bool stop;
    stop = false;
    const Word used_before = call(L4_VEC_THREAD_SCHEDULE, schedule(D.id)).ecx;
    A.begin([] {
        spin(5860);
        donated = time_stamp_us();
        switch_now(D.id);
        a_again = time_stamp_us();
    });
    B.begin([] {
        b_runs = time_stamp_us();
        while (!stop) {
        }
    });
    D.begin([] {
        while (!stop) {
        }
    });
    settle(12000);
    // 10000 us less 5860 stamps of 1.024 us: 4000 are left of A's slice.
    const std::uint64_t us = (b_runs - donated) + (b_runs - donated) / 42;
    YES(us > 3700 && us < 4300);
    const Word used = call(L4_VEC_THREAD_SCHEDULE, schedule(D.id)).ecx - used_before;
    YES(used > 3700 && used < 4300);
    // D's own slice is whole: the next turn of D, behind B's, lasts 10000 us.
    settle(8500);
    const Word before = call(L4_VEC_THREAD_SCHEDULE, schedule(D.id)).ecx;
    settle(12000);
    const Word turn = call(L4_VEC_THREAD_SCHEDULE, schedule(D.id)).ecx - used_before - used;
    YES(before >= used);
    YES(turn > slice - 400 && turn < slice + 400);
    stop = true;
    settle();
    YES(a_again > b_runs);
}

ROW(switch_donation_ends_by_higher_priority) {
    cast(4);
    B.set_prio(actor_prio + 5);
    B.begin([] {
        ipc(sleep_for(2000));
        log('H');
    });
    settle(100);
    A.begin([] {
        switch_now(D.id);
        log('A');
    });
    C.begin(log_c);
    D.begin([] {
        spin(4000);
        log('D');
    });
    settle(20000);
    LOG("HACD");
}

ROW(switch_donation_ends_when_donee_blocks) {
    cast(4);
    // B has the message that D waits for, and comes before D in the queue once D has blocked.
    A.begin([] {
        switch_now(D.id);
        log('A');
        spin(100);
        log('a');
    });
    B.begin([] {
        ipc(send(D.id, 0, 0, never, L4_SND_DECEIT));
        log('B');
    });
    C.begin(log_c);
    D.begin([] {
        log('d');
        ipc(receive_open());
        log('D');
    });
    settle();
    LOG("dAaBCD");
}

ROW(switch_donation_ends_when_donee_switches) {
    cast(5);
    static Id to;
    for (const bool to_e : {false, true}) {
        to = to_e ? E.id : nil;
        A.begin([] {
            switch_now(D.id);
            log('A');
        });
        C.begin(log_c);
        D.begin([] {
            EQ(switch_now(to).eax, 0);
            log('D');
        });
        E.begin([] { log('E'); });
        settle();
        if (to_e)
            LOG("ACDE");
        else
            LOG("ACED");
    }
}

ROW(switch_reports_remaining_slice) {
    cast(3);
    static Word left[4], high[4];
    B.begin([] {
        while (!A.busy()) switch_now(nil);
        for (int i = 0; i < 400 && A.busy(); ++i) switch_now(nil);
    });
    settle(100);
    call(L4_VEC_THREAD_SCHEDULE, schedule(A.id, default_slice(actor_prio)));
    A.begin([] {
        const Id targets[] = {A.id, C.id, B.id, nil};
        for (int i = 0; i < 4; ++i) {
            // From a fresh slice each time: yields refill it.
            switch_now(nil);
            spin(2930);
            const Regs r = switch_now(targets[i]);
            EQ(r.eax, 0);
            left[i] = r.ecx;
            high[i] = r.edx;
        }
    });
    settle(100000);
    static_cast<void>(A.end());
    for (int i = 0; i < 4; ++i) {
        YES(left[i] > 6700 && left[i] <= 7010);
        EQ(high[i], 0);
    }
    call(L4_VEC_THREAD_SCHEDULE, schedule(A.id, l4_sched_param(actor_prio, 0, 0)));
    A.run([] {
        const Regs r = switch_now(nil);
        EQ(r.ecx, ~0u);
        EQ(r.edx, ~0u);
    });
}

} // namespace
} // namespace conformance
