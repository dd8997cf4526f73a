// SPDX-License-Identifier: BSD-2-Clause
// abi/table/exception.toml
#include "conformance/harness/handler.h"
#include "conformance/harness/message.h"
#include "conformance/harness/raw.h"
#include "l4/sys/kdebug.h"

namespace conformance {
namespace {

constexpr Word io_privilege = 3u << 12, nested_task = 1u << 14, interrupts = 1u << 9, trap_flag = 1u << 8;

void prepare(Word more = 0) {
    cast(2);
    handle(A, more);
}

void expect_patterns() {
    expect_patterns_but_ebp();
    EQ(trapped().ebp, 0xe1);
    EQ(trapped().eip, address(trap_at));
}

ROW(exc_message) {
    prepare();
    A.begin(trap_with_registers);
    take_exception(A, L4_TRAP_INVALID_OP);
    expect_patterns();
    EQ(trapped().err, 0);
    EQ(trapped().eflags & (interrupts | io_privilege), interrupts);
    YES(trapped().esp >= 0x1000000 && trapped().esp < 0x1400000);
}

ROW(exc_answer_sets_state) {
    prepare();
    A.begin(trap_with_registers);
    take_exception(A, L4_TRAP_INVALID_OP);
    l4_utcb_state_t& s = trapped();
    s.eax = 1, s.ebx = 2, s.ecx = 3, s.edx = 4, s.esi = 5, s.edi = 6, s.ebp = 7;
    s.eip = address(landing);
    s.esp = 0x1234560;
    EQ(answer(A, whole_state), L4_IPC_OK);
    settle();
    EQ(landed.count, 1);
    EQ(landed.r.eax, 1);
    EQ(landed.r.ebx, 2);
    EQ(landed.r.ecx, 3);
    EQ(landed.r.edx, 4);
    EQ(landed.r.esi, 5);
    EQ(landed.r.edi, 6);
    EQ(landed.r.ebp, 7);
    EQ(landed.esp, 0x1234560);
}

ROW(exc_answer_without_state) {
    prepare();
    A.begin(trap_with_registers);
    take_exception(A, L4_TRAP_INVALID_OP);
    const Word esp = trapped().esp;
    trapped() = {};
    EQ(answer(A, 0), L4_IPC_OK);
    take_exception(A, L4_TRAP_INVALID_OP);
    expect_patterns();
    EQ(trapped().esp, esp);
}

ROW(exc_answer_partial_state) {
    prepare();
    A.begin(trap_with_registers);
    take_exception(A, L4_TRAP_INVALID_OP);
    l4_utcb_state_t& s = trapped();
    s.gs = 0x23;
    s.fs = 0x23;
    s.edi = 6, s.esi = 5, s.ebp = 7;
    s.eax = s.ebx = s.ecx = s.edx = s.eip = s.esp = 0x99;
    EQ(answer(A, 5), L4_IPC_OK);
    take_exception(A, L4_TRAP_INVALID_OP);
    EQ(s.fs, 0x23);
    EQ(s.edi, 6);
    EQ(s.esi, 5);
    EQ(s.ebp, 7);
    EQ(s.eax, 0xa1);
    EQ(s.ebx, 0xb1);
    EQ(s.ecx, 0xc1);
    EQ(s.edx, 0xd1);
    EQ(s.eip, address(trap_at));
}

ROW(exc_answer_is_sanitised) {
    prepare();
    A.begin(trap_with_registers);
    take_exception(A, L4_TRAP_INVALID_OP);
    l4_utcb_state_t& s = trapped();
    const Word cs = s.cs;
    s.cs = 8;
    s.eflags = (s.eflags | io_privilege | nested_task) & ~interrupts;
    s.gs = 0x10;
    s.fs = 0x0f;
    EQ(answer(A, whole_state), L4_IPC_OK);
    take_exception(A, L4_TRAP_INVALID_OP);
    EQ(s.cs, cs);
    EQ(s.eflags & (io_privilege | nested_task | interrupts), interrupts);
    EQ(s.gs, 0);
    EQ(s.fs, 0);
}

extern "C" {
extern char int80_at[];
}
void linux_call() {
    asm volatile(".globl int80_at\nint80_at: int $0x80" : : "a"(20));
    log('l');
}

ROW(exc_int80) {
    prepare();
    A.begin(linux_call);
    take_exception(A, L4_TRAP_PROTECTION);
    EQ(trapped().err, L4_EXC_ERR_INT80);
    EQ(trapped().eip, address(int80_at));
    EQ(trapped().eax, 20);
    trapped().eip += 2;
    EQ(answer(A, whole_state), L4_IPC_OK);
    static_cast<void>(A.end());
    LOG("l");
}

ROW(exc_not_enabled) {
    cast(1);
    A.set_pager(root_id);
    A.begin(trap_with_registers);
    expect_silence(A);
    EQ(A.query_state(), L4_STATE_DEAD);
}

ROW(exc_cancelled_by_ex_regs) {
    prepare();
    E.create_thread(A, 1);
    settle();
    A.begin(trap_with_registers);
    take_exception(A, L4_TRAP_INVALID_OP);
    E.call(L4_VEC_LTHREAD_EX_REGS, ex_regs(0, address(landing)));
    settle();
    EQ(landed.count, 1);
    EQ(landed.r.eax, 0xa1);
    EQ(landed.r.ebx, 0xb1);
    EQ(landed.r.ecx, 0xc1);
    EQ(landed.r.edx, 0xd1);
    EQ(landed.r.esi, 0x51);
    EQ(landed.r.edi, 0xd2);
}

void other_place() {
    log('o');
    for (;;) l4_ipc_sleep(never);
}

ROW(exc_ex_regs_no_cancel) {
    prepare();
    A.begin(trap_with_registers);
    take_exception(A, L4_TRAP_INVALID_OP);
    control(A, L4_EX_REGS_NO_CANCEL, address(other_place));
    settle();
    trapped().eip = address(landing);
    EQ(answer(A, whole_state), L4_IPC_OK);
    settle();
    LOG("");
    EQ(landed.count, 1);
}

/// A is an alien at `body`, on another stack.
void start_alien(Body body, Word flags = 0) {
    control(A, L4_EX_REGS_ALIEN | flags, address(body), other_stack());
}
void alien_sends() {
    raw_call<L4_VEC_IPC>(raw(send(B.id, 5, 6, zero)));
    trap_with_registers();
}

ROW(exc_alien_call) {
    prepare();
    B.begin(receive_open());
    settle();
    start_alien(alien_sends);
    take_exception(A, L4_TRAP_PROTECTION);
    EQ(trapped().err, L4_EXC_ERR_IPC);
    EQ(*at<unsigned char>(trapped().eip), 0xcd);
    EQ(*at<unsigned char>(trapped().eip + 1), 0x30);
    EQ(trapped().edx, 5);
    settle();
    YES(B.busy());
}

ROW(exc_alien_dealien) {
    prepare();
    B.begin(receive_open());
    settle();
    start_alien(alien_sends);
    take_exception(A, L4_TRAP_PROTECTION);
    EQ(answer(A, 0, L4_EXC_DEALIEN), L4_IPC_OK);
    take_exception(A, L4_TRAP_PROTECTION);
    EQ(trapped().err, L4_EXC_ERR_IPC | L4_EXC_ERR_AFTER_CALL);
    EQ(trapped().eax, L4_IPC_OK);
    EQ(B.end().edx, 5);
    EQ(answer(A, 0), L4_IPC_OK);
    take_exception(A, L4_TRAP_INVALID_OP);
}

ROW(exc_alien_page_fault) {
    prepare();
    start_alien([] {
        *words(nowhere + 8) = 7;
        trap_with_registers();
    });
    take_exception(A, L4_TRAP_PAGE_FAULT);
    EQ(trapped().pfa, nowhere + 8);
    EQ(trapped().err & 7, 6);
    EQ(answer(A, 0, nowhere, fpage(page(0)), map_bit), L4_IPC_OK);
    take_exception(A, L4_TRAP_INVALID_OP);
    EQ(*words(page(0) + 8), 7);
}

ROW(exc_alien_breakpoint) {
    prepare();
    start_alien([] { asm volatile("int3"); });
    take_exception(A, L4_TRAP_BREAKPOINT);
}

ROW(exc_breakpoint_not_asked_for) {
    prepare();
    // The debugger's output of a line's end: it takes the int3 and the bytes behind it.
    A.begin([] {
        l4_kd_char('\n');
        log('A');
    });
    expect_silence(A);
    LOG("A");
}

ROW(exc_debug_asked_for) {
    prepare(L4_UTCB_DEBUG);
    A.begin([] {
        asm volatile("int3");
        asm volatile("nop\n\tnop\n\tnop\n\tnop");
        log('A');
    });
    take_exception(A, L4_TRAP_BREAKPOINT);
    trapped().eflags |= trap_flag;
    EQ(answer(A, whole_state), L4_IPC_OK);
    take_exception(A, L4_TRAP_DEBUG);
    for (int i = 0; i < 2; ++i) {
        const Word eip = trapped().eip;
        EQ(answer(A, 0), L4_IPC_OK);
        take_exception(A, L4_TRAP_DEBUG);
        EQ(trapped().eip, eip + 1);
    }
    trapped().eflags &= ~trap_flag;
    EQ(answer(A, whole_state), L4_IPC_OK);
    static_cast<void>(A.end());
    LOG("A");
}

ROW(exc_answer_with_map) {
    prepare();
    A.begin(trap_with_registers);
    take_exception(A, L4_TRAP_INVALID_OP);
    trapped().eip = address(landing);
    trapped().eax = 0x77;
    EQ(answer(A, whole_state, nowhere, fpage(page(0)), map_bit), L4_IPC_SEMSGCUT);
    settle();
    EQ(landed.count, 1);
    EQ(landed.r.eax, 0x77);
    A.restart();
    A.set_pager(pager_id);
    NO(A.can_read(nowhere));
}

ROW(exc_pager_gone) {
    cast(3);
    for (const bool taken : {true, false}) {
        B.run([] { l4_utcb_take_exceptions(0); });
        A.set_pager(B.id);
        A.begin(trap_with_registers);
        settle();
        if (taken) EQ(B.ipc(receive_open(zero)).edx, L4_EXC_COOKIE_0);
        EQ(A.query_state(), taken ? L4_STATE_WAITING : L4_STATE_PENDING_SEND);
        l4_task_kill(B.task, root_id);
        settle(5000);
        EQ(A.query_state(), taken ? L4_STATE_WAITING : L4_STATE_DEAD);
        A.create(A.task);
        B.create(B.task);
        settle();
    }
}

ROW(exc_state_limited_by_pager) {
    prepare();
    for (const Word size : {3u, 0u, 1000u}) {
        A.begin(trap_with_registers);
        l4_utcb_t* const utcb = l4_my_utcb();
        Word* const state_words = &utcb->state.gs;
        for (Word i = 0; i < L4_UTCB_STATE_WORDS; ++i) state_words[i] = 0xeeee;
        utcb->rcv_size = size;
        utcb->tls[0] = 0xabcd;
        const Regs r = next_message(A);
        EQ(r.edx, L4_EXC_COOKIE_0);
        for (Word i = size; i < L4_UTCB_STATE_WORDS; ++i) EQ(state_words[i], 0xeeee);
        if (size >= 3) EQ(state_words[2], 0xd2);
        if (size > 16) EQ(utcb->state.eip, address(trap_at));
        EQ(utcb->rcv_size, size);
        EQ(utcb->snd_size, 0);
        EQ(utcb->tls[0], 0xabcd);
        A.restart();
    }
}

ROW(exc_triggered_in_ipc) {
    prepare();
    A.begin(receive_open());
    settle();
    control(A, L4_EX_REGS_RAISE_EXCEPTION);
    expect_silence(A);
    YES(A.busy());
    B.ipc(send(A.id, 0x31, 0x32));
    take_exception(A, L4_TRAP_TRIGGERED);
    EQ(trapped().eax, two_words);
    EQ(trapped().edx, 0x31);
    EQ(trapped().ebx, 0x32);
    EQ(trapped().esi, B.id.low);
    EQ(answer(A, 0), L4_IPC_OK);
    EQ(A.end().edx, 0x31);
}

ROW(exc_pending_not_enabled) {
    prepare();
    A.begin(receive_open());
    settle();
    control(A, L4_EX_REGS_RAISE_EXCEPTION);
    l4_my_utcb()->status = 0;
    B.ipc(send(A.id, 0x31, 0x32));
    EQ(A.end().edx, 0x31);
    l4_utcb_take_exceptions(0);
    EQ(A.call(L4_VEC_ID_NEAREST, nearest(nil)).esi, A.id.low);
    expect_silence(A);
}

ROW(exc_alien_cleared) {
    prepare();
    start_alien(alien_sends);
    take_exception(A, L4_TRAP_PROTECTION);
    control(A, 0, address(other_place), other_stack());
    expect_silence(A);
    LOG("o");
    EQ(A.query_state(), L4_STATE_WAITING);
}

volatile bool stop;

ROW(exc_triggered) {
    prepare();
    stop = false;
    A.begin([] {
        while (!stop) {
        }
    });
    settle(100);
    control(A, L4_EX_REGS_RAISE_EXCEPTION);
    take_exception(A, L4_TRAP_TRIGGERED);
    EQ(trapped().err, 0);
    stop = true;
    EQ(answer(A, 0), L4_IPC_OK);
    static_cast<void>(A.end());
}

ROW(exc_triggered_twice) {
    prepare();
    stop = false;
    A.begin([] {
        while (!stop) {
        }
        log('A');
    });
    settle(100);
    control(A, L4_EX_REGS_RAISE_EXCEPTION);
    control(A, L4_EX_REGS_RAISE_EXCEPTION, address(other_place));
    take_exception(A, L4_TRAP_TRIGGERED);
    YES(trapped().eip != address(other_place));
    stop = true;
    EQ(answer(A, 0), L4_IPC_OK);
    expect_silence(A);
    LOG("A");
}

ROW(exc_task_new_flags) {
    l4_utcb_take_exceptions(0);
    const auto start = [](Word flags, Body body) {
        call(L4_VEC_TASK_NEW,
             task_new(10, l4_task_new_create(255, 0) | flags, address(body), other_stack(), root_id));
        call(L4_VEC_THREAD_SCHEDULE, schedule(l4_threadid(10, 0), default_slice(actor_prio)));
    };
    A.id = l4_threadid(10, 0);
    start(L4_TASK_NEW_ALIEN, alien_sends);
    // An alien's page fault comes as an exception.
    take_exception(A, L4_TRAP_PAGE_FAULT);
    EQ(trapped().pfa, address(alien_sends));
    EQ(answer(A, 0, address(alien_sends), fpage(address(alien_sends) & L4_FP_PAGE_MASK), map_bit), L4_IPC_OK);
    start(L4_TASK_NEW_RAISE_EXCEPTION, alien_sends);
    take_exception(A, L4_TRAP_TRIGGERED);
    EQ(trapped().eip, address(alien_sends));
    EQ(trapped().esp, other_stack());
}

/// An interrupt descriptor table of the program: gates that lead to `reflected`.
struct Gate {
    Word low, high;
};
alignas(8) Gate gates[32];
struct [[gnu::packed]] Pseudo {
    std::uint16_t limit;
    Word base;
};
Pseudo table;

extern "C" {
void reflected();
extern char divides_at[], protects_at[];
}
asm(".globl reflected\nreflected: popl %eax\n\tpopl %ebx\n\tpopl %ecx\n\tpopl %edx\n\tjmp landing");

void set_table(Word vectors) {
    const Word place = address(reflected);
    for (Gate& g : gates) g = {(place & 0xffff) | 0x1b0000, (place & 0xffff0000) | 0xee00};
    table = {static_cast<std::uint16_t>(vectors * 8 - 1), address(gates)};
}
void install() { asm volatile("lidt (%0)" : : "a"(&table) : "memory"); }

ROW(exc_lidt_reflection) {
    cast(1);
    set_table(32);
    A.begin([] {
        install();
        asm volatile(".globl divides_at\ndivides_at: divl %0" : : "r"(0), "a"(1), "d"(0));
    });
    settle();
    EQ(landed.count, 1);
    EQ(landed.r.eax, address(divides_at));
    EQ(landed.r.ebx & 3, 3);
    EQ(landed.r.ecx & interrupts, interrupts);
}

ROW(exc_lidt_reflection_with_error) {
    cast(3);
    set_table(32);
    A.begin([] {
        install();
        asm volatile(".globl protects_at\nprotects_at: int $0x21");
    });
    settle();
    EQ(landed.count, 1);
    EQ(landed.r.eax, l4_exc_err_int(0x21));
    EQ(landed.r.ebx, address(protects_at));
    EQ(landed.r.edx & interrupts, interrupts);
    B.begin([] {
        install();
        asm volatile("movl %0, %%esp\n\tdivl %%ecx" : : "i"(nowhere + 0x100), "c"(0), "a"(1), "d"(0));
    });
    settle();
    YES(B.fault.seen);
    EQ(B.fault.w0 & ~0xffu, nowhere);
    C.begin([] {
        table.limit = 5 * 8 - 1;
        install();
        asm volatile("ud2");
    });
    settle();
    EQ(C.query_state(), L4_STATE_DEAD);
    EQ(landed.count, 1);
}

} // namespace
} // namespace conformance
