// SPDX-License-Identifier: BSD-2-Clause
// A hostile task does 100,000 things that come to its mind (rubbish.h): the kernel and a bystander are
// unharmed, and no memory of the kernel is lost.  The root gives it pages and answers its exceptions.
#include "rubbish.h"

#include "l4/abi/counters.h"
#include "l4/abi/kip.h"

extern "C" {
[[noreturn]] void program();
extern char program_end[];
}

namespace {

using rubbish::ground;
using rubbish::place;

constexpr Word goal = 100'000, stages = 10, above_all = 100, prio = 10;
/// Of kernel memory, for a hostile task: enough for a second one, or for little beyond itself.
constexpr Word quotas[] = {96, 20};
/// A task that does nothing for so long is helped, or made again.
constexpr std::uint64_t patience = 200;
const l4_threadid_t sigma0 = l4_threadid(L4_TASK_SIGMA0, 0);

// A hostile one's message may have faults of its own, which the root would have to serve: it does not wait
// for those.
constexpr Word timeouts = l4_timeout(0, 1, 1, 11) | l4_timeout_pf(L4_TIMEOUT_PF_ZERO, L4_TIMEOUT_PF_ZERO);

/// What one of the bystander's threads has, and what it found of it.
struct alignas(4096) Own {
    volatile Word words[900];
    volatile Word rounds, wrong;
    alignas(16) char stack[256];
};
static_assert(sizeof(Own) == 4096);

Own own[2];
volatile Word reports = 0, faults_of_bystander = 0;
alignas(16) char stack_of_holder[512];

Word expected(Word who, Word i) { return (who + 1) * 0x01000193 ^ i * 0x9e3779b1; }

bool registers_are_kept(Word who) {
    const Word edx = expected(who, 1), ebx = expected(who, 2);
    // One sleeps; the other, who is never more important than the hostile threads, lets them run.
    if (who == 0) {
        const Regs r =
            call<L4_VEC_IPC>({.eax = L4_IPC_NO_SEND, .ecx = receive_within(480), .edx = edx, .ebx = ebx});
        return r.eax == L4_IPC_RETIMEOUT && r.edx == edx && r.ebx == ebx && r.esi == 0 && r.edi == 0;
    }
    Word esi = edx, edi = ebx, eax = ~edx, left = 2000;
    asm volatile(
        "1: dec %0\n\t"
        "jnz 1b"
        : "+c"(left), "+S"(esi), "+D"(edi), "+a"(eax)::"cc");
    const Regs r = call<L4_VEC_THREAD_SWITCH>({.ebx = ebx, .ebp = edx, .edi = 9});
    return esi == edx && edi == ebx && eax == ~edx && left == 0 && r.eax == 0 && r.ebx == ebx &&
           r.ebp == edx && r.edi == 9;
}

struct alignas(16) Block {
    Word words[4];
};

/// The bystander: what it has in memory, in its UTCB and in registers is as it left it.
template <Word who>
[[noreturn]] void live() {
    Own& mine = own[who];
    auto* const state = reinterpret_cast<volatile Word*>(&utcb().state);
    for (Word i = 0; i < 900; ++i) mine.words[i] = expected(who, i);
    for (Word i = 0; i < L4_UTCB_STATE_WORDS; ++i) state[i] = expected(who, i + 1000);
    const double number = 1.25 * (who + 1);
    const Block block = {{who, ~who, who * 77, 0x5a5a5a5a}};
    asm volatile("fninit; fldl %0; movups %1, %%xmm5" ::"m"(number), "m"(block));
    for (;;) {
        Word wrong = !registers_are_kept(who);
        double st0 = 0;
        Block xmm5 = {};
        asm volatile("fstl %0; movups %%xmm5, %1" : "=m"(st0), "=m"(xmm5));
        wrong += st0 != number;
        for (Word i = 0; i < 4; ++i) wrong += xmm5.words[i] != block.words[i];
        for (Word i = 0; i < 900; ++i) wrong += mine.words[i] != expected(who, i);
        for (Word i = 0; i < L4_UTCB_STATE_WORDS; ++i) wrong += state[i] != expected(who, i + 1000);
        const Word round = mine.rounds;
        if (who == 0 && round % 8 == 7) {
            const Message m = call_ipc(main_thread, round, ~round);
            wrong += l4_msgdope_error(m.result) != 0 || m.from.low != main_thread.low || m.w0 != round + 1 ||
                     m.w1 != (~round ^ 5);
        }
        mine.wrong = mine.wrong + wrong;
        mine.rounds = round + 1;
    }
}

std::uint64_t now() { return reinterpret_cast<const volatile l4_kip_t*>(L4_KIP_ADDRESS)->clock; }

Word kernel_entries() {
    const auto& page = *reinterpret_cast<const volatile l4_counters_t*>(L4_COUNTERS_PAGE);
    return page.events[L4_COUNT_SYSCALL] + page.events[L4_COUNT_PAGE_FAULT] + page.events[L4_COUNT_EXCEPTION];
}

void schedule(l4_threadid_t thread, Word its_prio) {
    call<L4_VEC_THREAD_SCHEDULE>({.eax = l4_sched_param(its_prio, 39, 11),
                                  .ebx = ~0u,
                                  .ebp = ~0u,
                                  .esi = thread.low,
                                  .edi = thread.high});
}

/// sigma0 gives everything to everybody, the root's memory too.  After all that the root needs was given it
/// is the partner of a message whose sender waits for ever for a page.
void hold_sigma0() {
    for (Word at = rubbish::first_page; at < place(program_end); at += 1u << L4_PAGE_SHIFT)
        (void)*reinterpret_cast<const volatile char*>(at);
    for (Word at = place(text_end); at < place(program_end); at += 1u << L4_PAGE_SHIFT) {
        auto* const byte = reinterpret_cast<volatile char*>(at);
        *byte = *byte;
    }
    asm volatile("inb $0xf4, %%al" ::: "eax"); // Tap's port
    constexpr Word pager = 1, holder = 2, nowhere = 0x50000000;
    const Word stack = place(stack_of_holder + sizeof stack_of_holder);
    ex_regs(pager, ~0u, ~0u, sigma0); // exists, and is dead; then it sleeps
    ex_regs(pager, place(reinterpret_cast<void*>(+[] { sleep(never); })), stack - 256, sigma0);
    sleep(receive_within(1600));
    const auto hold = [] {
        call<L4_VEC_IPC>({.eax = nowhere, .ecx = never, .ebp = L4_IPC_NO_RECV, .esi = sigma0.low});
    };
    ex_regs(holder, place(reinterpret_cast<void*>(+hold)), stack - 16, l4_threadid(L4_TASK_ROOT, pager));
    sleep(receive_within(1600));
}

Word free_frames() { return task_new(child, 0, 0, l4_nil_id(), main_thread.low).ecx; }
Word start_of_hostile() { return place(reinterpret_cast<void*>(rubbish::live)); }

Word times_made = 0, times_helped = 0, times_poor = 0, times_taken = 0, done_so_far = 0, last_count = 0,
     wrong_counts = 0;
std::uint64_t last_progress = 0;
bool helped = false;

struct Fault {
    Word address, times;
};
Fault last_fault[rubbish::threads];

void start_threads(Word first) {
    for (Word n = first; n < rubbish::threads; ++n) {
        ex_regs(l4_ex_regs_target(child_task, n), start_of_hostile(), rubbish::stack_of(n),
                n == 0 ? l4_invalid_id() : main_thread);
        schedule(l4_threadid(child_task, n), prio);
    }
}

void make_hostile() {
    task_new(child, 0, 0, l4_nil_id(), main_thread.low);
    ground.random = ++times_made * 12345;
    task_new(child, start_of_hostile(), rubbish::stack_of(0), main_thread,
             l4_task_new_create(prio, quotas[times_made % 2]));
    schedule(child, prio);
    task_new(rubbish::accomplice, 0, 0, l4_nil_id(), child.low); // a number for one of its own
    start_threads(1);
    helped = false;
}

/// What was done since the last time, and what is to be done about nothing.
void look() {
    // Its priority may have been lowered by whoever may have one as high.
    schedule(l4_threadid(rubbish::bystander_task, 1), prio);
    const Word now_done = ground.count, more = now_done - last_count;
    last_count = now_done;
    // Whoever may store anywhere may hit its count.
    if (more < goal / stages)
        done_so_far += more;
    else
        ++wrong_counts;
    if (more != 0) {
        last_progress = now();
        helped = false;
    }
    if (now() - last_progress < patience) return;
    last_progress = now();
    if (helped) return make_hostile();
    start_threads(0);
    ++times_helped;
    helped = true;
}

/// The page that a task may have there, and how; 0: none.
Word page_for(const Message& m) {
    const Word at = m.w0 & L4_FP_PAGE_MASK;
    const bool writes = (m.w0 & L4_PF_WRITE) != 0;
    if (at >= rubbish::first_page && at < place(text_end)) return writes ? 0 : at | page_4k;
    if (l4_id_task(m.from) == rubbish::bystander_task)
        return at >= place(own) && at < place(own + 2) ? at | page_4k | L4_FP_WRITE : 0;
    if (at >= place(&ground) && at < place(&ground + 1)) return at | page_4k | L4_FP_WRITE;
    const Word choice = done_so_far / 2 % (2 * rubbish::fields); // every other address is nowhere
    return choice < rubbish::fields ? place(ground.field[choice]) | page_4k | L4_FP_WRITE : 0;
}

/// The thread goes on at its beginning.
Message begin_again(const Message& m) {
    l4_utcb_t& u = utcb();
    u.snd_size = L4_UTCB_STATE_WORDS;
    u.state = {};
    u.state.gs = 0x2b;
    u.state.eip = start_of_hostile();
    u.state.esp = rubbish::stack_of(l4_id_lthread(m.from));
    return ipc(0, L4_RCV_OPEN, m.from, 0, 0, timeouts);
}

bool faults_again(const Message& m) {
    Fault& last = last_fault[l4_id_lthread(m.from) % rubbish::threads];
    last = {m.w0, m.w0 == last.address ? last.times + 1 : 0};
    return last.times % 8 == 7;
}

/// Where a thread faults again something else may lie: no page is given there.
void take_all() {
    call<L4_VEC_FPAGE_UNMAP>(
        {.eax = l4_fpage(rubbish::first_page, 20, 0), .ecx = L4_FP_FLUSH | l4_unmap_in_task(child_task)});
    ++times_taken;
}

Message answer(const Message& m) {
    l4_utcb_t& u = utcb();
    const bool is_bystander = l4_id_task(m.from) == rubbish::bystander_task;
    u.snd_size = 0;
    if (is_bystander && m.w1 == ~m.w0) {
        reports = reports + 1;
        return ipc(0, L4_RCV_OPEN, m.from, m.w0 + 1, m.w1 ^ 5, timeouts);
    }
    if (is_bystander) faults_of_bystander = faults_of_bystander + 1;
    if (!is_bystander && is_exception(m)) {
        const bool is_call = u.state.trapno == L4_TRAP_PROTECTION && (u.state.err & 2) != 0;
        if (is_call && done_so_far % 2 == 0) return ipc(0, L4_RCV_OPEN, m.from, L4_EXC_DEALIEN, 0, timeouts);
        return begin_again(m);
    }
    if (!is_bystander && faults_again(m)) take_all();
    const Word page = page_for(m);
    if (page == 0 && !is_bystander) return begin_again(m);
    return ipc(L4_SND_MAP, L4_RCV_OPEN, m.from, m.w0 & L4_FP_PAGE_MASK, page, timeouts);
}

/// Until so much was done.  What came last is `m`: it is answered when the root serves again.
void serve_until(Word count, Message& m) {
    while (done_so_far < count) {
        const Word error = l4_msgdope_error(m.result);
        look();
        if (error == L4_IPC_SEMAPFAILED) {
            ++times_poor;
            make_hostile();
        }
        m = error == 0 || error == L4_IPC_REMSGCUT ? answer(m) : wait(timeouts);
    }
}

void start_bystander() {
    const auto start_of = [](Word who) {
        return place(reinterpret_cast<void*>(who == 0 ? live<0> : live<1>));
    };
    const auto stack = [](Word who) { return place(own[who].stack + sizeof own[who].stack - 16); };
    task_new(rubbish::bystander, start_of(0), stack(0), main_thread, l4_task_new_create(above_all, 40));
    ex_regs(l4_ex_regs_target(rubbish::bystander_task, 1), start_of(1), stack(1), main_thread);
    schedule(rubbish::bystander, above_all - 1);
    schedule(l4_threadid(rubbish::bystander_task, 1), prio);
    Message m = wait(timeouts);
    while (reports < 2 || own[1].rounds < 2) m = l4_msgdope_error(m.result) == 0 ? answer(m) : wait(timeouts);
    if (l4_msgdope_error(m.result) == 0) answer(m);
}

void stage(Tap& tap, Word n, Message& m) {
    const Word before[] = {reports, own[0].rounds, own[1].rounds};
    serve_until(goal / stages * n, m);
    tap.check(reports != before[0] && own[0].rounds != before[1] && own[1].rounds != before[2],
              "meanwhile a bystander goes on");
    tap.equal(own[0].wrong + own[1].wrong, 0, "and finds all that it has as it was");
}

void show(const char* what, Word n) {
    put("# ");
    put_decimal(n);
    put(what);
    put("\n");
}

void tries(Tap& tap) {
    bool calls = true, vectors = true;
    for (const volatile Word& n : ground.calls) calls &= n >= goal / 100;
    for (const volatile Word& n : ground.of_vector) vectors &= n != 0;
    tap.check(calls, "each system call a thousand times and more");
    tap.check(vectors, "int of every vector");
    show(" operations", done_so_far);
    show(" times the task was made", times_made);
    show(" times, it had no memory left", times_poor);
    show(" times, all its threads were begun again", times_helped);
    show(" times, its pages were taken away", times_taken);
    show(" times, its count could not be believed", wrong_counts);
    show(" rounds of the bystander's thread that sleeps", own[0].rounds);
    show(" rounds of the one that computes", own[1].rounds);
}

} // namespace

