// SPDX-License-Identifier: BSD-2-Clause
// abi/table/scheduling.toml
#include "conformance/harness/machine.h"
#include "conformance/harness/row.h"

namespace conformance {
namespace {

constexpr std::uint64_t slice = L4_SLICE_DEFAULT_US;

/// Runs for `us` of its own, and logs the letter whenever it was not the last that ran.
volatile char last_runner = 0;
volatile bool stop_runners = false;
volatile std::uint64_t turns[16];
volatile char turn_of[16];
volatile unsigned turn_count;

/// Notes when each turn begins; runs until stop_runners.
void take_turns(char letter) {
    while (!stop_runners) {
        if (last_runner == letter) continue;
        last_runner = letter;
        if (turn_count < 16) {
            turn_of[turn_count] = letter;
            turns[turn_count] = time_stamp_us();
            turn_count = turn_count + 1;
        }
    }
}
void begin_turns() {
    stop_runners = false;
    last_runner = 0;
    turn_count = 0;
}
/// The time stamp's microseconds are 1.024 long; the director's own turns are in between.
bool about(std::uint64_t stamps, std::uint64_t us) {
    const std::uint64_t real = stamps + stamps / 42;
    return real + 300 > us && real < us + 300;
}

ROW(sched_highest_runs) {
    cast(5);
    C.set_prio(16);
    D.set_prio(0);
    // The director makes way for those above it.
    call(L4_VEC_THREAD_SCHEDULE, schedule(root_id, default_slice(255)));
    A.set_prio(255);
    B.set_prio(254);
    E.set_prio(1);
    C.begin([] { log('C'); });
    D.begin([] { log('D'); });
    E.begin([] { log('E'); });
    B.begin([] { log('B'); });
    A.begin([] { log('A'); });
    settle();
    LOG("ABCED");
    call(L4_VEC_THREAD_SCHEDULE, schedule(root_id, default_slice(director_prio)));
}

ROW(sched_wakeup_preempts) {
    cast(3);
    A.set_prio(actor_prio + 1);
    begin_turns();
    A.begin([] {
        ipc(sleep_for(3000));
        take_turns('A');
        ipc(sleep_for(1000));
    });
    settle(100);
    B.begin([] { take_turns('B'); });
    C.begin([] { take_turns('C'); });
    settle(4000);
    // It was B that ran; A at once; B goes on and then has its slice used up before C.
    EQ(turn_of[0], 'B');
    EQ(turn_of[1], 'A');
    YES(about(turns[1] - turns[0], 2900));
    stop_runners = true;
    settle(100);
    stop_runners = false;
    begin_turns();
    static std::uint64_t back;
    // With full slices again.
    B.set_prio(actor_prio);
    C.set_prio(actor_prio);
    A.begin([] {
        ipc(sleep_for(3000));
        spin(1000);
        back = time_stamp_us();
    });
    settle(50);
    B.begin([] { take_turns('B'); });
    C.begin([] { take_turns('C'); });
    settle(20000);
    stop_runners = true;
    settle(100);
    EQ(turn_of[0], 'B');
    EQ(turn_of[1], 'C');
    YES(back > turns[0] && back < turns[1]);
    // B has its own 10000 us, and A's 1000 lie in between.
    YES(about(turns[1] - turns[0], slice + 1024));
}

ROW(sched_wakeup_equal_does_not_preempt) {
    cast(3);
    A.begin([] {
        ipc(sleep_for(2000));
        log('A');
    });
    settle(100);
    B.begin([] {
        spin(4000);
        log('B');
    });
    C.begin([] { log('C'); });
    settle(20000);
    LOG("BCA");
}

ROW(sched_round_robin) {
    cast(3);
    begin_turns();
    A.begin([] { take_turns('A'); });
    B.begin([] { take_turns('B'); });
    C.begin([] { take_turns('C'); });
    settle(70000);
    stop_runners = true;
    for (unsigned i = 0; i < 6; ++i) EQ(turn_of[i], 'A' + i % 3);
    for (unsigned i = 0; i < 5; ++i) YES(about(turns[i + 1] - turns[i], slice));
}

ROW(sched_slice_ends_only_with_timer) {
    cast(2);
    give_all_ports(A);
    A.begin([] {
        asm volatile("cli");
        const std::uint64_t end = time_stamp_us() + 2 * slice;
        while (time_stamp_us() < end) static_cast<void>(l4_myself());
        log('A');
        asm volatile("sti");
        spin(2000);
        log('a');
    });
    B.begin([] { log('B'); });
    settle(50000);
    // With interrupts shut there is no timer event, whatever the calls.
    LOG("ABa");
}

ROW(sched_slice_kept_over_blocking) {
    cast(2);
    begin_turns();
    A.begin([] {
        spin(6000);
        ipc(sleep_for(1000));
        take_turns('A');
    });
    settle(6500);
    B.begin([] {
        // A is ready behind B, which leaves the processor to it.
        ipc(sleep_for(2000));
        take_turns('B');
    });
    settle(40000);
    stop_runners = true;
    EQ(turn_of[0], 'A');
    EQ(turn_of[1], 'B');
    YES(about(turns[1] - turns[0], slice - 6144));
}

ROW(sched_slice_infinite) {
    cast(2);
    call(L4_VEC_THREAD_SCHEDULE, schedule(A.id, l4_sched_param(actor_prio, 0, 0)));
    A.begin([] {
        spin(5 * slice);
        log('A');
    });
    B.begin([] { log('B'); });
    settle(20000);
    LOG("");
    settle(60000);
    LOG("AB");
}

ROW(sched_message_switches_to_receiver) {
    cast(3);
    B.begin([] {
        ipc(receive_open());
        log('B');
    });
    settle();
    A.begin([] {
        ipc(send(B.id));
        log('A');
    });
    C.begin([] { log('C'); });
    settle();
    LOG("BAC");
}

ROW(sched_message_deceit_does_not_switch) {
    cast(3);
    B.begin([] {
        ipc(receive_open());
        log('B');
    });
    settle();
    A.begin([] {
        ipc(send(B.id, 0, 0, never, L4_SND_DECEIT));
        log('A');
    });
    C.begin([] { log('C'); });
    settle();
    LOG("ACB");
}

ROW(sched_message_over_priorities) {
    cast(2);
    static Word deceit;
    for (const Word prio : {actor_prio - 1, actor_prio + 1})
        for (const Word option : {0u, L4_SND_DECEIT}) {
            deceit = option;
            B.set_prio(prio);
            B.begin([] {
                ipc(receive_open());
                log('B');
            });
            settle();
            A.begin([] {
                ipc(send(B.id, 0, 0, never, deceit));
                log('A');
            });
            settle();
            LOG(prio > actor_prio ? "BA" : "AB");
        }
    // A goes on with the rest of its slice.
    begin_turns();
    C.create(first_task + 2);
    settle();
    B.begin([] {
        ipc(receive_open());
        spin(2000);
    });
    settle();
    A.begin([] {
        last_runner = 'A';
        turns[0] = time_stamp_us();
        ipc(send(B.id));
        take_turns('A');
    });
    C.begin([] { take_turns('C'); });
    settle(15000);
    stop_runners = true;
    EQ(turn_of[0], 'C');
    settle(100);
}

ROW(sched_queued_sender_to_the_tail) {
    cast(3);
    A.begin([] {
        ipc(send(B.id));
        log('A');
    });
    settle();
    B.begin([] {
        ipc(receive_open());
        log('B');
    });
    C.begin([] { log('C'); });
    settle();
    LOG("BCA");
}

ROW(sched_call_and_reply) {
    cast(3);
    B.begin([] {
        Regs r = ipc(receive_open());
        log('B');
        r = ipc(both({r.esi, r.edi}, 0, 0, rcv_after(5000), 0, L4_RCV_OPEN));
    });
    settle();
    A.begin([] {
        log('A');
        ipc(both(B.id, 1, 2, never));
        log('A');
    });
    C.begin([] { log('C'); });
    settle();
    LOG("ABAC");
}

ROW(sched_idle) {
    cast(2);
    static std::uint64_t woken;
    A.begin([] {
        ipc(sleep_for(5000));
        woken = now();
    });
    B.begin([] {
        l4_irq_attach(clock_irq);
        EQ(l4_irq_wait(clock_irq, after(50000)), 0);
        log('B');
        l4_irq_detach();
    });
    const std::uint64_t begun = now();
    settle(10000);
    YES(woken - begun >= 5000 && woken - begun < 5500);
    start_clock_irq();
    settle(10000);
    calm_irqs();
    LOG("B");
    // Nothing ran in between but the director's own calls.
    const Regs used = call(L4_VEC_THREAD_SCHEDULE, schedule(A.id));
    YES(used.ecx < 1000);
}

ROW(sched_new_thread_to_the_tail) {
    cast(2);
    static char stack[1024];
    A.begin([] {
        Word* const top = reinterpret_cast<Word*>(stack + sizeof stack - 64);
        top[0] = address(+[] {
            log('N');
            for (;;) l4_ipc_sleep(never);
        });
        call(L4_VEC_LTHREAD_EX_REGS, ex_regs(1, address(thread_entry), address(top), pager_id));
        log('A');
    });
    B.begin([] { log('C'); });
    settle();
    LOG("ACN");
}

constexpr Word page_of_b = 0x70000000;

ROW(sched_page_fault_switches_to_pager) {
    cast(3);
    give(B, page_of_b, page(0));
    A.set_pager(B.id);
    B.begin([] {
        Regs r = ipc(receive_open());
        log('P');
        ipc(both({r.esi, r.edi}, nowhere, fpage(page_of_b), rcv_after(5000), map_bit, L4_RCV_OPEN));
    });
    settle();
    A.begin([] {
        *words(nowhere) = 1;
        log('A');
    });
    C.begin([] { log('C'); });
    settle();
    LOG("PAC");
}

} // namespace
} // namespace conformance
