// SPDX-License-Identifier: BSD-2-Clause
#pragma once
// A program that tries whatever comes to its mind, in several threads.  It has its root's text; the only
// other memory that its root gives it is `ground`.  It counts what it does at the try: the root looks there.
#include "child.h"
#include "l4/abi/timeout.h"

extern "C" const char text_end[];

namespace rubbish {

using Byte = unsigned char;

constexpr Word threads = 8, fields = 8, stack_bytes = 1024, pad_bytes = 32, vectors = 256;
/// The bystander, and a task that the hostile one may make.
constexpr Word bystander_task = 6, accomplice_task = 7;
constexpr l4_threadid_t bystander = l4_threadid(bystander_task, 0),
                        accomplice = l4_threadid(accomplice_task, 0);
constexpr Word system_calls = L4_VEC_TASK_NEW - L4_VEC_IPC + 1, first_page = 0x120000;

struct alignas(4096) Ground {
    volatile Word count, random;
    volatile Word calls[system_calls];
    volatile Word of_vector[vectors];
    alignas(4096) Byte pads[threads][pad_bytes]; // code that is written and called
    alignas(4096) char stacks[threads][stack_bytes];
    alignas(4096) Byte field[fields][4096];
};
inline Ground ground;

inline Word place(const volatile void* at) { return reinterpret_cast<Word>(at); }
inline Word stack_of(Word thread) { return place(ground.stacks[thread % threads] + stack_bytes - 16); }

inline Word random(Word below) {
    ground.random = ground.random * 1664525 + 1013904223;
    return (ground.random >> 8) % below;
}
template <Word n>
inline Word one_of(const Word (&words)[n]) {
    return words[random(n)];
}

/// Words that mean something: ids, descriptors, flexpages, addresses, parameters.
inline constexpr Word known[] = {
    0,           ~0u,        0x00080000, 0x00080400, 0x000a0000, 0x000a0400, 0x000a0800, 0x000c0000,
    0x000c0400,  0x000e0000, 0x00040000, 1,          2,          3,          4,          0x1000,
    0x00400000,  0x00001030, 0x00001032, 0x00001033, 0x00400032, 0x00400058, 0x0040005a, 0x00000080,
    0x00000082,  0x00001ff0, 0x00403ffc, 0x80000000, 0x80000002, 0x00000010, 0x00000011, 0x64100010,
    0xf0000040,  0xf00000c0, 0xf0001030, 0xbff00000, 0xbfff2000, 0xc0000000, 0xc0300000, 0xeacff000,
    0xeacfe000,  0xeacfd000, 0x0000f0f0, 0x010000f1, 0x00120000, 0x00000333, 0x00004000, 0x00050200,
    ~0u - 0xfff, 0x00007ff0, 0x7fffffff, 0x00cff300};

/// In no word is a byte that is `iret`: QEMU's translator lets programs into virtual-8086 mode by it, and its
/// machine is theirs then (docs/pc.md).  So data that is executed is none.
inline Word without_iret(Word w) {
    for (Word shift = 0; shift < 32; shift += 8)
        if ((w >> shift & 0xff) == 0xcf) w ^= 0x10u << shift;
    return w;
}

inline Word word() {
    switch (random(8)) {
        case 0: return without_iret(random(1u << 16) << 16 | random(1u << 16));
        case 1: return without_iret(1u << random(32) | random(2));
        case 2:
        case 3: return place(ground.field[random(fields)]) + random(2) * (random(4096) & ~3u);
        case 4: return place(ground.field[random(fields)]) | page_4k | random(4);
        default: return one_of(known);
    }
}

inline constexpr Word soon = l4_timeout(1, 13, 1, 13);
inline constexpr Word times[] = {at_once, at_once, at_once, soon, soon, send_at_once | 1, 0x10, never};

void live();

/// What would end the hostile one, or keep it from anything else, is less frequent than it would be.
inline Regs arguments(Word vector) {
    Regs r = {word(), word(), word(), word(), word(), word(), word()};
    // Where threads begin: whatever is executed there, it is not what they made out of data.
    const Word begin = one_of({place(reinterpret_cast<void*>(live)), 0u, ~0u, 0xc0300000u, L4_SYSCALL_PAGE});
    const Word mine = one_of({~0u, ~0u, main_thread.low, word()});
    switch (vector) {
        case L4_VEC_IPC:
            if (random(8)) r.ecx = one_of(times) | random(2) * l4_timeout_pf(random(16), random(16));
            if (random(8)) r.edi = 0;
            if (random(2)) r.eax = one_of({0u, 0u, L4_SND_MAP, L4_IPC_NO_SEND});
            if (random(2)) r.ebp = one_of({0u, L4_RCV_OPEN, L4_IPC_NO_RECV, L4_FP_WHOLE_SPACE | L4_RCV_MAP});
            break;
        case L4_VEC_LTHREAD_EX_REGS:
            r.edx = begin;
            if (random(2)) r.eax = random(threads) | (random(2) ? 0 : 1u << (18 + random(14)));
            if (random(4)) r.esi = r.edi = mine;
            break;
        case L4_VEC_TASK_NEW:
            r.edx = begin;
            r.ebx = one_of({0u, main_thread.low, mine});
            if (random(4)) r.esi = accomplice.low;
            break;
        default: break;
    }
    return r;
}

struct Instruction {
    Byte size, code[8];
};

inline constexpr Instruction instructions[] = {
    {1, {0xf4}},                               // hlt
    {1, {0xfa}},                               // cli
    {1, {0xfb}},                               // sti
    {1, {0xec}},                               // in %dx, %al
    {1, {0xee}},                               // out %al, %dx
    {3, {0x0f, 0x22, 0xc0}},                   // mov %eax, %cr0
    {3, {0x0f, 0x22, 0xd8}},                   // mov %eax, %cr3
    {3, {0x0f, 0x22, 0xe0}},                   // mov %eax, %cr4
    {3, {0x0f, 0x23, 0xf8}},                   // mov %eax, %dr7
    {2, {0x0f, 0x06}},                         // clts
    {2, {0x0f, 0x30}},                         // wrmsr
    {2, {0x0f, 0x32}},                         // rdmsr
    {2, {0x0f, 0x34}},                         // sysenter, its stack in ECX
    {2, {0x0f, 0x35}},                         // sysexit
    {3, {0x0f, 0x01, 0x38}},                   // invlpg (%eax)
    {3, {0x0f, 0x01, 0x10}},                   // lgdt (%eax)
    {3, {0x0f, 0x01, 0x18}},                   // lidt (%eax)
    {3, {0x0f, 0x00, 0xd0}},                   // lldt %ax
    {3, {0x0f, 0x00, 0xd8}},                   // ltr %ax
    {3, {0x0f, 0x01, 0xf0}},                   // lmsw %ax
    {2, {0x8e, 0xd8}},                         // mov %eax, %ds
    {2, {0x8e, 0xd0}},                         // mov %eax, %ss
    {2, {0x8e, 0xe0}},                         // mov %eax, %fs
    {2, {0x8e, 0xe8}},                         // mov %eax, %gs
    {3, {0x0f, 0xae, 0x08}},                   // fxrstor (%eax)
    {3, {0x0f, 0xae, 0x10}},                   // ldmxcsr (%eax)
    {2, {0xdb, 0xe3}},                         // fninit
    {7, {0xea, 0, 0, 0x30, 0xc0, 0x08, 0x00}}, // a jump into the kernel's code segment
    {7, {0x68, 0x02, 0x43, 0, 0, 0x9d, 0x90}}, // NT and a single step
    {2, {0x0f, 0x0b}},                         // ud2
    {1, {0xce}},                               // into
    {2, {0xf7, 0xf1}},                         // div %ecx
};

inline void execute(Word thread, const Instruction& what) {
    volatile Byte* at = ground.pads[thread];
    for (Word i = 0; i < what.size; ++i) *at++ = what.code[i];
    *at = 0xc3; // ret
    call_at(place(ground.pads[thread]), {word(), word(), word(), word(), word(), word(), word()});
}

inline void int_of(Word thread, Word vector, const Regs& r) {
    volatile Byte* const pad = ground.pads[thread];
    pad[0] = 0xcd;
    pad[1] = static_cast<Byte>(vector);
    pad[2] = 0xc3;
    call_at(place(pad), r);
}

inline void call_something(Word thread) {
    const Word n = random(system_calls), vector = L4_VEC_IPC + n;
    const Regs r = arguments(vector);
    ground.calls[n] = ground.calls[n] + 1;
    if (random(2)) return int_of(thread, vector, r);
    call_at(L4_SYSCALL_PAGE + n * L4_SYSCALL_STRIDE, r); // an IPC is by sysenter here
}

/// Its stack, UTCB, info page, code, counts, everything; the own mapping, too, more often than not.
inline void unmap_something(Word thread) {
    const Word pages[] = {
        stack_of(thread), L4_UTCB_AREA,       L4_KIP_ADDRESS,      place(reinterpret_cast<void*>(live)),
        place(&ground),   place(ground.pads), place(ground.field), 0};
    const Word sizes[] = {12, 12, 13, 14, 16, 22, random(64), L4_FP_WHOLE_SIZE};
    const Word masks[] = {L4_FP_ALL_SPACES | L4_FP_FLUSH, L4_FP_ALL_SPACES | L4_FP_FLUSH, L4_FP_ALL_SPACES,
                          L4_FP_FLUSH, word()};
    ground.calls[L4_VEC_FPAGE_UNMAP - L4_VEC_IPC] = ground.calls[L4_VEC_FPAGE_UNMAP - L4_VEC_IPC] + 1;
    call<L4_VEC_FPAGE_UNMAP>({.eax = l4_fpage(one_of(pages), one_of(sizes), 0), .ecx = one_of(masks)});
}

inline void fill_utcb() {
    auto* const words = reinterpret_cast<volatile Word*>(L4_UTCB_AREA + random(threads) * L4_UTCB_SIZE);
    for (Word i = 0; i < 4; ++i) words[random(L4_UTCB_SIZE / sizeof(Word))] = word();
    words[offsetof(l4_utcb_t, snd_size) / sizeof(Word)] = random(20);
    words[offsetof(l4_utcb_t, rcv_size) / sizeof(Word)] = random(20);
}

/// A thread's life.  It begins here anew after an exception, and has nothing but its stack.
void live() {
    Word esp = 0;
    asm volatile("mov %%esp, %0" : "=r"(esp));
    const Word thread = (esp - place(ground.stacks)) / stack_bytes % threads;
    for (;;) {
        ground.count = ground.count + 1;
        switch (random(16)) {
            case 0: {
                const Word vector = random(vectors);
                ground.of_vector[vector] = ground.of_vector[vector] + 1;
                const bool is_call = vector >= L4_VEC_IPC && vector <= L4_VEC_TASK_NEW;
                int_of(thread, vector, is_call ? arguments(vector) : Regs{word(), word(), word()});
                break;
            }
            case 1:
                execute(thread, instructions[random(sizeof instructions / sizeof instructions[0])]);
                break;
            case 2: (void)*reinterpret_cast<const volatile Byte*>(word()); break;
            case 3: *reinterpret_cast<volatile Word*>(word() & ~3u) = word(); break;
            case 4: unmap_something(thread); break;
            case 5: fill_utcb(); break;
            default: call_something(thread); break;
        }
    }
}

} // namespace rubbish
