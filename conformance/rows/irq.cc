// SPDX-License-Identifier: BSD-2-Clause
// abi/table/irq.toml
#include "conformance/harness/machine.h"
#include "conformance/harness/row.h"

namespace conformance {
namespace {

constexpr Id line = {serial_irq + L4_IRQ_ID_FIRST, 0}, other_line = {keyboard_irq + L4_IRQ_ID_FIRST, 0};
constexpr Id clock_line = {clock_irq + L4_IRQ_ID_FIRST, 0}, mouse_line = {mouse_irq + L4_IRQ_ID_FIRST, 0};

Word attach(Actor& a, Id which = line) { return a.ipc(receive(which, zero)).eax; }

/// Two actors; A owns the line, if it can.
void prepare(int actors = 2) {
    calm_irqs();
    cast(actors);
    EQ(attach(A), L4_IPC_RETIMEOUT);
}

void expect_interrupt(Regs r, Id which = line) {
    EQ(r.eax, 0);
    EQ(r.edx, kept_0);
    EQ(r.ebx, kept_1);
    EQ(r.esi, which.low);
    EQ(r.edi, 0);
}

ROW(irq_attach) {
    prepare();
    NO(irq_masked(serial_irq));
    A.run(l4_irq_detach);
    // A deadline that was over a millisecond ago, in units of 16 us.
    const std::uint64_t past = (now() - 1000) >> 4;
    const Word flags = L4_IPC_ABS_RCV | ((past >> 8 & 1) != 0 ? L4_IPC_ABS_RCV_CLOCK : 0);
    EQ(A.ipc(receive({line.low, flags}, l4_timeout(0, 0, static_cast<Word>(past & 0xff), 11))).eax,
       L4_IPC_RETIMEOUT);
    NO(irq_masked(serial_irq));
    raise_serial_irq();
    expect_interrupt(A.ipc(receive(line, zero)));
}

ROW(irq_attach_owned_by_other) {
    prepare();
    EQ(attach(B), L4_IPC_ENOT_EXISTENT);
    raise_serial_irq();
    expect_interrupt(A.ipc(receive(line, after(1000))));
}

ROW(irq_attach_second_line) {
    prepare();
    EQ(attach(A, other_line), L4_IPC_ENOT_EXISTENT);
    EQ(attach(A), L4_IPC_RETIMEOUT);
    EQ(attach(B, other_line), L4_IPC_RETIMEOUT);
}

ROW(irq_line_not_offered) {
    cast(1);
    for (const Word n : {2u, 16u, 254u})
        for (const Word timeouts : {zero, after(1000), never})
            EQ(A.ipc(receive(l4_irq_id(n), timeouts)).eax, L4_IPC_ENOT_EXISTENT);
}

ROW(irq_wait_not_owner) {
    prepare();
    EQ(B.ipc(receive(line)).eax, L4_IPC_ENOT_EXISTENT);
    EQ(B.ipc(receive(other_line, after(1000))).eax, L4_IPC_ENOT_EXISTENT);
}

ROW(irq_wait) {
    prepare();
    for (const Regs wait : {receive(line), receive_open()}) {
        A.begin(wait);
        settle();
        YES(A.busy());
        raise_serial_irq();
        expect_interrupt(A.end());
    }
}

ROW(irq_wait_timeout) {
    prepare();
    static std::uint64_t begun, over;
    A.begin([] {
        begun = now();
        EQ(ipc(receive(line, rcv_after(3000))).eax, L4_IPC_RETIMEOUT);
        over = now();
    });
    settle(5000);
    NO(A.busy());
    YES(over - begun >= 3000 && over - begun < 3200);
}

/// A is in root, so that it can make its interrupts itself.
void prepare_in_root() {
    calm_irqs();
    A.create_in_root(2);
    B.create(first_task + 1);
    settle();
    EQ(attach(A), L4_IPC_RETIMEOUT);
}

ROW(irq_pending_then_receive) {
    prepare_in_root();
    static Regs wait;
    for (const Regs r : {receive(line, zero), receive(line), receive_open(zero)}) {
        wait = r;
        A.run([] {
            raise_serial_irq();
            spin(100);
            wait = ipc(wait);
        });
        expect_interrupt(wait);
    }
}

ROW(irq_poll_nothing) {
    prepare();
    EQ(attach(A), L4_IPC_RETIMEOUT);
    EQ(attach(B), L4_IPC_ENOT_EXISTENT);
}

ROW(irq_before_queued_senders) {
    prepare();
    B.begin(send(A.id, 1, 2));
    settle();
    raise_serial_irq();
    settle();
    expect_interrupt(A.ipc(receive_open(zero)));
    YES(B.busy());
    EQ(A.ipc(receive_open(zero)).edx, 1);
}

ROW(irq_not_to_closed_wait_for_other) {
    prepare();
    A.begin(receive({B.id.low, 0}, after(5000)));
    settle();
    raise_serial_irq();
    settle();
    YES(A.busy());
    EQ(A.end().eax, L4_IPC_RETIMEOUT);
    expect_interrupt(A.ipc(receive_open(zero)));
}

ROW(irq_masked_until_delivered) {
    prepare_in_root();
    A.run([] {
        NO(irq_masked(serial_irq));
        raise_serial_irq();
        spin(100);
        YES(irq_masked(serial_irq));
        expect_interrupt(ipc(receive(line, zero)));
        NO(irq_masked(serial_irq));
    });
    A.begin(receive(line));
    settle();
    raise_serial_irq();
    NO(irq_masked(serial_irq));
    expect_interrupt(A.end());
}

/// What came while the line was nobody's does not come to `next`, nor does it later; what comes now does.
void expect_forgotten(Actor& next, Id which, void (*raise)()) {
    raise();
    settle();
    YES(irq_masked(which.low - L4_IRQ_ID_FIRST));
    EQ(attach(next, which), L4_IPC_RETIMEOUT);
    EQ(next.ipc(receive(which, zero)).eax, L4_IPC_RETIMEOUT);
    EQ(next.ipc(receive(which, after(1000))).eax, L4_IPC_RETIMEOUT);
    raise();
    expect_interrupt(next.ipc(receive(which, after(1000))), which);
    next.run(l4_irq_detach);
}

/// The director attaches to a free line that has a request, while one of `other` is on its way to A.
void expect_only_that_one_forgotten(Id which, void (*raise)(), Id other, void (*raise_other)()) {
    calm_irqs();
    EQ(attach(A, other), L4_IPC_RETIMEOUT);
    A.begin(receive(other, after(5000)));
    settle();
    raise();
    settle();
    asm volatile("cli");
    raise_other();
    const Word attached = ipc(receive(which, zero)).eax;
    asm volatile("sti");
    EQ(attached, L4_IPC_RETIMEOUT);
    expect_interrupt(A.end(), other);
    EQ(ipc(receive(which, zero)).eax, L4_IPC_RETIMEOUT);
    l4_irq_detach();
    A.run(l4_irq_detach);
}

ROW(irq_without_owner) {
    calm_irqs();
    cast(2);
    expect_forgotten(A, line, raise_serial_irq);
    expect_forgotten(B, line, raise_serial_irq);
    // Of the second interrupt controller; lines of the first one work as before.
    expect_forgotten(A, clock_line, start_clock_irq);
    expect_forgotten(B, clock_line, start_clock_irq);
    calm_irqs();
    expect_forgotten(A, mouse_line, raise_mouse_irq);
    expect_forgotten(B, other_line, raise_keyboard_irq);
    expect_forgotten(A, line, raise_serial_irq);
    expect_only_that_one_forgotten(line, raise_serial_irq, other_line, raise_keyboard_irq);
    expect_only_that_one_forgotten(line, raise_serial_irq, mouse_line, raise_mouse_irq);
    expect_only_that_one_forgotten(clock_line, start_clock_irq, mouse_line, raise_mouse_irq);
    expect_only_that_one_forgotten(clock_line, start_clock_irq, line, raise_serial_irq);
    calm_irqs();
}

ROW(irq_detach) {
    prepare_in_root();
    static bool pending;
    for (const bool p : {false, true}) {
        pending = p;
        A.run([] {
            ipc(receive(line, zero));
            if (pending) raise_serial_irq();
            spin(100);
            EQ(ipc(receive(nil, zero)).eax, L4_IPC_RETIMEOUT);
        });
        YES(irq_masked(serial_irq));
        EQ(attach(B), L4_IPC_RETIMEOUT);
        EQ(B.ipc(receive(line, zero)).eax, L4_IPC_RETIMEOUT);
        B.run(l4_irq_detach);
    }
}

ROW(irq_detach_nothing) {
    cast(1);
    EQ(A.ipc(receive(nil, zero)).eax, L4_IPC_RETIMEOUT);
    EQ(attach(A), L4_IPC_RETIMEOUT);
}

ROW(irq_detach_by_end) {
    prepare();
    l4_task_kill(A.task, root_id);
    YES(irq_masked(serial_irq));
    EQ(attach(B), L4_IPC_RETIMEOUT);
    B.run(l4_irq_detach);
    A.create(A.task);
    settle();
    EQ(attach(A), L4_IPC_RETIMEOUT);
    A.begin(die);
    settle();
    YES(irq_masked(serial_irq));
    EQ(attach(B), L4_IPC_RETIMEOUT);
}

ROW(irq_wakes_owner) {
    prepare();
    B.create_in_root(3);
    C.create(first_task + 2);
    settle();
    for (const Word prio : {actor_prio + 1, actor_prio}) {
        A.set_prio(prio);
        A.begin([] {
            EQ(ipc(receive(line)).eax, 0);
            log('A');
        });
        settle();
        B.begin([] {
            raise_serial_irq();
            spin(100);
            log('B');
        });
        C.begin([] { log('C'); });
        settle(5000);
        LOG(prio > actor_prio ? "ABC" : "BCA");
    }
}

} // namespace
} // namespace conformance
