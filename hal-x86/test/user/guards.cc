// SPDX-License-Identifier: BSD-2-Clause
// What the entries in assembly must see to, and what they must leave to C++, where nothing else keeps a
// message from them: both threads have one priority, no timeouts, and no floating-point registers.
#include "crowd.h"
#include "l4/abi/kip.h"
#include "takers.h"

extern "C" [[noreturn]] void program();

namespace {

constexpr Word done = 0xd00d, hello = 0x4e110, rounds = 50, flat_stack = 0x23, first_tls = 0x33,
               window = 0x50000000;
const Word childs_word = 0xc41d, own_word = 0x0f0f;
alignas(4096) char page[4096];
volatile Word wrong_stack = 0, wrong_child = 0, wrong_own = 0;

/// A segment of all memory from that word on.
void have_segment(const Word& begin) {
    const Word base = reinterpret_cast<Word>(&begin);
    describe_segments();
    utcb().tls[0] = 0xffff | base << 16;
    utcb().tls[1] = 0x00cff300 | (base >> 16 & 0xff) | (base & 0xff000000);
    ex_regs(own_number() | L4_EX_REGS_TLS | L4_EX_REGS_NO_CANCEL, ~0u, ~0u, l4_invalid_id());
}
Word first_of_segment() {
    Word word;
    asm volatile("mov %1, %%fs; mov %%fs:0, %0" : "=r"(word) : "r"(first_tls));
    return word;
}

/// With a stack segment that the kernel would have to load when it comes back.
template <class Way>
void enter(Way way) {
    for (Word n = 0; n < rounds; ++n) {
        call<L4_VEC_FPAGE_UNMAP>({.eax = window | page_4k, .ecx = L4_FP_FLUSH | L4_FP_ALL_SPACES});
        Word ss;
        asm volatile("mov %0, %%ss" ::"r"(first_tls + 8) : "memory"); // the second: flat
        way();
        asm volatile("mov %%ss, %0" : "=r"(ss));
        wrong_stack = wrong_stack + (ss != flat_stack);
        wrong_child = wrong_child + (first_of_segment() != childs_word);
    }
}

void enter_in_all_ways() {
    have_segment(childs_word);
    enter([] { report(hello, 0); });
    enter([] { call<L4_VEC_THREAD_SWITCH>({}); });
    enter([] { asm volatile("int $0x80" ::: "memory"); });
    enter([] { *reinterpret_cast<volatile Word*>(window) = 1; });
    report(done, 0);
    for (;;) sleep(never);
}

/// Answers messages, exceptions, and faults in the window, until the child has done.
Word serve_all(Message m) {
    Word exceptions = 0;
    for (;;) {
        if (first_of_segment() != own_word) wrong_own = wrong_own + 1;
        if (m.w0 == done) return exceptions;
        const bool exception = is_exception(m), fault = !exception && (m.w0 & L4_FP_PAGE_MASK) == window;
        const Word at = reinterpret_cast<Word>(page);
        exceptions += exception;
        if (exception) utcb().state.eip += 2;
        utcb().snd_size = exception ? L4_UTCB_STATE_WORDS : 0;
        m = serve(fault ? ipc(L4_SND_MAP, L4_RCV_OPEN, m.from, window, at | page_4k | L4_FP_WRITE, never)
                        : ipc(0, L4_RCV_OPEN, m.from, 0, 0, never));
    }
}

void segments(Tap& tap, Word status) {
    utcb().status = L4_UTCB_EXCEPTIONS | status;
    start_child(enter_in_all_ways);
    tap.equal(serve_all(serve(wait())), rounds, "exceptions are told");
    tap.equal(wrong_stack, 0, "the stack segment is flat behind each entry");
    tap.equal(wrong_child, 0, "a thread has its own segment when it goes on");
    tap.equal(wrong_own, 0, "and so has who is told something");
    kill_child();
}

constexpr Word below_task = 6, prober = 1, pager = 2, spinner = 3, third = 4, programs_pager = 5,
               killers_prio = L4_PRIO_ROOT / 2;
volatile bool dying = false;
volatile Word refused = 0, taken_after = 0;

void reply_always() {
    for (Message m = wait();;) m = ipc(0, L4_RCV_OPEN, m.from, 0, 0, never);
}

void echo_above_many() {
    report(hello, 0);
    task_new(l4_threadid(below_task, 0), reinterpret_cast<Word>(sleep_long), 0, thread(pager));
    report(done, 0);
    reply_always();
}

/// C++ is asked by sysenter, then assembly.
void probe() {
    const Regs r = {.ecx = never, .esi = child.low, .edi = child.high};
    for (;;) {
        sleep(receive_within(16));
        if (!dying || l4_msgdope_error(call_at(L4_SYSCALL_PAGE, r).eax) == 0) continue;
        refused = refused + 1;
        taken_after = taken_after + (l4_msgdope_error(call<L4_VEC_IPC>(r).eax) == 0);
    }
}

/// By what short_ipc.S leaves to shortcut.S.
void probe_with_segment() {
    have_segment(own_word);
    probe();
}

/// A task that is being deleted takes no messages, though its threads wait for them while what is below it
/// goes.
void deletion(Tap& tap, Body body) {
    start(prober, body);
    start_child(echo_above_many);
    set_slice(child, L4_PRIO_ROOT, 255, 2); // hours: more than is left to who sends
    serve(wait());
    task_new(l4_threadid(below_task, 0), 0, 0, l4_nil_id(), child.low);
    serve(ipc(0, L4_RCV_OPEN, child, 0, 0, never));
    for (Word l = 1; l < L4_THREADS_PER_TASK; ++l)
        ex_regs(l4_ex_regs_target(below_task, l), reinterpret_cast<Word>(sleep_long), 0, thread(pager));
    serve(ipc(0, L4_RCV_OPEN, child, 0, 0, receive_within(1600)), receive_within(1600)); // until it waits
    refused = 0;
    set_prio(0, killers_prio);
    dying = true;
    kill_child();
    dying = false;
    set_slice(main_thread, L4_PRIO_ROOT, 156, 12); // 10 ms: assembly leaves endless ones to C++
    start(prober, [] { sleep(never); });
    tap.check(refused > 2, "a task that is being deleted is asked again and again");
    tap.equal(taken_after, 0, "it takes no message");
}

volatile Word began = 0, came = 0;

Word microseconds() {
    return static_cast<Word>(reinterpret_cast<const volatile l4_kip_t*>(L4_KIP_ADDRESS)->clock);
}

void spin() {
    const Message m = wait();
    began = microseconds();
    while (came == 0) {
    }
    ipc(0, L4_RCV_OPEN, m.from, 0, 0, never);
}

void come() {
    came = microseconds();
    sleep(never);
}

/// The timer is armed for the slice of the sender, of 10 ms; that of the receiver is the least there is.  The
/// kernel's clock is mostly of the same microsecond.
void short_slice(Tap& tap) {
    Word longest = 0;
    for (Word n = 0; n < 8; ++n) {
        began = 0;
        came = 0;
        start(spinner, spin);
        set_slice(thread(spinner), L4_PRIO_ROOT, 13, 13);
        sleep(receive_within(1600));
        start(third, come);
        myself();
        call_ipc(thread(spinner), 0, 0);
        if (came - began > longest) longest = came - began;
    }
    tap.check(longest < 2000, "who gets a message runs for a slice of its own");
}

void answer_and_spin() {
    const Message m = wait();
    ipc(0, L4_RCV_OPEN, m.from, hello, 0, never);
    for (volatile Word n = 0;;) n = n + 1;
}

bool is_told(const Message& m, Word trapno) { return is_exception(m) && utcb().state.trapno == trapno; }

/// Who gets a message has an exception to raise first, and then, from the answer to that, a time limit.
void raised_and_limited(Tap& tap) {
    const l4_threadid_t to = thread(spinner);
    utcb().status = L4_UTCB_EXCEPTIONS | L4_UTCB_TIME_LIMIT;
    utcb().snd_size = 0;
    start(spinner, answer_and_spin, main_thread);
    set_slice(to, L4_PRIO_ROOT, 255, 2);
    sleep(receive_within(1600));
    ex_regs(spinner | L4_EX_REGS_RAISE_EXCEPTION | L4_EX_REGS_NO_CANCEL, ~0u, ~0u, l4_invalid_id());
    tap.check(is_told(call_ipc(to, 0, 0), L4_TRAP_TRIGGERED), "what is to be raised is told first");
    const Word now = microseconds();
    utcb().time_limit[0] = now + 3000;
    utcb().time_limit[1] = 0;
    utcb().snd_size = L4_UTCB_STATE_WORDS;
    tap.equal(call_ipc(to, 0, 0).w0, hello, "then it goes on");
    utcb().status = L4_UTCB_EXCEPTIONS;
    utcb().snd_size = 0;
    myself(); // the timer is armed for the caller's slice now
    const bool limited = is_told(call_ipc(to, 0, 0), L4_TRAP_TIME);
    tap.check(limited && microseconds() - now < 5000, "its time limit holds behind a message");
    start(spinner, [] { sleep(never); });
}

/// Of messages that assembly does all.
void clock_goes_on(Tap& tap) {
    start(spinner, reply_always);
    call_ipc(thread(spinner), 0, 0);
    const Word before = microseconds();
    for (Word n = 0; n < 500; ++n) call_ipc(thread(spinner), 0, 0);
    tap.check(microseconds() - before > 50, "the clock of the info page goes on");
}

/// The last thread of the last task has the bits that the kernel looks for in an id.
void invalid_id(Tap& tap) {
    constexpr Word last_task = L4_TASKS - 1, last_thread = L4_THREADS_PER_TASK - 1;
    const l4_threadid_t last = l4_threadid(last_task, last_thread);
    const Word begin = reinterpret_cast<Word>(reply_always);
    char* const top = stacks[last_thread] + sizeof stacks[0] - 16;
    start(programs_pager, takers::be_pager);
    task_new(l4_threadid(last_task, 0), reinterpret_cast<Word>(sleep_long), 0, thread(pager));
    ex_regs(l4_ex_regs_target(last_task, last_thread), begin, reinterpret_cast<Word>(top),
            thread(programs_pager));
    set_slice(last, L4_PRIO_ROOT, 156, 12);
    sleep(receive_within(1600));
    tap.equal(l4_msgdope_error(call_ipc(last, 0, 0).result), 0, "the last thread answers");
    tap.equal(call_ipc(l4_invalid_id(), 0, 0).result, L4_IPC_ENOT_EXISTENT, "the invalid id is nobody's");
    task_new(l4_threadid(last_task, 0), 0, 0, l4_nil_id(), main_thread.low);
}

constexpr Word port = 0x71, kernels = 0xc0300000;

void use_port() { asm volatile("inb %0, %%al" ::"i"(port) : "eax"); }
void read_kernels() { takers::read(kernels); }
void raise() { asm volatile("int $0x80"); }
void tell_later() {
    sleep(receive_within(3200));
    report(hello, 0);
    sleep(never);
}

/// What a child's first doings are told as.
Word told(Body body) {
    start_child(body);
    const Word w0 = serve(wait()).w0;
    kill_child();
    return w0;
}

/// Not each fault is what it seems to be, and not each exception is told.
void faults(Tap& tap) {
    utcb().status = L4_UTCB_EXCEPTIONS;
    tap.equal(told(use_port), l4_io_fpage(port, 0, 0), "a port is no exception");
    tap.equal(told(read_kernels), kernels, "whether the kernel has a page is not told");
    utcb().status = 0;
    start(third, tell_later);
    tap.equal(told(raise), hello, "who does not ask for exceptions is told none");
}

} // namespace

void program() {
    Tap tap;
    touch_stacks();
    page[0] = 1;
    utcb().rcv_size = L4_UTCB_STATE_WORDS;
    start(pager, crowd::be_pager);
    invalid_id(tap);
    deletion(tap, probe);
    deletion(tap, probe_with_segment);
    faults(tap);
    short_slice(tap);
    clock_goes_on(tap);
    raised_and_limited(tap);
    have_segment(own_word);
    short_slice(tap);
    clock_goes_on(tap);
    raised_and_limited(tap);
    segments(tap, 0);
    asm volatile("inb $0x70, %%al" ::: "eax"); // with a port
    segments(tap, 0);
    segments(tap, L4_UTCB_PF_STATE);
    tap.done();
}
