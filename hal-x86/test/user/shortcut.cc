// SPDX-License-Identifier: BSD-2-Clause
// Short IPC as the assembly path does it or leaves it to C++: both kernels run this.
#include <initializer_list>

#include "child.h"
#include "l4/abi/exception.h"

extern "C" {
[[noreturn]] void program();
[[noreturn]] void echo();
}

namespace {

alignas(16) char stacks[2][4096];
volatile Word turns_of_third = 0, seen_fs = 0;
const l4_threadid_t sigma0 = l4_threadid(L4_TASK_SIGMA0, 0), near = l4_threadid(L4_TASK_ROOT, 1),
                    nobody = l4_threadid(77, 5);
constexpr Word direction = 1u << 10;

void start(Word lthread, void (*body)()) {
    ex_regs(lthread, reinterpret_cast<Word>(body),
            reinterpret_cast<Word>(stacks[lthread - 1] + sizeof stacks[0]), sigma0);
}

Word read_fs() {
    Word fs;
    asm volatile("mov %%fs, %0" : "=r"(fs));
    return fs & 0xffff;
}
void write_fs(Word fs) { asm volatile("mov %0, %%fs" ::"r"(fs)); }

void words(Tap& tap, l4_threadid_t partner, const char* what) {
    bool all = true;
    for (Word i = 0; i < 1000; ++i) {
        const Regs r = call<L4_VEC_IPC>({.edx = i, .ebx = ~i, .esi = partner.low, .edi = partner.high});
        all &= r.eax == l4_msgdope(2, 0) && r.edx == i + 1 && r.ebx == (~i ^ 5) && r.esi == partner.low;
        all &= r.ecx == 0 && r.ebp == 0; // not promised; and nothing of the kernel's
    }
    tap.check(all, what);
}

/// Timeouts, receive descriptors and partners other than the usual.
void others(Tap& tap) {
    for (const Word timeouts : {at_once, send_at_once, patiently, never}) {
        const Message m = ipc(0, 0, near, 7, 8, timeouts);
        const bool answered = l4_msgdope_error(m.result) == 0;
        const bool too_early = l4_msgdope_error(m.result) == L4_IPC_RETIMEOUT;
        tap.check(timeouts == at_once ? too_early : answered && m.w0 == 8, "a call with a timeout");
        if (too_early) ipc(L4_IPC_NO_SEND, 0, near, 0, 0, patiently);
    }
    const Message open = ipc(0, L4_RCV_OPEN, near, 3, 4, never);
    tap.check(open.w0 == 4 && open.from.low == near.low, "a call that any answer ends");
    tap.equal(ipc(0, 0, nobody, 0, 0, never).result, L4_IPC_ENOT_EXISTENT, "to a thread that is not there");
    tap.equal(ipc(0, L4_IPC_NO_RECV, nobody, 0, 0, never).result, L4_IPC_ENOT_EXISTENT, "without a wait");
    tap.equal(ipc(0, 0, l4_nil_id(), 0, 0, never).result, L4_IPC_ENOT_EXISTENT, "to nil");
    tap.equal(ipc(0, 0, l4_invalid_id(), 0, 0, never).result, L4_IPC_ENOT_EXISTENT, "to the invalid id");
    tap.equal(ipc(0, 0, {5, 0}, 0, 0, never).result, L4_IPC_ENOT_EXISTENT, "to an interrupt");
    tap.equal(ipc(0, 0, myself(), 0, 0, at_once).result, L4_IPC_SETIMEOUT, "to itself");
    tap.equal(ipc(0, L4_IPC_NO_RECV, near, 1, 2, never).result, L4_IPC_OK, "a message without a wait");
    tap.equal(wait(patiently).w0, 2, "and its answer");
}

/// What a thread has besides general registers stays its own.
void segments_and_flags(Tap& tap) {
    write_fs(0x23);
    Word es_works = 0, flags = 0;
    asm volatile(
        "push %%ebp\n\t"
        "xor %%eax, %%eax\n\t"
        "mov %%eax, %%es\n\t"
        "mov %%eax, %%ds\n\t"
        "std\n\t"
        "xor %%ebp, %%ebp\n\t"
        "xor %%ecx, %%ecx\n\t"
        "int $0x30\n\t"
        "pushf\n\t"
        "pop %1\n\t"
        "cld\n\t"
        "mov %%es, %0\n\t"
        "pop %%ebp"
        : "=&a"(es_works), "=&c"(flags)
        : "S"(near.low), "D"(near.high), "d"(1), "b"(2)
        : "memory", "cc");
    tap.equal(read_fs(), 0x23, "a selector is the same behind a call");
    tap.equal(seen_fs, 0, "and the partner has its own");
    tap.equal(es_works & 0xffff, 0x23, "data segments are flat again");
    tap.check((flags & direction) != 0, "the direction flag is the caller's own");
    write_fs(0);
}

Word consumed(l4_threadid_t id) {
    const Regs r = call<L4_VEC_THREAD_SCHEDULE>(
        {.eax = L4_SCHED_QUERY, .ebx = ~0u, .ebp = ~0u, .esi = id.low, .edi = id.high});
    return r.ecx;
}

void counts() {
    for (;;) turns_of_third = turns_of_third + 1;
}

/// Two that call each other all the time are charged for it, and do not keep a third waiting.
void time(Tap& tap) {
    start(2, counts);
    const Word own = consumed(main_thread), others = consumed(near);
    Word calls = 0;
    do { // the third may have had its turn already
        for (Word i = 0; i < 1000; ++i) call_ipc(near, 0, 0);
        calls += 1000;
    } while (turns_of_third == 0 && calls < 50000000);
    tap.check(turns_of_third != 0, "a third thread has its turn");
    tap.check(consumed(main_thread) > own && consumed(near) > others, "both are charged");
    call<L4_VEC_LTHREAD_EX_REGS>(
        {.eax = 2 | L4_EX_REGS_STOP, .ecx = ~0u, .edx = ~0u, .ebx = ~0u, .ebp = ~0u, .esi = ~0u, .edi = ~0u});
}

/// To nobody: a new slice, and what was left of the old one.
void switches(Tap& tap) {
    bool all = true;
    for (Word i = 0; i < 1000; ++i) {
        const Regs r = call<L4_VEC_THREAD_SWITCH>({.ebx = i, .ebp = ~i, .edi = 9});
        all &= r.eax == 0 && r.edx == 0 && r.ecx <= L4_SLICE_DEFAULT_US;
        all &= r.ebx == i && r.ebp == ~i && r.esi == 0 && r.edi == 9;
    }
    tap.check(all, "thread_switch to nobody");
    tap.equal(call<L4_VEC_THREAD_SWITCH>({.eax = 1}).eax, L4_SWITCH_ERROR,
              "with another slice than the first");
    tap.equal(call<L4_VEC_THREAD_SWITCH>({.esi = nobody.low}).eax, L4_SWITCH_ERROR,
              "to one that is not there");
}

constexpr Word exceptions_made = 64, iopl_and_nt = 7u << 12, kernel_code = 8, absent = 0x33;

/// Each answer sets two registers, and tries to set more than a program may.
[[noreturn]] void makes_exceptions() {
    Word bad = 0;
    for (Word i = 0; i < exceptions_made; ++i) {
        Word eax = i, ebx = ~i, ecx = 0x33, flags = 0;
        asm volatile(
            "int $0x80\n\t"
            "pushf\n\t"
            "pop %3"
            : "+a"(eax), "+b"(ebx), "+c"(ecx), "=d"(flags)
            :
            : "memory", "cc");
        Word cs;
        asm volatile("mov %%cs, %0" : "=r"(cs));
        bad += eax != i + 100 || ebx != 0x5555 || ecx != 0x33 || (cs & 0xffff) != 0x1b;
        bad += (flags & iopl_and_nt) != 0 || (flags & 1) != i % 2 || (flags & 1u << 9) == 0;
    }
    report(0xd00d, bad);
    for (;;) sleep(never);
}

void exceptions(Tap& tap) {
    l4_utcb_t& own = utcb();
    own.status = L4_UTCB_EXCEPTIONS;
    own.rcv_size = own.snd_size = L4_UTCB_STATE_WORDS;
    kill_child();
    start_child(makes_exceptions);
    Message m = serve(wait());
    Word right = 0, count = 0;
    for (; is_exception(m) && count < exceptions_made; ++count) {
        l4_utcb_state_t& s = own.state;
        right += s.trapno == L4_TRAP_PROTECTION && s.err == L4_EXC_ERR_INT80 && s.pfa == 0 &&
                 s.eax == count && s.ebx == ~count && s.ecx == 0x33 && s.cs == 0x1b &&
                 m.from.low == child.low && m.result == l4_msgdope(2, 0);
        s.eax = count + 100;
        s.ebx = 0x5555;
        s.eip += 2;
        s.cs = kernel_code;
        s.trapno = s.err = s.pfa = 0x1234;
        s.eflags = iopl_and_nt | count % 2;
        s.gs = count % 8 == 7 ? absent : 0x2b;
        s.fs = count % 8 == 3 ? absent : 0;
        own.rcv_size = count % 8 == 5 ? L4_UTCB_STATE_WORDS + 1 : L4_UTCB_STATE_WORDS;
        m = ipc(0, L4_RCV_OPEN, m.from, count % 4 == 0 ? L4_EXC_DEALIEN : 0, 2, never); // C++, assembly
    }
    own.status = own.rcv_size = own.snd_size = 0;
    tap.equal(right, exceptions_made, "exceptions come with their state");
    tap.check(m.w0 == 0xd00d && m.w1 == 0, "and answers set what a program may set");
}

void priority(Word prio) {
    call<L4_VEC_THREAD_SCHEDULE>(
        {.eax = prio | L4_SCHED_TIME_EXP_MASK, .ebx = ~0u, .ebp = ~0u, .esi = near.low, .edi = near.high});
}

} // namespace

void echo() {
    Message m = wait();
    for (;;) {
        seen_fs = read_fs();
        m = ipc(0, L4_RCV_OPEN, m.from, m.w0 + 1, m.w1 ^ 5, never);
    }
}

void program() {
    Tap tap;
    start(1, echo);
    words(tap, near, "calls within a space");
    others(tap);
    segments_and_flags(tap);
    time(tap);
    switches(tap);
    priority(15);
    words(tap, near, "to a thread of lower priority");
    priority(17);
    words(tap, near, "to one of higher priority");
    start_child(echo);
    serve(wait(patiently), patiently);
    serve(call_ipc(child, 0, 0)); // what it writes faults
    words(tap, child, "to another space");
    exceptions(tap);
    tap.done();
}
