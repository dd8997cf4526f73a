// SPDX-License-Identifier: BSD-2-Clause
// The ways into the kernel that only the PC has.
#include <initializer_list>

#include "l4/abi/exception.h"
#include "l4/abi/kip.h"
#include "tap.h"

extern "C" {
[[noreturn]] void program();
[[noreturn]] void echo();
[[noreturn]] void restarted();
/// entry(word 0, word 1): IPC call to the echo by `call *entry`; in enter.S.  Also stores what is left of
/// ESP.
Message ipc_by_call(Word entry, Word w0, Word w1);
extern Word stack_difference;
}

namespace {

alignas(16) char stacks[2][4096];
volatile Word arrived = 0;
const l4_threadid_t sigma0 = l4_threadid(L4_TASK_SIGMA0, 0), main_thread = l4_threadid(L4_TASK_ROOT, 0);

Word stack_of(unsigned i) { return reinterpret_cast<Word>(stacks[i] + sizeof stacks[i]); }
const l4_kip_t& kip() { return *reinterpret_cast<const l4_kip_t*>(L4_KIP_ADDRESS); }

/// id_nearest of nil: oneself.
Word id_by_call(Word entry) {
    Word low = 0, high = 0;
    asm volatile("push %%ebp\n\tcall *%2\n\tpop %%ebp"
                 : "+S"(low), "+D"(high)
                 : "a"(entry)
                 : "ebx", "ecx", "edx", "memory", "cc");
    return low;
}

void info_page(Tap& tap) {
    tap.equal(kip().magic, L4_KIP_MAGIC, "the info page is in the task");
    Word eax = 0;
    asm volatile(".byte 0xf0, 0x90" : "+a"(eax));
    tap.equal(eax, L4_KIP_ADDRESS, "lock; nop tells where");
    tap.equal(kip().version >> 24, L4_KIP_VERSION_TOP, "its version");
    const auto* const text = reinterpret_cast<const char*>(L4_KIP_ADDRESS + kip().version_strings * 16u);
    tap.check(text[0] == 'd' && text[1] == 'r' && text[2] == 'o', "and its text");
    const Word count = kip().mem_info & L4_KIP_MEM_COUNT_MASK;
    const auto* const d =
        reinterpret_cast<const l4_kip_mem_t*>(L4_KIP_ADDRESS + (kip().mem_info >> L4_KIP_MEM_OFFSET_SHIFT));
    bool conventional = false, bootloader = false, dedicated = false, ordered = true;
    for (Word i = 0; i < count; ++i) {
        const Word type = d[i].start & L4_KIP_MEM_TYPE_MASK;
        conventional |= type == L4_KIP_MEM_CONVENTIONAL;
        bootloader |= type == L4_KIP_MEM_BOOTLOADER;
        dedicated |= type == L4_KIP_MEM_DEDICATED;
        ordered &= (d[i].start & L4_KIP_MEM_ADDR_MASK) < d[i].end;
    }
    tap.check(conventional && bootloader && dedicated && ordered, "its memory descriptors");
    const auto* const mbi = reinterpret_cast<const Word*>(kip().user_ptr);
    tap.equal(mbi[5], 2, "the multiboot information names two modules");
    const auto* const module = reinterpret_cast<const Word*>(mbi[6]) + 4;
    tap.equal(*reinterpret_cast<const Word*>(module[0]), 0x464c457f,
              "of which the second is this program's file");
}

void stubs(Tap& tap) {
    const Word self = main_thread.low;
    tap.equal(id_by_call(L4_SYSCALL_PAGE + L4_SYSCALL_STRIDE), self,
              "id_nearest by the fixed system-call page");
    tap.equal(id_by_call(L4_KIP_ADDRESS + kip().sys_id_nearest), self, "id_nearest by the info page");
    ex_regs(1, reinterpret_cast<Word>(echo), stack_of(0), sigma0);
    for (const Word entry : {L4_SYSCALL_PAGE, L4_KIP_ADDRESS + kip().sys_ipc}) {
        bool all = true;
        for (Word i = 0; i < 100; ++i) {
            const Message m = ipc_by_call(entry, i, i * 3);
            all &= l4_msgdope_error(m.result) == 0 && m.w0 == i + 1 && m.w1 == ((i * 3) ^ 5) &&
                   stack_difference == 0;
        }
        tap.check(all, entry == L4_SYSCALL_PAGE ? "ipc by the fixed page (sysenter)"
                                                : "ipc by the info page (int)");
    }
}

/// A thread that waits in an IPC that it entered by sysenter gets a new EIP.
void ex_regs_after_sysenter(Tap& tap) {
    // The echo waits by int; let thread 2 wait for it by the fixed page after the echo has been stopped.
    call<L4_VEC_LTHREAD_EX_REGS>(
        {.eax = 1 | L4_EX_REGS_STOP, .ecx = ~0u, .edx = ~0u, .ebx = ~0u, .ebp = ~0u, .esi = ~0u, .edi = ~0u});
    ex_regs(2, reinterpret_cast<Word>(+[] { ipc_by_call(L4_SYSCALL_PAGE, 0, 0); }), stack_of(1) - 16, sigma0);
    sleep(receive_within(2000));
    const Regs r = ex_regs(2, reinterpret_cast<Word>(restarted), stack_of(1), l4_invalid_id());
    // By int where the processor has no sysenter.
    tap.check(r.edx == L4_SYSCALL_PAGE + 15 || r.edx == L4_SYSCALL_PAGE + 2,
              "a thread that waits by sysenter has the stub's return address");
    for (int tries = 0; arrived == 0 && tries < 100; ++tries) sleep(receive_within(2000));
    tap.equal(arrived, 0x1234, "and runs where ex_regs sends it");
}

} // namespace

void echo() {
    Message m = wait();
    for (;;) m = ipc(0, L4_RCV_OPEN, m.from, m.w0 + 1, m.w1 ^ 5, never);
}

void restarted() {
    arrived = 0x1234;
    for (;;) sleep(never);
}

void program() {
    Tap tap;
    info_page(tap);
    stubs(tap);
    ex_regs_after_sysenter(tap);
    tap.done();
}
