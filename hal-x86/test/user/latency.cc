// SPDX-License-Identifier: BSD-2-Clause
// How long the thread of an interrupt waits for it when it comes in the midst of something that others have
// the kernel do: the highest thread of all, from the edge to its first instruction, with the interrupt at one
// moment of each operation after the other; without other threads, and with thousands that sleep. A line
// each: latency NAME INSTRUCTIONS MOMENT.
#include <initializer_list>

#include "crowd.h"
#include "rtc.h"
#include "takers.h"

extern "C" [[noreturn]] void program();

namespace {

constexpr Word clock_thread = 1, receiver = 2, changed = 3, crowd_pager = 4, pager = 5, first_link = 10,
               links = 60;
constexpr Word message_words = 1024, page_size = 4096, string_size = 4096, threads_of_child = 20;
/// Moments of an operation: the first and how many instructions apart; behind the last, its interrupt is
/// over.
constexpr Word moments = 240, distance = 37, over = 20000;
constexpr Word region = 0x1000000, region_pages = 256, region_size = 20;
constexpr unsigned char ticks_8192_hz = 3;
/// To receive: nearly four, which is less than the crowd's; with 4 ms to send.
constexpr Word hours = 2u | 200u << 24, both_ways = hours | (13u << 4 | 250u << 16);

alignas(page_size) Word sent[2048], received[2048];
alignas(page_size) char text[3 * page_size];
volatile Word latest = 0, ticks = 0;

/// When the clock's oscillator ticks, at multiples of 1,953,125 / 64 ns; each fourth is an interrupt.
class Edges {
public:
    /// The last one at that time or before; it is not asked for earlier times.
    std::uint64_t before(std::uint64_t time) {
        while (last_ + apart <= time * 64) last_ += apart;
        return last_ / 64;
    }
    /// The first one that may be an interrupt behind that time, if the last was one.
    std::uint64_t next(std::uint64_t time) {
        while (last_ <= time * 64) last_ += 4 * apart;
        return last_ / 64;
    }

private:
    static constexpr std::uint64_t apart = 1953125;
    std::uint64_t last_ = 0;
};
Edges edges; ///< as far as the clock's thread knows them

void be_clock() {
    rtc::start(ticks_8192_hz);
    rtc::attach();
    for (;;) {
        if (!rtc::tick()) continue;
        const std::uint64_t now = rtc::nanoseconds();
        latest = static_cast<Word>(now - edges.before(now));
        ticks = ticks + 1;
        rtc::acknowledge();
    }
}

void nothing() {}

void receive() {
    for (;;)
        call<L4_VEC_IPC>({.eax = L4_IPC_NO_SEND, .ecx = hours, .ebp = reinterpret_cast<Word>(received) | 1u});
}

void send(Word words, Word strings) {
    sent[1] = sent[2] = received[1] = l4_msgdope(words, strings);
    const l4_threadid_t to = thread(receiver);
    call<L4_VEC_IPC>({.eax = reinterpret_cast<Word>(sent),
                      .ecx = never,
                      .ebp = L4_IPC_NO_RECV,
                      .esi = to.low,
                      .edi = to.high});
}

void send_words() { send(message_words, 0); }

/// Its receiver has it three bytes behind.
void send_string() {
    constexpr Word words = 8, head_words = sizeof(l4_msg_head_t) / sizeof(Word) - L4_MSG_REGISTER_DWORDS;
    const Word from = reinterpret_cast<Word>(text);
    *reinterpret_cast<l4_strdope_t*>(sent + head_words + words) = {string_size, from + 1, 0, 0};
    *reinterpret_cast<l4_strdope_t*>(received + head_words + words) = {0, 0, string_size, from + 4};
    send(words, 1);
}

constexpr Word whole_region = region | region_size << L4_FP_SIZE_SHIFT;

void be_child() {
    report(0, 0);
    for (;;)
        call<L4_VEC_IPC>(
            {.eax = L4_IPC_NO_SEND, .ecx = hours, .ebp = L4_FP_WHOLE_SPACE | L4_RCV_MAP | L4_RCV_OPEN});
}

void restart_child() {
    kill_child();
    task_new(child, reinterpret_cast<Word>(be_child), child_stack_top(), thread(pager));
    ipc(0, L4_IPC_NO_RECV, wait().from, 0, 0, never);
    for (Word l = 1; l < threads_of_child; ++l)
        ex_regs(l4_ex_regs_target(child_task, l), 0, 0, thread(pager));
}

void unmap_region() { call<L4_VEC_FPAGE_UNMAP>({.eax = whole_region, .ecx = L4_FP_FLUSH}); }
void map_region() { ipc(L4_SND_MAP, L4_IPC_NO_RECV, child, region, whole_region | L4_FP_WRITE, never); }

void sleep_for_hours() {
    for (;;) sleep(hours);
}

void change() {
    constexpr Word all = L4_EX_REGS_FPU_GET | L4_EX_REGS_FPU_SET | L4_EX_REGS_TLS | L4_EX_REGS_STATE_GET;
    asm volatile("fldz; fstp %st");
    start(changed, sleep_for_hours, sigma0, all);
}

/// Each sends to the one before it, the first to the main thread, and then receives.
void be_link() {
    want_state();
    const Word own = own_number();
    ipc(0, L4_RCV_OPEN, thread(own == first_link ? 0 : own - 1), 1, 2, both_ways);
    sleep(never);
}

void make_links() {
    for (Word link = first_link + links; link-- > first_link;) start(link, be_link);
    sleep(receive_within(960));
}
void take_links() { wait(receive_within(960)); }

struct Operation {
    const char* name;
    void (*prepare)();
    void (*work)();
};

constexpr Operation operations[] = {
    {"nothing", nothing, nothing},
    {"words_4k", nothing, send_words},
    {"string_4k", nothing, send_string},
    {"map_256_pages", unmap_region, map_region},
    {"unmap_256_pages", map_region, unmap_region},
    {"end_of_task", restart_child, kill_child},
    {"ex_regs_all", nothing, change},
    {"queue_of_senders", make_links, take_links},
};

void wait_until(std::uint64_t time) {
    constexpr Word to_look = 64, of_loop = 2;
    for (;;) {
        const std::uint64_t now = rtc::nanoseconds();
        if (now >= time) return;
        Word rounds = now + to_look < time ? static_cast<Word>(time - now - to_look) / of_loop + 1 : 1;
        asm volatile("1: dec %0; jnz 1b" : "+r"(rounds)::"cc");
    }
}

/// Of the clock's thread, in one piece.
Edges known_edges() {
    for (;;) {
        const Word before = ticks;
        const Edges found = edges;
        if (ticks == before) return found;
    }
}

/// Does it, so that the interrupt comes that many instructions after its begin; how long its thread waited
/// then.
Word latency(const Operation& operation, Word moment) {
    constexpr Word to_prepare = 500;
    operation.prepare();
    const std::uint64_t edge = known_edges().next(rtc::nanoseconds() + moment + to_prepare);
    wait_until(edge - moment);
    operation.work();
    wait_until(edge + over);
    return latest;
}

bool measure(const Operation& operation, const char* among) {
    const Word before = ticks;
    Word worst = 0, worst_moment = 0;
    for (Word i = 0; i < moments; ++i) {
        const Word found = latency(operation, i * distance);
        if (found > worst) worst = found, worst_moment = i * distance;
    }
    put("latency ");
    put(operation.name);
    put(among);
    put(" ");
    put_decimal(worst);
    put(" ");
    put_decimal(worst_moment);
    put("\n");
    return ticks - before >= moments && worst != 0;
}

bool measure_all(const char* among) {
    bool good = true;
    restart_child();
    for (const Operation& o : operations) good &= measure(o, among);
    return good;
}

} // namespace

extern "C" void program() {
    constexpr Word highest = 200;
    Tap tap;
    want_state();
    touch_stacks();
    for (char* at : {text, text + page_size, text + 2 * page_size}) *at = 1;
    for (const Word i : {0u, page_size / 4}) sent[i] = received[i] = 1;
    for (Word i = 0; i < region_pages; ++i) *reinterpret_cast<volatile Word*>(region + i * page_size) = i;
    start(clock_thread, be_clock);
    set_prio(clock_thread, highest);
    start(receiver, receive);
    start(changed, sleep_for_hours);
    start(pager, takers::be_pager);
    sleep(receive_within(1600));
    tap.check(measure_all(""), "each interrupt comes to its thread");
    start(crowd_pager, crowd::be_pager);
    sleep(receive_within(1600));
    tap.check(crowd::make(thread(crowd_pager)) >= crowd::enough(crowd::tasks), "thousands of threads sleep");
    tap.check(measure_all("_in_a_crowd"), "each comes to it among them, too");
    tap.done();
}
