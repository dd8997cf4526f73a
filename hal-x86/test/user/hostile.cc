// SPDX-License-Identifier: BSD-2-Clause
// What a program may try: every vector, privileged instructions, segments, flags, the kernel's addresses.
// Each try runs in a new task; what comes of it is told to the pager, and nobody else is harmed.
#include <algorithm>
#include <initializer_list>
#include <span>

#include "child.h"

extern "C" [[noreturn]] void program();

namespace {

using Byte = unsigned char;
using Code = std::span<const Byte>;

alignas(4096) Byte code_page[4096];
alignas(16) char stack[4096];
volatile Word bystander_count = 0;
const l4_threadid_t sigma0 = l4_threadid(L4_TASK_SIGMA0, 0);

/// What came of a try: an exception with its trap number and error code, or a page fault's address.
struct Outcome {
    Word trapno, detail;
    bool operator==(const Outcome&) const = default;
};
constexpr Outcome went_on{L4_TRAP_INVALID_OP, 0}; // at the ud2 behind each try
constexpr Outcome faulted(Word address, Word rights = 0) { return {L4_TRAP_PAGE_FAULT, address | rights}; }
constexpr Outcome refused(Word code) { return {L4_TRAP_PROTECTION, code}; }

Outcome attempt(Code code) {
    constexpr Byte ud2[] = {0x0f, 0x0b};
    Word at = 0;
    for (const Byte b : code) code_page[at++] = b;
    for (const Byte b : ud2) code_page[at++] = b;
    task_new(child, reinterpret_cast<Word>(code_page), child_stack_top(), main_thread);
    const Message m = serve(wait(patiently), patiently);
    const l4_utcb_t& u = utcb();
    if (l4_msgdope_error(m.result) != 0) return {m.result, 0xdead};
    return is_exception(m) ? Outcome{u.state.trapno, u.state.err} : Outcome{L4_TRAP_PAGE_FAULT, m.w0};
}

struct Try {
    const char* what;
    Outcome expected;
    Byte size;
    Byte code[16];
};

constexpr Word kernel_text = 0xc0300000, utcb_word = L4_SYSCALL_PAGE - 4096;

// Not among them, for QEMU's translator does not look at it: limits and rights of segments.
constexpr Try tries[] = {
    {"hlt", refused(0), 1, {0xf4}},
    {"mov %eax, %cr0", refused(0), 3, {0x0f, 0x22, 0xc0}},
    {"mov %eax, %cr3", refused(0), 3, {0x0f, 0x22, 0xd8}},
    {"mov %eax, %dr7", refused(0), 3, {0x0f, 0x23, 0xf8}},
    {"clts", refused(0), 2, {0x0f, 0x06}},
    {"rdmsr", refused(0), 2, {0x0f, 0x32}},
    {"wrmsr", refused(0), 2, {0x0f, 0x30}},
    {"invlpg", refused(0), 3, {0x0f, 0x01, 0x38}},
    {"lgdt", refused(0), 3, {0x0f, 0x01, 0x10}},
    {"ltr %ax", refused(0), 3, {0x0f, 0x00, 0xd8}},
    {"wbinvd", refused(0), 2, {0x0f, 0x09}},
    {"sysexit", refused(0), 2, {0x0f, 0x35}},
    {"the kernel's code segment by a far jump", refused(0x08), 7, {0xea, 0, 0, 0x30, 0xc0, 0x08, 0}},
    {"the kernel's data segment in DS", refused(0x10), 6, {0x66, 0xb8, 0x10, 0x00, 0x8e, 0xd8}},
    {"the TSS in GS", refused(0x48), 6, {0x66, 0xb8, 0x48, 0x00, 0x8e, 0xe8}},
    {"an empty TLS slot in GS", refused(0x30), 6, {0x66, 0xb8, 0x33, 0x00, 0x8e, 0xe8}},
    {"a local descriptor, of which there are none, in FS",
     refused(0x04),
     6,
     {0x66, 0xb8, 0x07, 0x00, 0x8e, 0xe0}},
    {"a far call through a local gate", refused(0x0c), 7, {0x9a, 0, 0, 0, 0, 0x0f, 0}},
    {"a jump to the kernel", faulted(kernel_text, 0), 7, {0xb8, 0, 0, 0x30, 0xc0, 0xff, 0xe0}},
    {"reading the kernel", faulted(kernel_text, 0), 5, {0xa1, 0, 0, 0x30, 0xc0}},
    {"writing the call page", faulted(L4_SYSCALL_PAGE, L4_PF_WRITE), 5, {0xa3, 0, 0xf0, 0xcf, 0xea}},
    {"reading the word of GS:0 where it lies", went_on, 5, {0xa1, 0, 0xe0, 0xcf, 0xea}},
    {"writing it", faulted(utcb_word, L4_PF_WRITE), 5, {0xa3, 0, 0xe0, 0xcf, 0xea}},
    {"id_nearest with DS and ES empty",
     went_on,
     10,
     {0x31, 0xc0, 0x31, 0xf6, 0x8e, 0xd8, 0x8e, 0xc0, 0xcd, 0x31}},
    {"id_nearest with the direction flag set", went_on, 5, {0xfd, 0x31, 0xf6, 0xcd, 0x31}},
    {"id_nearest with a stack pointer in the kernel",
     went_on,
     9,
     {0xbc, 0, 0, 0x31, 0xc0, 0x31, 0xf6, 0xcd, 0x31}},
    {"id_nearest with GS and FS empty",
     went_on,
     10,
     {0x31, 0xc0, 0x31, 0xf6, 0x8e, 0xe8, 0x8e, 0xe0, 0xcd, 0x31}},
    {"sysenter with a stack in the kernel", refused(0), 7, {0xb9, 0, 0, 0x31, 0xc0, 0x0f, 0x34}},
    {"sysenter with no stack", refused(0), 7, {0xb9, 0, 0, 0, 0, 0x0f, 0x34}},
    {"sysenter with NT set", refused(0), 13, {0x68, 0x02, 0x42, 0, 0, 0x9d, 0xb9, 0, 0, 0, 0, 0x0f, 0x34}},
    {"sysenter with the alignment flag set",
     refused(0),
     13,
     {0x68, 0x02, 0x02, 0x04, 0, 0x9d, 0xb9, 0, 0, 0, 0, 0x0f, 0x34}},
    {"a single-stepped sysenter",
     refused(0),
     13,
     {0xb9, 0, 0, 0, 0, 0x68, 0x02, 0x03, 0, 0, 0x9d, 0x0f, 0x34}},
    {"an int with NT set", went_on, 12, {0x68, 0x02, 0x42, 0, 0, 0x9d, 0x31, 0xc0, 0x31, 0xf6, 0xcd, 0x31}},
    {"popf with NT, IOPL and VM", went_on, 6, {0x68, 0x02, 0x72, 0x02, 0x00, 0x9d}},
    {"a single step", {L4_TRAP_DEBUG, 0}, 7, {0x68, 0x02, 0x03, 0, 0, 0x9d, 0x90}},
    {"division by zero", {L4_TRAP_DIVIDE, 0}, 4, {0x31, 0xc9, 0xf7, 0xf1}},
};

void show(const Outcome& found) {
    put("# found trap ");
    put_hex(found.trapno);
    put(" ");
    put_hex(found.detail);
    put("\n");
}

void instructions(Tap& tap) {
    for (const Try& t : tries) {
        const Outcome found = attempt(Code(t.code, t.size));
        tap.check(found == t.expected, t.what);
        if (found != t.expected) show(found);
    }
}

/// int n of every n, but for those that programs may use.
void vectors(Tap& tap) {
    bool all = true;
    for (Word n = 0; n < 256; ++n) {
        if ((n >= L4_VEC_IPC && n <= L4_VEC_TASK_NEW) || n == L4_TRAP_BREAKPOINT || n == L4_TRAP_OVERFLOW)
            continue;
        const Byte code[] = {0xcd, static_cast<Byte>(n)};
        const Outcome found = attempt(code);
        if (found == refused(l4_exc_err_int(n))) continue;
        all = false;
        put("# int ");
        put_hex(n);
        put("\n");
        show(found);
    }
    tap.check(all, "int n of all others is exception 13 that tells n");
    const Byte breakpoint[] = {0xcd, 0x03}, overflow[] = {0xcd, 0x04};
    tap.check(attempt(breakpoint) == Outcome{L4_TRAP_BREAKPOINT, 0}, "int 3");
    tap.check(attempt(overflow) == Outcome{L4_TRAP_OVERFLOW, 0}, "int 4");
}

/// My first TLS descriptor: a segment of all memory, or nothing.
void set_tls(Word high, Word flags = 0) {
    static l4_utcb_t& u = utcb(); // later GS may name something else
    for (Word& word : u.tls) word = 0;
    u.tls[0] = high != 0 ? 0xffff : 0;
    u.tls[1] = high;
    ex_regs(L4_EX_REGS_TLS | L4_EX_REGS_NO_CANCEL | flags, ~0u, ~0u, l4_invalid_id());
}

/// A program may load SS from a descriptor of its own, and then have none there, or one that SS may not have.
void stack_segments(Tap& tap) {
    constexpr Word flat = 0x00cff300, read_only = 0x00cff100, first_tls = 0x33;
    for (const Word later : {Word{0}, read_only}) {
        Word now = 0;
        set_tls(flat);
        asm volatile("movl %0, %%ss" ::"r"(first_tls));
        set_tls(later);
        asm volatile("movl %%ss, %0" : "=r"(now));
        tap.equal(now, 0x23, "SS is the program's plain one after each entry");
    }
    set_tls(0);
}

/// QEMU's translator lets a program into virtual-8086 mode by iret; processors ignore the flag there, and
/// find a code segment that is none.  There it executes `code` at 0x1000, which the kernel is to survive.
Outcome in_virtual_8086(Word eflags, Code code, Word selector = 0) {
    constexpr Word at = 0x1000;
    alignas(4096) static Byte low_page[4096];
    std::ranges::copy(code, low_page);
    Byte enter[64] = {0xa1, at & 0xff, at >> 8, 0, 0}; // mov 0x1000, %eax: the page is there then
    Word n = 5;
    const auto push = [&](Word word) {
        enter[n++] = 0x68;
        for (Word i = 0; i < 4; ++i) enter[n++] = static_cast<Byte>(word >> 8 * i);
    };
    for (const Word word : {selector, selector, 0u, 0u, 0u, 0x800u, eflags, at >> 4, 0u}) push(word);
    for (const Byte b : {0x31, 0xc0, 0x31, 0xc9, 0x31, 0xed, 0xcf}) // EAX, ECX, EBP 0; iret
        enter[n++] = static_cast<Byte>(b);
    std::ranges::copy(std::span(enter).first(n), code_page);
    task_new(child, reinterpret_cast<Word>(code_page), child_stack_top(), main_thread);
    Message m = serve(wait(patiently), patiently);
    if (l4_msgdope_error(m.result) == 0 && !is_exception(m) && (m.w0 & L4_FP_PAGE_MASK) == at)
        m = serve(
            ipc(L4_SND_MAP, L4_RCV_OPEN, child, at, reinterpret_cast<Word>(low_page) | page_4k, patiently),
            patiently);
    if (l4_msgdope_error(m.result) != 0) return {m.result, 0xdead};
    return is_exception(m) ? Outcome{utcb().state.trapno, utcb().state.err}
                           : Outcome{L4_TRAP_PAGE_FAULT, m.w0 & L4_FP_PAGE_MASK};
}

/// GS names a TLS descriptor that is taken away by a call which a window for interrupts follows: nothing of
/// the kernel may load GS anew there.
void empty_selectors(Tap& tap) {
    constexpr Word flat = 0x00cff300, first_tls = 0x33, own = 0x2b;
    const Word seen = bystander_count;
    for (int n = 0; n < 20000; ++n) {
        set_tls(flat);
        asm volatile("movl %0, %%gs" ::"r"(first_tls));
        set_tls(0, L4_EX_REGS_RAISE_EXCEPTION); // sigma0 takes none, so this only goes by way of a window
        asm volatile("movl %0, %%gs" ::"r"(own));
    }
    tap.check(bystander_count != seen, "interrupts while GS names what is gone");
}

void virtual_8086(Tap& tap) {
    constexpr Word vm = 0x20202, with_iopl = vm | 0x3000;
    // An interrupt on the way ends the mode; then the program goes on at the beginning of memory.
    const auto survives = [&](Word eflags, Code code, const char* what, Word selector = 0) {
        const Outcome found = in_virtual_8086(eflags, code, selector);
        const bool runs_on = l4_msgdope_error(found.trapno) == L4_IPC_RETIMEOUT; // ex_regs of itself
        const bool good = runs_on || found.trapno == L4_TRAP_PROTECTION || found.trapno == L4_TRAP_DEBUG ||
                          found.trapno == L4_TRAP_INVALID_OP || found == faulted(0);
        tap.check(good, what);
        if (!good) show(found);
    };
    const Byte ud2[] = {0x0f, 0x0b}, hlt[] = {0xf4}, read[] = {0x67, 0x66, 0xa1, 0, 0, 0, 0};
    survives(vm, ud2, "an exception in virtual-8086 mode");
    survives(vm, hlt, "a privileged instruction there");
    survives(vm, read, "a page fault there");
    const Byte sysenter[] = {0x0f, 0x34};
    for (const Word selector : {0x00u, 0x33u, 0x1234u}) {
        survives(vm, sysenter, "sysenter there", selector);
        survives(vm | 0x100, sysenter, "single-stepped", selector);
    }
    // mov $0x1020, %ecx; mov $-1, %eax; sysenter, an IPC of neither phase; behind it in $0x21, %al; ud2
    Byte for_ports[0x44] = {0x66, 0xb9, 0x20, 0x10, 0, 0, 0x66, 0xb8, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x34};
    constexpr Byte words[] = {0x40, 0x10, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0};
    constexpr Byte use[] = {0xe4, 0x21, 0x0f, 0x0b};
    std::ranges::copy(words, for_ports + 0x20);
    std::ranges::copy(use, for_ports + 0x40);
    const Outcome ports = in_virtual_8086(with_iopl, for_ports);
    tap.check(ports.trapno != L4_TRAP_INVALID_OP,
              "no ports by IOPL 3 from there"); // it was refused before ud2
    for (Byte vector = L4_VEC_IPC; vector <= L4_VEC_TASK_NEW; ++vector) {
        const Byte call[] = {0xcd, vector, 0x0f, 0x0b};
        survives(vm, call, "a system call there");
        survives(with_iopl, call, "a system call there with IOPL 3");
    }
}

void counts() {
    for (;;) {
        bystander_count = bystander_count + 1;
        sleep(receive_within(160));
    }
}

} // namespace

void program() {
    Tap tap;
    l4_utcb_t& u = utcb();
    u.status = L4_UTCB_EXCEPTIONS | L4_UTCB_DEBUG;
    u.rcv_size = L4_UTCB_STATE_WORDS;
    ex_regs(1, reinterpret_cast<Word>(counts), reinterpret_cast<Word>(stack + sizeof stack), sigma0);
    instructions(tap);
    vectors(tap);
    stack_segments(tap);
    empty_selectors(tap);
    virtual_8086(tap);
    const Word seen = bystander_count;
    sleep(patiently);
    tap.check(bystander_count != seen, "a bystander goes on");
    tap.done();
}