void program() {
    Tap tap;
    hold_sigma0();
    schedule(main_thread, above_all);
    l4_utcb_t& u = utcb();
    u.status = L4_UTCB_EXCEPTIONS | L4_UTCB_PF_STATE | L4_UTCB_DEBUG;
    u.rcv_size = L4_UTCB_STATE_WORDS;
    start_bystander();
    make_hostile();
    const Word frames = free_frames(), faults = faults_of_bystander, entries = kernel_entries();
    make_hostile();
    Message m = wait(timeouts);
    for (Word n = 1; n <= stages; ++n) stage(tap, n, m);
    tap.check(kernel_entries() - entries >= goal, "the kernel counted as much");
    tries(tap);
    tap.check(times_made > 2 && times_poor != 0,
              "the hostile task died, or had nothing left, and was made again");
    tap.equal(free_frames(), frames, "it leaves no kernel memory behind");
    tap.equal(call_ipc(child, 0, 0).result, L4_IPC_ENOT_EXISTENT, "nor itself");
    tap.equal(faults_of_bystander, faults, "the bystander lost no page");
    bool memory = true;
    for (Word who = 0; who < 2; ++who)
        for (Word i = 0; i < 900; ++i) memory &= own[who].words[i] == expected(who, i);
    tap.check(memory, "and has its memory as it was");
    tap.done();
}
