// SPDX-License-Identifier: BSD-2-Clause
// A second task: page faults, mappings, exceptions, UTCBs, and its end.
#include "child.h"
#include "l4/abi/kip.h"

extern "C" [[noreturn]] void program();

namespace {

alignas(4096) volatile Word shared[1024];
constexpr Word nowhere = 0x40000000;
constexpr Word done = 0xd00d, magic = 0x600d;

[[noreturn]] void finish(Word w1) {
    report(done, w1);
    for (;;) sleep(never);
}

void touches_nowhere() {
    *reinterpret_cast<volatile Word*>(nowhere + 8) = 1;
    finish(*reinterpret_cast<volatile Word*>(nowhere + 8));
}

void page_faults(Tap& tap) {
    const Regs r = start_child(touches_nowhere);
    tap.equal(r.esi, child.low, "task_new makes a task");
    Message m = serve(wait());
    tap.equal(m.w0, (nowhere + 8) | L4_PF_WRITE, "its page fault is a message with the address");
    tap.equal(m.from.low, child.low, "of its thread");
    shared[2] = 0;
    m = serve(ipc(L4_SND_MAP, L4_RCV_OPEN, child, nowhere,
                  reinterpret_cast<Word>(shared) | page_4k | L4_FP_WRITE, never));
    tap.check(m.w0 == done && m.w1 == 1, "it goes on when the page is there");
    tap.equal(shared[2], 1, "and what it writes is seen in the other task");
}

void writes_again() {
    auto& word = *reinterpret_cast<volatile Word*>(nowhere);
    for (Word i = 1;; ++i) {
        word = i;
        report(magic, i);
    }
}

Regs unmap(Word fpage, Word mask) { return call<L4_VEC_FPAGE_UNMAP>({.eax = fpage, .ecx = mask}); }

void unmapping(Tap& tap) {
    const Word fpage = reinterpret_cast<Word>(shared) | page_4k;
    start_child(writes_again);
    Message m = serve(wait());
    m = serve(ipc(L4_SND_MAP, L4_RCV_OPEN, child, nowhere, fpage | L4_FP_WRITE, never));
    tap.check(m.w0 == magic && m.w1 == 1, "it writes without a fault");
    unmap(fpage, L4_FP_FLUSH);
    m = call_ipc(child, 0, 0);
    tap.equal(m.w0, nowhere | L4_PF_WRITE, "after a flush it faults");
    m = serve(ipc(L4_SND_MAP, L4_RCV_OPEN, child, nowhere, fpage | L4_FP_WRITE, never));
    tap.equal(m.w1, 2, "and goes on");
    unmap(fpage, 0);
    m = call_ipc(child, 0, 0);
    tap.equal(m.w0, nowhere | L4_PF_WRITE | L4_PF_PRESENT, "read-only: a fault with the page present");
    const Regs r = unmap(fpage, L4_UNMAP_RESET);
    tap.check(r.eax != 0, "the page was referenced");
}

void divides() {
    asm volatile(
        "mov $0x11111111, %%ebx\n\t"
        "mov $0x22222222, %%esi\n\t"
        "xor %%edx, %%edx\n\t"
        "xor %%ecx, %%ecx\n\t"
        "mov $7, %%eax\n\t"
        "stc\n\t"
        "div %%ecx" ::
            : "eax", "ebx", "ecx", "edx", "esi", "cc");
    finish(0);
}
void calls_linux() {
    asm volatile("mov $20, %%eax; int $0x80" ::: "eax", "memory");
    finish(1);
}
void goes_wild() { asm volatile("ud2"); }

/// The pager's UTCB takes exceptions with their whole state.
void exceptions(Tap& tap) {
    l4_utcb_t& u = utcb();
    tap.equal(reinterpret_cast<Word>(&u), L4_UTCB_AREA, "GS:0 leads to the UTCB");
    u.status = L4_UTCB_EXCEPTIONS;
    u.rcv_size = L4_UTCB_STATE_WORDS;
    start_child(divides);
    Message m = serve(wait());
    tap.check(is_exception(m), "a division by zero is an exception message");
    tap.equal(u.state.trapno, L4_TRAP_DIVIDE, "its trap number");
    tap.equal(u.state.ebx, 0x11111111, "EBX");
    tap.equal(u.state.esi, 0x22222222, "ESI");
    tap.equal(u.state.eax, 7, "EAX");
    tap.check((u.state.eflags & 1) != 0, "the carry flag");
    tap.check((u.state.esp & ~(stack_size - 1)) == reinterpret_cast<Word>(child_stack), "ESP");
    const auto* const code = reinterpret_cast<const unsigned char*>(u.state.eip);
    tap.check(code[0] == 0xf7 && code[1] == 0xf1, "EIP is that of the instruction");
    u.snd_size = L4_UTCB_STATE_WORDS;
    u.state.ecx = 1;
    m = serve(ipc(0, L4_RCV_OPEN, child, 0, 0, never));
    tap.check(m.w0 == done, "with another ECX it goes on");

    start_child(calls_linux);
    m = serve(wait());
    tap.check(is_exception(m), "int 0x80 is an exception");
    tap.equal(u.state.trapno, L4_TRAP_PROTECTION, "trap 13");
    tap.equal(u.state.err, L4_EXC_ERR_INT80, "error code 0x402");
    tap.equal(u.state.eax, 20, "EAX is its argument");
    u.state.eip += 2;
    m = serve(ipc(0, L4_RCV_OPEN, child, 0, 0, never));
    tap.check(m.w0 == done && m.w1 == 1, "it goes on behind the int");
    u.snd_size = 0;
    u.status = 0;
    start_child(goes_wild);
    m = serve(wait(), patiently);
    tap.equal(m.result, L4_IPC_RETIMEOUT, "nobody is told when the pager takes no exceptions");
    const Regs state = call<L4_VEC_THREAD_SCHEDULE>({.eax = L4_SCHED_QUERY, .esi = child.low});
    tap.equal((state.eax & L4_SCHED_STATE_MASK) >> L4_SCHED_STATE_SHIFT, L4_STATE_DEAD, "the thread is dead");
}

void calls_as_alien() {
    const Word me = myself().low;
    finish(me);
}

/// Every call of an alien is an exception; DEALIEN executes it.
void aliens(Tap& tap) {
    l4_utcb_t& u = utcb();
    u.status = L4_UTCB_EXCEPTIONS;
    u.rcv_size = L4_UTCB_STATE_WORDS;
    u.snd_size = 0;
    start_child(calls_as_alien, 255u | L4_TASK_NEW_ALIEN);
    Message m = wait();
    // An alien's page faults are exceptions, too; the answer's flexpage is its page.
    while (is_exception(m) && u.state.trapno == L4_TRAP_PAGE_FAULT) m = map_and_wait(u.state.pfa);
    tap.check(is_exception(m) && u.state.trapno == L4_TRAP_PROTECTION,
              "an alien's system call is an exception");
    tap.equal(u.state.err, l4_exc_err_int(L4_VEC_ID_NEAREST), "with the vector in its error code");
    m = ipc(0, L4_RCV_OPEN, child, L4_EXC_DEALIEN, 0, never);
    tap.equal(u.state.err, l4_exc_err_int(L4_VEC_ID_NEAREST) | L4_EXC_ERR_AFTER_CALL,
              "and another after the call");
    tap.equal(u.state.esi, child.low, "which has its result");
    u.status = 0;
}

void deletion(Tap& tap) {
    start_child(writes_again);
    serve(wait());
    kill_child();
    tap.equal(call_ipc(child, 0, 0).result, L4_IPC_ENOT_EXISTENT, "a killed task's thread does not exist");
    bool all = true;
    const Word before = task_new(child, 0, 0, l4_nil_id(), main_thread.low).ecx;
    for (int i = 0; i < 200; ++i) {
        start_child(writes_again);
        all &= serve(wait()).w0 == (nowhere | L4_PF_WRITE);
        kill_child();
    }
    tap.check(all, "two hundred tasks come and go");
    tap.equal(task_new(child, 0, 0, l4_nil_id(), main_thread.low).ecx, before, "and leave no memory behind");
}

} // namespace

void program() {
    Tap tap;
    page_faults(tap);
    unmapping(tap);
    exceptions(tap);
    aliens(tap);
    deletion(tap);
    tap.done();
}
