// SPDX-License-Identifier: BSD-2-Clause
// abi/table/timeout.toml, but for what takes hours: long_times.cc
#include "conformance/harness/crowd.h"
#include "conformance/harness/machine.h"
#include "conformance/harness/row.h"

namespace conformance {
namespace {

/// What a wait may last longer than it must, and how far apart two readings of the clock are.
constexpr std::uint64_t slack = 200;
Regs timed_ipc;
std::uint64_t begun, over;
Word result;

void timed() {
    begun = now();
    result = error(ipc(timed_ipc));
    over = now();
}

/// A does it, up to `longest`.
void start_timed(Regs r) {
    timed_ipc = r;
    A.begin(timed);
}
void expect_lasted(std::uint64_t us) {
    YES(over - begun >= us);
    YES(over - begun < us + slack);
}
void run_timed(Regs r) {
    start_timed(r);
    static_cast<void>(A.end());
}

constexpr Word rcv_exactly(Word man, Word exp) { return l4_timeout(0, 0, man, exp); }

ROW(timeout_mantissa_0_is_zero) {
    cast(2);
    run_timed(send(B.id, 0, 0, l4_timeout(0, 1, 0, 1)));
    EQ(result, L4_IPC_SETIMEOUT);
    expect_lasted(0);
    run_timed(receive_open(l4_timeout(0, 1, 0, 1)));
    EQ(result, L4_IPC_RETIMEOUT);
    expect_lasted(0);
}

ROW(timeout_fields_are_separate) {
    cast(2);
    const Word timeouts = l4_timeout(3, 10, 5, 11);
    run_timed(both(B.id, 0, 0, timeouts));
    EQ(result, L4_IPC_SETIMEOUT);
    expect_lasted(3072);
    B.begin(receive_open());
    settle();
    run_timed(both(B.id, 0, 0, timeouts));
    EQ(result, L4_IPC_RETIMEOUT);
    expect_lasted(1280);
}

/// Sleep until `at`, which is less than two seconds away.
Regs sleep_until(std::uint64_t at, Word low = 0, Word rcv = 0) {
    const l4_deadline_t d = l4_deadline_at(now(), at);
    return receive({low, l4_rcv_deadline_flags(d)}, rcv_exactly(d.time.man, d.time.exp), rcv);
}

std::uint64_t deadline;

ROW(timeout_order) {
    cast(3);
    D.create(first_task + 3, {.prio = actor_prio + 10});
    settle();
    give_all_ports(D);
    deadline = (now() & ~0xfffull) + 0x4000;
    A.begin([] {
        ipc(sleep_until(deadline));
        log('A');
    });
    B.begin([] {
        ipc(sleep_until(deadline - 1024));
        log('B');
    });
    C.begin([] {
        ipc(sleep_until(deadline));
        log('C');
    });
    settle();
    D.begin([] {
        asm volatile("cli");
        spin(0x6000);
        log('D');
        asm volatile("sti");
    });
    settle(50000);
    LOG("DBAC");
}

ROW(timeout_many_at_once) {
    constexpr Word count = 1000;
    static Word woken;
    woken = 0;
    deadline = now() + 1000000;
    crowd::start(count, [](Word) {
        const Regs r = ipc(sleep_until(deadline));
        if (r.eax == L4_IPC_RETIMEOUT && now() >= deadline) ++woken;
    });
    YES(now() < deadline);
    EQ(woken, 0);
    settle(deadline - now() + 100000);
    EQ(woken, count);
}

ROW(timeout_absolute_receive) {
    cast(1);
    for (const Word rcv : {0u, L4_RCV_OPEN}) {
        deadline = now() + 3000;
        run_timed(sleep_until(deadline, rcv != 0 ? 0x12345678 : 0, rcv));
        EQ(result, L4_IPC_RETIMEOUT);
        // l4_deadline_at rounds up to what the format can tell.
        YES(over >= deadline && over < deadline + 64 + slack);
    }
}

Regs send_until(Id to, std::uint64_t at) {
    const l4_deadline_t d = l4_deadline_at(now(), at);
    const Word flags = L4_IPC_ABS_SND | (d.clock != 0 ? L4_IPC_ABS_SND_CLOCK : 0);
    return send({to.low, flags}, 5, 6, l4_timeout(d.time.man, d.time.exp, 0, 0));
}

ROW(timeout_absolute_send) {
    cast(2);
    deadline = now() + 3000;
    run_timed(send_until(B.id, deadline));
    EQ(result, L4_IPC_SETIMEOUT);
    YES(over >= deadline && over < deadline + 64 + slack);
}

/// Waits until the low nine bits of the clock are there, and then does `r`.
void run_at(Word low, Regs r) {
    static Word wanted;
    wanted = low;
    timed_ipc = r;
    A.begin([] {
        while ((now() & 0x1ff) != wanted) {
        }
        timed();
    });
    static_cast<void>(A.end());
}

/// Kernel entries of others may come between; who waits for the clock's bits to come again waits for longer.
constexpr Word at_once = 0x80;

/// Until the clock's low eight bits are `man`, bit 8 is `clock`.
Regs sleep_to(Word man, bool clock) {
    return receive({0, L4_IPC_ABS_RCV | (clock ? L4_IPC_ABS_RCV_CLOCK : 0)}, rcv_exactly(man, 15));
}

ROW(timeout_absolute_past_is_zero) {
    cast(2);
    // At 0x110 and a little, 0x108 is over, and the clock bit is as that of now.
    run_at(0x110, sleep_to(0x08, true));
    EQ(result, L4_IPC_RETIMEOUT);
    YES(over - begun < at_once);
    const Id late = {B.id.low, L4_IPC_ABS_SND | L4_IPC_ABS_SND_CLOCK};
    run_at(0x110, send(late, 0, 0, l4_timeout(0x08, 15, 0, 0)));
    EQ(result, L4_IPC_SETIMEOUT);
    YES(over - begun < at_once);
    B.begin(receive_open());
    settle();
    run_at(0x110, send(late, 0, 0, l4_timeout(0x08, 15, 0, 0)));
    EQ(result, L4_IPC_OK);
    EQ(B.end().eax, two_words);
    // Equal to now: some entry of many hits its own microsecond, and none of them waits.
    for (Word ahead = 0; ahead < 16; ++ahead) {
        run_at(0x110, sleep_to(0x10 + ahead, true));
        EQ(result, L4_IPC_RETIMEOUT);
        YES(over - begun <= ahead + slack);
    }
}

ROW(timeout_absolute_clock_bit) {
    cast(1);
    run_at(0x100, sleep_to(0x10, true));
    EQ(result, L4_IPC_RETIMEOUT);
    const std::uint64_t first = (begun & ~0x1ffull) + 0x110;
    YES(over >= first && over < first + 0x80);
    run_at(0x120, sleep_to(0x10, false));
    EQ(result, L4_IPC_RETIMEOUT);
    const std::uint64_t second = (begun & ~0x1ffull) + 0x210;
    YES(over >= second && over < second + 0x80);
}

ROW(timeout_absolute_far_ahead_is_past) {
    cast(1);
    // 0x270 is ahead by more than half of the period, also when some entries come between: 0x220 would be
    // only 16 us beyond.
    run_at(0x110, sleep_to(0x70, false));
    EQ(result, L4_IPC_RETIMEOUT);
    YES(over - begun < at_once);
}

ROW(timeout_absolute_flags_do_not_name) {
    cast(3);
    B.begin(receive_open());
    settle();
    const Id flagged_b = {B.id.low, L4_IPC_ID_FLAGS_MASK}, flagged_c = {C.id.low, L4_IPC_ID_FLAGS_MASK};
    EQ(A.ipc(send(flagged_b, 3, 4, never)).eax, L4_IPC_OK);
    EQ(B.end().edx, 3);
    B.begin(send(A.id, 5));
    settle();
    C.begin(send(A.id, 6));
    settle();
    EQ(A.ipc(receive(flagged_c, never)).edx, 6);
}

ROW(timeout_absolute_parts_are_separate) {
    cast(2);
    deadline = now() + 20000;
    l4_deadline_t d = l4_deadline_at(now(), deadline);
    const Regs receive_absolute =
        both({B.id.low, l4_rcv_deadline_flags(d)}, 0, 0, l4_timeout(3, 10, d.time.man, d.time.exp));
    run_timed(receive_absolute);
    EQ(result, L4_IPC_SETIMEOUT);
    expect_lasted(3072);
    B.begin(receive_open());
    settle(500);
    run_timed(receive_absolute);
    EQ(result, L4_IPC_RETIMEOUT);
    YES(over >= deadline && over < deadline + 512 + slack);
    deadline = now() + 20000;
    d = l4_deadline_at(now(), deadline);
    const Word flags = L4_IPC_ABS_SND | (d.clock != 0 ? L4_IPC_ABS_SND_CLOCK : 0);
    const Regs send_absolute = both({B.id.low, flags}, 0, 0, l4_timeout(d.time.man, d.time.exp, 5, 11));
    B.begin(receive_open());
    settle(500);
    run_timed(send_absolute);
    EQ(result, L4_IPC_RETIMEOUT);
    expect_lasted(1280);
    run_timed(send_absolute);
    EQ(result, L4_IPC_SETIMEOUT);
    YES(over >= deadline && over < deadline + 512 + slack);
}

} // namespace
} // namespace conformance
