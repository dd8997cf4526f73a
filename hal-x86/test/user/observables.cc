// SPDX-License-Identifier: BSD-2-Clause
// A random program of six threads in two tasks: IPC short and long, mappings, page faults, exceptions,
// aliens, unmaps, ex_regs, thread_switch.  All that they see goes into a hash, printed at equal distances:
// the kernel with the shortcut in assembly and the one without must print the same (compare.py).  It does not
// hang on time: no slice ends, timeouts are zero or never.
//
// Its command line: a number, the seed; `deviate` has words of some messages be others, to be seen.
#include "child.h"
#include "l4/abi/kip.h"

extern "C" {
[[noreturn]] void program();
extern char program_end[];
}

namespace {

constexpr Word limit = 100'000, distance = 5000, handler = 1, workers = 6, per_task = 3, first_in_root = 2;
constexpr Word pages = 32, window = 0x50000000, buffer_words = 64, first_page = 0x120000;
constexpr Word own_words = L4_UTCB_STATE_WORDS, memory = l4_fpage(0, 17, 0);
const l4_threadid_t sigma0 = l4_threadid(L4_TASK_SIGMA0, 0), handler_id = l4_threadid(L4_TASK_ROOT, handler);

alignas(16) char stacks[workers + 1][2048];
alignas(pages << L4_PAGE_SHIFT) volatile unsigned char region[pages << L4_PAGE_SHIFT];
alignas(64) Word buffers[workers][buffer_words];
Word hashes[limit / distance];
Word seed = 0, hash = 2166136261u, operations = 0;
bool deviates = false;
/// That there was something to see.
Word messages = 0, long_messages = 0, mapped = 0, faults = 0, exceptions = 0, calls_of_aliens = 0,
     wrong_fpu = 0;

void work();

Word place(const volatile void* at) { return reinterpret_cast<Word>(at); }
Word random(Word below) {
    seed = seed * 1664525 + 1013904223;
    return (seed >> 9) % below;
}
template <Word n>
Word one_of(const Word (&words)[n]) {
    return words[random(n)];
}

void see(Word word) {
    hash = (hash ^ word) * 16777619u;
    hash ^= hash >> 13;
}
template <typename... Words>
void see(Word first, Words... more) {
    see(first);
    see(more...);
}
void see_all(const Word* words, Word count) {
    for (Word i = 0; i < count; ++i) see(words[i]);
}
void see_state() { see_all(reinterpret_cast<const Word*>(&utcb().state), own_words); }
void see_registers(const Regs& r) { see(r.eax, r.ecx, r.edx, r.ebx, r.ebp, r.esi, r.edi); }
void see_message(const Message& m) { see(m.result, m.w0, m.w1, m.from.low, m.from.high); }

void count_operation() {
    if (++operations % distance == 0 && operations <= limit) hashes[operations / distance - 1] = hash;
}

// The workers: three in the root's task, three in the other.
bool is_in_root(Word worker) { return worker < per_task; }
Word lthread_of(Word worker) { return is_in_root(worker) ? first_in_root + worker : worker - per_task; }
Word task_of(Word worker) { return is_in_root(worker) ? L4_TASK_ROOT : child_task; }
l4_threadid_t id_of(Word worker) { return l4_threadid(task_of(worker), lthread_of(worker)); }
Word target_of(Word worker) { return l4_ex_regs_target(task_of(worker), lthread_of(worker)); }
Word stack_of(Word n) { return place(stacks[n] + sizeof stacks[n] - 16); }
Word worker_of(l4_threadid_t id) {
    return l4_id_task(id) == child_task ? per_task + l4_id_lthread(id) : l4_id_lthread(id) - first_in_root;
}

void unmap(Word fpage, Word mask) { see(call<L4_VEC_FPAGE_UNMAP>({.eax = fpage, .ecx = mask}).eax); }
Word random_page(Word base) { return base + (random(pages) << L4_PAGE_SHIFT); }
Word random_size() { return (L4_PAGE_SHIFT + random(3)) << L4_FP_SIZE_SHIFT; }

struct Answer {
    Word send, w0, w1;
};

Answer give(Word fault) {
    static Word last = 0, times = 0;
    const Word at = fault & L4_FP_PAGE_MASK;
    ++faults;
    times = at == last ? times + 1 : 0;
    last = at;
    // Again: something else lies there, perhaps a page that was granted, which nobody else can take away.
    if (times != 0) unmap(place(region) | memory, L4_FP_FLUSH);
    if (times > 4) return {0, L4_PF_REFUSED, 0};
    const bool is_window = at - window < sizeof region,
               is_program = at >= first_page && at < place(program_end);
    if (!is_window && !is_program) return {0, L4_PF_REFUSED, 0};
    const Word page = is_window ? place(region) + at - window : at;
    auto* const byte = reinterpret_cast<volatile char*>(page);
    *byte = *byte; // it may have been granted away: sigma0 gives it again
    const Word right = is_program || random(2) || (fault & L4_PF_WRITE) ? L4_FP_WRITE : 0;
    return {L4_SND_MAP, at, page | page_4k | right};
}

Answer answer_exception(l4_threadid_t from) {
    l4_utcb_t& u = utcb();
    ++exceptions;
    const Word error = u.state.err, vector = error >> 3, trap = u.state.trapno;
    // ECX and EDX are what is left of a slice.
    const bool after_switch = trap == L4_TRAP_PROTECTION && vector == L4_VEC_THREAD_SWITCH;
    if (trap == L4_TRAP_TRIGGERED || after_switch) u.state.ecx = u.state.edx = 0;
    see_state();
    const bool is_call = (error & 2) != 0 && vector >= L4_VEC_IPC && vector <= L4_VEC_TASK_NEW;
    Answer answer = {0, 0, 0};
    if (trap == L4_TRAP_PROTECTION && (error & L4_EXC_ERR_AFTER_CALL) == 0) {
        calls_of_aliens += is_call;
        if (is_call && random(2))
            answer.w0 = L4_EXC_DEALIEN;
        else
            u.state.eip += 2;
    } else if (trap == L4_TRAP_INVALID_OP) {
        u.state.eip += 2;
    } else if (trap == L4_TRAP_PAGE_FAULT) {
        answer = give((u.state.pfa & ~3u) | (error & L4_PF_WRITE));
        if (answer.send == 0) { // an alien is not killed by this answer
            u.state.eip = reinterpret_cast<Word>(work);
            u.state.esp = stack_of(worker_of(from));
        }
    }
    return answer;
}

/// What no answer may give, and selectors of which some are good.
void ask_for_more(l4_utcb_state_t& s) {
    constexpr Word carry = 1, interrupts = 1u << 9, iopl_and_nt = 7u << 12, resume = 1u << 16,
                   virtual_8086 = 1u << 17, identification = 1u << 21;
    s.cs = one_of({0x1b, 0x1b, 8, 0, 0x23});
    s.eflags ^= one_of({0, carry, interrupts, iopl_and_nt, resume, virtual_8086, identification});
    s.fs = one_of({0, 1, 3, 4, 0x23, 0x2b, 8, 0x10, 0x28, 0x33, 0x3b, 0x43, 0xfff8, 0xfffb, 0x10023});
}

/// The pager of all workers.
void handle() {
    l4_utcb_t& u = utcb();
    u.status = L4_UTCB_EXCEPTIONS | L4_UTCB_PF_STATE | L4_UTCB_DEBUG;
    u.rcv_size = own_words;
    for (Message m = wait();;) {
        see_message(m);
        if (l4_msgdope_error(m.result) != 0) {
            m = wait();
            continue;
        }
        Answer answer = {0, 0, 0};
        const bool whole = u.rcv_size == own_words;
        if (!whole) u.state.ecx = u.state.edx = 0; // as in answer_exception(), and nothing tells when
        u.snd_size = own_words;
        if (is_exception(m)) {
            answer = answer_exception(m.from);
        } else {
            if (whole) see_state();
            answer = give(m.w0);
            if (random(4) || (u.status & L4_UTCB_PF_STATE) == 0) u.snd_size = 0;
        }
        if (!whole) u.snd_size = 0; // some words are another's
        if (random(4) == 0) ask_for_more(u.state);
        if (random(16) == 0) unmap(random_page(place(region)) | random_size(), random(4));
        u.status = L4_UTCB_EXCEPTIONS | (random(2) ? L4_UTCB_PF_STATE : 0) | (random(2) ? L4_UTCB_DEBUG : 0);
        u.rcv_size = random(8) ? own_words : random(own_words + 1);
        m = ipc(answer.send | random(2), L4_RCV_OPEN, m.from, answer.w0, answer.w1,
                random(2) ? send_at_once : never);
    }
}

l4_threadid_t partner() {
    switch (random(24)) {
        case 0: return l4_nil_id();
        case 1: return l4_invalid_id();
        case 2: return l4_irq_id(9);
        case 3: return l4_threadid(child_task, 99);
        case 4: return handler_id;
        default: return id_of(random(workers));
    }
}

void send_and_receive(Word me) {
    Word* const buffer = buffers[me];
    buffer[0] = window | page_4k;
    buffer[1] = l4_msgdope(20 + random(20), 0);
    buffer[2] = l4_msgdope(random(40), 0);
    const Word at = place(buffer), n = operations;
    const l4_threadid_t to = partner();
    Regs r = {
        .eax = one_of({0, 0, 0, L4_SND_DECEIT, L4_SND_MAP, L4_SND_MAP | L4_SND_DECEIT, L4_IPC_NO_SEND,
                       L4_IPC_NO_SEND, L4_IPC_NO_SEND, at, at, at | L4_SND_MAP}),
        .ecx = one_of({never, never, send_at_once, send_at_once, send_at_once, at_once, L4_TIMEOUT_RCV_ZERO}),
        .edx = one_of({n, place(region), L4_EXC_DEALIEN, ~0u, L4_EXC_COOKIE_0, 0}),
        .ebx = one_of({n + 7, random_page(place(region)) | page_4k | random(4), L4_EXC_COOKIE_1, 0,
                       random_page(window) | page_4k | random(4)}),
        .ebp = one_of({0, L4_RCV_OPEN, L4_RCV_OPEN, L4_RCV_OPEN, L4_IPC_NO_RECV,
                       window | page_4k | L4_RCV_MAP, window | page_4k | L4_RCV_MAP | L4_RCV_OPEN, at,
                       at | L4_RCV_OPEN, at | L4_RCV_OPEN, at | L4_RCV_OPEN}),
        .esi = to.low,
        .edi = to.high};
    if (deviates && n / distance == limit / distance / 2) r.edx ^= 1;
    r = random(2) ? call<L4_VEC_IPC>(r) : call_at(L4_SYSCALL_PAGE, r);
    see_registers(r);
    see_state();
    see_all(buffer, buffer_words);
    if (l4_msgdope_error(r.eax) == 0 && r.eax != 0) {
        ++messages;
        long_messages += r.eax >> L4_MSGDOPE_DWORDS_SHIFT > L4_MSG_REGISTER_DWORDS;
        mapped += (r.eax & L4_MSGDOPE_FPAGE_RECEIVED) != 0;
    }
}

/// But for the arithmetic flags, which are the compiler's, where nothing is between an answer and here.
void see_segments_and_flags() {
    constexpr Word arithmetic = 0x8d5;
    Word flags, cs, ds, es, fs, ss;
    asm volatile("pushf; pop %0" : "=r"(flags));
    asm volatile("mov %%cs, %0; mov %%ds, %1; mov %%es, %2; mov %%fs, %3; mov %%ss, %4"
                 : "=r"(cs), "=r"(ds), "=r"(es), "=r"(fs), "=r"(ss));
    see(flags & ~arithmetic, cs, ds, es, fs, ss);
}

void operate(Word me) {
    l4_utcb_t& u = utcb();
    u.snd_size = random(3) ? 0 : random(own_words + 2);
    u.rcv_size = random(3) ? 0 : random(own_words + 2);
    for (Word i = 0; i < own_words; ++i) reinterpret_cast<Word*>(&u.state)[i] = operations * own_words + i;
    auto* const byte = reinterpret_cast<volatile unsigned char*>(random_page(window));
    switch (random(15)) {
        case 0: return see(*byte);
        case 1: *byte = static_cast<unsigned char>(operations); return;
        case 2: asm volatile("int $0x99"); return;
        case 3: asm volatile("ud2"); return;
        case 4: {
            const Word to = random(2) ? 0 : id_of(random(workers)).low;
            const Regs r = call<L4_VEC_THREAD_SWITCH>({.esi = to});
            // What is left of the slice is no observable, and not to be seen in a state either.
            asm volatile("xor %%ecx, %%ecx; xor %%edx, %%edx" ::: "ecx", "edx");
            return see(r.eax, r.ebx, r.ebp, r.esi, r.edi);
        }
        case 5:
            return unmap(random_page(window) | random_size(), random(4) | (random(2) ? L4_FP_ALL_SPACES : 0));
        case 6: {
            const Word other = (is_in_root(me) ? 0 : per_task) + random(per_task);
            const Word flags =
                (random(2) ? L4_EX_REGS_NO_CANCEL : 0) | (random(4) ? 0 : L4_EX_REGS_RAISE_EXCEPTION);
            return see(ex_regs(lthread_of(other) | flags, ~0u, ~0u, l4_invalid_id()).eax);
        }
        case 7: {
            const l4_threadid_t id = partner();
            return see_registers(call<L4_VEC_ID_NEAREST>({.esi = id.low, .edi = id.high}));
        }
        case 8: return see_segments_and_flags();
        default: return send_and_receive(me);
    }
}

/// A worker's life, which ends with a wait that nobody ends; then it is begun again.  Assembly does nothing
/// while floating-point registers are in the processor: some lives have none of that.
void work() {
    const Word me = worker_of(myself());
    const int id = static_cast<int>(me) + 100;
    const bool has_fpu = random(4) == 0;
    if (has_fpu) asm volatile("fninit; fildl %0" ::"m"(id));
    while (operations < limit) {
        count_operation();
        operate(me);
        if (!has_fpu || random(4) != 0) continue;
        int found = 0;
        asm volatile("fistl %0" : "=m"(found));
        wrong_fpu += found != id;
    }
    for (;;) sleep(never);
}

/// With slices of hours, for assembly leaves endless ones to C++; as it does partners of another priority.
void schedule(l4_threadid_t thread, Word prio) {
    call<L4_VEC_THREAD_SCHEDULE>(
        {.eax = l4_sched_param(prio, 255, 2), .ebx = ~0u, .ebp = ~0u, .esi = thread.low, .edi = thread.high});
}

void start() {
    const Word begin = reinterpret_cast<Word>(work);
    for (auto& stack : stacks) stack[0] = 1;
    for (Word at = 0; at < sizeof region; at += 1u << L4_PAGE_SHIFT)
        region[at] = static_cast<unsigned char>(at >> L4_PAGE_SHIFT);
    for (auto& buffer : buffers) buffer[0] = 0;
    schedule(main_thread, 200);
    schedule(sigma0, L4_PRIO_SIGMA0);
    ex_regs(handler, reinterpret_cast<Word>(handle), stack_of(workers), sigma0);
    schedule(handler_id, 100);
    task_new(child, begin, stack_of(per_task), handler_id);
    for (Word n = 0; n < workers; ++n) {
        if (n != per_task) ex_regs(target_of(n), begin, stack_of(n), handler_id);
        schedule(id_of(n), 100);
    }
    schedule(main_thread, 10);
}

/// Everybody waits: one begins again, as an alien or with an exception sometimes.
void begin_again() {
    const Word n = random(workers + 1);
    // The handler may wait for somebody who asked for no answer.
    if (n == workers) {
        ex_regs(handler, reinterpret_cast<Word>(handle), stack_of(workers), l4_invalid_id());
        return count_operation();
    }
    const Word flags = one_of({L4_EX_REGS_ALIEN, L4_EX_REGS_RAISE_EXCEPTION | L4_EX_REGS_NO_CANCEL, 0, 0, 0,
                               0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    if (flags != 0) ex_regs(target_of(n) | flags, ~0u, ~0u, l4_invalid_id());
    // While an exception is to be raised, a call that asks for one sets no EIP.
    const Regs r = ex_regs(target_of(n) | (flags & L4_EX_REGS_ALIEN), reinterpret_cast<Word>(work),
                           stack_of(n), l4_invalid_id());
    see(r.eax, r.ecx, r.edx);
    count_operation();
}

void read_command_line() {
    const auto& kip = *reinterpret_cast<const l4_kip_t*>(L4_KIP_ADDRESS);
    // Of the multiboot information: the second module's string.
    const auto* const modules = reinterpret_cast<const Word* const*>(kip.user_ptr)[6];
    const auto* at = reinterpret_cast<const char*>(modules[4 + 2]);
    while (*at != 0 && *at != ' ') ++at;
    for (; *at != 0; ++at) {
        if (*at >= '0' && *at <= '9') seed = seed * 10 + static_cast<Word>(*at - '0');
        deviates |= *at == 'd';
    }
}

void show_hash(Word n) {
    put("# hash ");
    put_decimal(n * distance);
    put(" ");
    put_hex(hashes[n - 1]);
    put("\n");
}

/// There was something to see.
void enough(Tap& tap, Word found, Word least, const char* what) {
    put("# ");
    put_decimal(found);
    put("\n");
    tap.check(found >= least, what);
}

} // namespace

void program() {
    Tap tap;
    read_command_line();
    start();
    for (Word shown = 0; operations < limit;) {
        begin_again();
        while (shown < operations / distance && shown < limit / distance) show_hash(++shown);
    }
    enough(tap, messages, limit / 50, "messages");
    enough(tap, long_messages, limit / 500, "long messages");
    enough(tap, mapped, limit / 500, "messages with pages");
    enough(tap, faults, limit / 20, "page faults");
    enough(tap, exceptions, limit / 20, "exceptions");
    enough(tap, calls_of_aliens, limit / 200, "system calls of aliens");
    tap.equal(wrong_fpu, 0, "everybody finds its own in the floating-point registers");
    tap.done();
}
