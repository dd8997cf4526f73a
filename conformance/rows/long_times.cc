// SPDX-License-Identifier: BSD-2-Clause
// Rows of abi/table/timeout.toml and thesis.toml that take seconds to days of the machine's time, in a
// program of their own in which an instruction takes longer.
#include "conformance/harness/handler.h"
#include "conformance/harness/machine.h"

namespace conformance {
namespace {

constexpr std::uint64_t slack = 800;

std::uint64_t begun, over;
Word result;
Regs timed_ipc;

void start_timed(Regs r) {
    timed_ipc = r;
    A.begin([] {
        begun = now();
        result = error(ipc(timed_ipc));
        over = now();
    });
}
void run_timed(Regs r) {
    start_timed(r);
    static_cast<void>(A.end());
}
void expect_lasted(std::uint64_t us) {
    YES(over - begun >= us);
    YES(over - begun < us + slack);
}
constexpr Word rcv_exactly(Word man, Word exp) { return l4_timeout(0, 0, man, exp); }

ROW(timeout_value) {
    cast(1);
    stop_old_timer();
    run_timed(receive(nil, rcv_exactly(100, 8)));
    EQ(result, L4_IPC_RETIMEOUT);
    expect_lasted(1638400);
    run_timed(receive(nil, rcv_exactly(1, 15)));
    expect_lasted(1);
    start_timed(receive(nil, rcv_exactly(255, 1)));
    settle(255ull << 28);
    static_cast<void>(A.end());
    expect_lasted(255ull << 28);
}

ROW(timeout_exponent_0_is_never) {
    cast(2);
    A.begin(receive(nil, rcv_exactly(255, 0)));
    B.begin(receive({0, L4_IPC_ABS_RCV}, rcv_exactly(255, 0)));
    const std::uint64_t from = now();
    stop_old_timer();
    settle(43200000000ull);
    settle(43200000000ull);
    YES(now() - from >= 86400000000ull);
    YES(A.busy());
    YES(B.busy());
    EQ(A.query_state(), L4_STATE_WAITING);
}

/// A runs until its time limit, and then the director answers with the next one.
void spin_for_ever() {
    for (;;) {
    }
}
void set_limit(std::uint64_t us) {
    l4_utcb_t* const utcb = l4_my_utcb();
    utcb->time_limit[0] = static_cast<Word>(us);
    utcb->time_limit[1] = static_cast<Word>(us >> 32);
}

ROW(time_fault_does_not_drift) {
    cast(1);
    handle(A, L4_UTCB_TIME_LIMIT);
    A.begin(trap_with_registers);
    take_exception(A, L4_TRAP_INVALID_OP);
    trapped().eip = address(spin_for_ever);
    std::uint64_t limit = now() + 1000, earliest = ~0ull, latest = 0;
    set_limit(limit);
    EQ(answer(A, whole_state), L4_IPC_OK);
    for (int i = 0; i < 10000; ++i) {
        const Regs r = ipc(receive(A.id));
        const std::uint64_t late = now() - limit;
        if (r.edx != L4_EXC_COOKIE_0 || trapped().trapno != L4_TRAP_TIME) break;
        earliest = late < earliest ? late : earliest;
        latest = late > latest ? late : latest;
        limit += 1000;
        set_limit(limit);
        answer(A, 0);
    }
    // It has come at its time, and then it takes until the director has seen it.
    YES(latest < slack);
    YES(latest - earliest < 100);
    YES(now() >= limit - 1000 && now() < limit);
}

} // namespace
} // namespace conformance
