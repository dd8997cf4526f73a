// SPDX-License-Identifier: BSD-2-Clause
// abi/table/thesis.toml: FPU, I/O faults, TLS descriptors
#include "conformance/harness/handler.h"
#include "conformance/harness/machine.h"
#include "conformance/harness/message.h"

namespace conformance {
namespace {

volatile bool stop;

void load_double(double value) { asm volatile("fldl %0" : : "m"(value)); }
double store_double() {
    double value;
    asm volatile("fstpl %0" : "=m"(value));
    return value;
}

ROW(fpu_state_of_stopped_thread) {
    cast(1);
    static double found;
    static Word control_word;
    control_word = 0;
    stop = false;
    A.begin([] {
        const std::uint16_t strange = 0x27f;
        asm volatile("fninit\n\tfldcw %0" : : "m"(strange));
        load_double(1.25);
        while (!stop) {
        }
        found = store_double();
    });
    settle(200);
    control(A, L4_EX_REGS_STOP | L4_EX_REGS_FPU_GET);
    YES(store_double() == 1.25);
    asm volatile("fninit");
    load_double(2.5);
    control(A, L4_EX_REGS_FPU_SET | L4_EX_REGS_STOP);
    asm volatile("fninit");
    stop = true;
    l4_my_utcb()->snd_size = 0;
    control(A, L4_EX_REGS_STATE_SET);
    static_cast<void>(A.end());
    YES(found == 2.5);
    stop = false;
    A.begin([] {
        const std::uint16_t strange = 0x27f;
        asm volatile("fninit\n\tfldcw %0" : : "m"(strange));
        while (!stop) {
        }
        std::uint16_t now_set;
        asm volatile("fnstcw %0" : "=m"(now_set));
        control_word = now_set;
    });
    settle(200);
    control(A, L4_EX_REGS_STOP);
    control(A, L4_EX_REGS_FPU_RESET | L4_EX_REGS_STATE_SET);
    stop = true;
    static_cast<void>(A.end());
    EQ(control_word, 0x37f);
}

/// Fills all eight registers, and looks for them again and again, with the other one in between. In integers:
/// the compiler's own arithmetic would use the registers.
Word foreign, looks;
void keep_pattern(std::int64_t value, std::uint64_t us) {
    const std::uint64_t end = now() + us;
    while (now() < end) {
        asm volatile("fninit");
        for (std::int64_t i = 0; i < 8; ++i) {
            const std::int64_t in = value + i;
            asm volatile("fildll %0" : : "m"(in));
        }
        l4_yield();
        ++looks;
        for (std::int64_t i = 7; i >= 0; --i) {
            std::int64_t out = 0;
            asm volatile("fistpll %0" : "=m"(out));
            foreign += out == value + i ? 0u : 1u;
        }
    }
}

ROW(fpu_state_is_private) {
    cast(2);
    foreign = looks = 0;
    A.begin([] { keep_pattern(1000, 5000); });
    B.begin([] { keep_pattern(-5000, 5000); });
    settle(2000);
    C.create(first_task + 2);
    static Word new_ones;
    C.begin([] {
        Word environment[7], area[27];
        asm volatile("fnstenv %0\n\tfnsave %1" : "=m"(environment), "=m"(area));
        // No register is in use, and none holds anything.
        new_ones = (environment[2] & 0xffff) == 0xffff ? 1 : 0;
        for (Word i = 7; i < 27; ++i) new_ones += area[i] == 0 ? 1u : 0u;
    });
    settle(20000);
    NO(A.busy());
    NO(B.busy());
    EQ(foreign, 0);
    YES(looks > 20);
    EQ(new_ones, 21);
}

/// The six kinds of access; their results.
template <int n>
void access_port() {
    Word value = 0;
    const Word port = 0x80;
    switch (n) {
        case 0: asm volatile("inb %w1, %b0" : "+a"(value) : "d"(port)); break;
        case 1: asm volatile("inw %w1, %w0" : "+a"(value) : "d"(port)); break;
        case 2: asm volatile("inl %w1, %0" : "+a"(value) : "d"(port)); break;
        case 3: asm volatile("outb %b0, %w1" : : "a"(value), "d"(port)); break;
        case 4: asm volatile("outw %w0, %w1" : : "a"(value), "d"(port)); break;
        default: asm volatile("outl %0, %w1" : : "a"(value), "d"(port)); break;
    }
    log('A');
}

ROW(io_fault_message) {
    cast(1);
    const Body bodies[] = {access_port<0>, access_port<1>, access_port<2>,
                           access_port<3>, access_port<4>, access_port<5>};
    A.set_pager(root_id);
    for (Word n = 0; n < 6; ++n) {
        const Word ports = l4_io_fpage(0x80, n % 3, 0);
        A.begin(bodies[n]);
        const Regs r = next_message(A);
        EQ(r.edx, ports);
        // in is 0xec or 0xed, out 0xee or 0xef, 16 bits with a prefix.
        const auto* const code = at<const unsigned char>(r.ebx);
        EQ((code[0] == 0x66 ? code[1] : code[0]) & 0xfe, n < 3 ? 0xec : 0xee);
        EQ(ipc(send_map(A.id, 0, ports, zero)).eax, L4_IPC_OK);
        static_cast<void>(A.end());
        LOG("A");
        call(L4_VEC_FPAGE_UNMAP, unmap(L4_FP_IO_WHOLE, L4_FP_FLUSH));
    }
}

volatile Word flags_first, flags_now;
Word flags() {
    Word f;
    asm volatile("pushf\n\tpop %0" : "=r"(f));
    return f;
}

ROW(io_fault_cli) {
    cast(1);
    A.set_pager(root_id);
    stop = false;
    A.begin([] {
        asm volatile("cli");
        flags_first = flags();
        asm volatile("sti");
        while (!stop) flags_now = flags();
    });
    EQ(next_message(A).edx, L4_FP_IO_WHOLE);
    EQ(ipc(send_map(A.id, 0, l4_io_fpage(0, 15, 0), zero)).eax, L4_IPC_OK);
    EQ(next_message(A).edx, L4_FP_IO_WHOLE);
    EQ(ipc(send_map(A.id, 0, L4_FP_IO_WHOLE, zero)).eax, L4_IPC_OK);
    settle(1000);
    EQ(flags_first & 0x3200, 0x3000);
    EQ(flags_now & 0x3200, 0x3200);
    call(L4_VEC_FPAGE_UNMAP, unmap(l4_io_fpage(0x60, 0, 0), L4_FP_FLUSH));
    settle(1000);
    EQ(flags_now & 0x3200, 0x200);
    stop = true;
    static_cast<void>(A.end());
}

constexpr Word first_tls = 0x33, slot_distance = 8;
/// A flat segment from `base` on; `access` is a descriptor's byte 5.
constexpr Word low_of(Word base) { return 0xffff | base << 16; }
constexpr Word high_of(Word base, Word access) {
    return (base & 0xff000000) | 0xcf0000 | access << 8 | (base >> 16 & 0xff);
}
constexpr Word data = 0xf2, read_only = 0xf0, code = 0xfa, system = 0xe2, privileged = 0x92, absent = 0x72;

Word marks[3] = {0x1111, 0x2222, 0x3333};
Word seen[3];
/// Reads the first word of each slot's segment.
void look_through_slots() {
    for (Word i = 0; i < 3; ++i)
        asm volatile("push %%fs\n\tmovl %1, %%fs\n\tmovl %%fs:0, %0\n\tpop %%fs"
                     : "=r"(seen[i])
                     : "r"(first_tls + i * slot_distance));
}

void set_descriptors(Word access_0, Word access_1, Word access_2) {
    const Word access[] = {access_0, access_1, access_2};
    for (Word i = 0; i < 3; ++i) {
        l4_my_utcb()->tls[2 * i] = access[i] != 0 ? low_of(address(&marks[i])) : 0;
        l4_my_utcb()->tls[2 * i + 1] = access[i] != 0 ? high_of(address(&marks[i]), access[i]) : 0;
    }
    control(A, L4_EX_REGS_TLS);
}

/// What becomes of a selector that A's state gets.
Word selector_after_setting(Word selector) {
    control(A, L4_EX_REGS_STOP | L4_EX_REGS_STATE_GET);
    const l4_utcb_state_t before = trapped();
    trapped().fs = selector;
    l4_my_utcb()->snd_size = 2;
    control(A, L4_EX_REGS_STATE_SET | L4_EX_REGS_NO_CANCEL | L4_EX_REGS_STOP);
    control(A, L4_EX_REGS_STATE_GET);
    const Word result = trapped().fs;
    trapped() = before;
    control(A, L4_EX_REGS_STATE_SET | L4_EX_REGS_NO_CANCEL);
    return result;
}

ROW(tls_descriptors) {
    cast(1);
    set_descriptors(data, read_only, data);
    A.run(look_through_slots);
    for (Word i = 0; i < 3; ++i) {
        EQ(seen[i], marks[i]);
        EQ(selector_after_setting(first_tls + i * slot_distance), first_tls + i * slot_distance);
    }
    for (const Word bad : {code, system, privileged, absent}) {
        set_descriptors(data, bad, data);
        EQ(selector_after_setting(first_tls), first_tls);
        EQ(selector_after_setting(first_tls + slot_distance), 0);
    }
}

ROW(tls_selectors_are_repaired) {
    cast(1);
    set_descriptors(0, 0, 0);
    EQ(selector_after_setting(first_tls), 0);
    // One that is in use when its descriptor goes.
    set_descriptors(data, 0, 0);
    stop = false;
    static Word after_all;
    A.begin([] {
        asm volatile("movl %0, %%gs" : : "r"(first_tls));
        while (!stop) {
        }
        asm volatile("movl %%gs, %0\n\tmovl %1, %%gs" : "=&r"(after_all) : "r"(0x2b));
    });
    settle(200);
    control(A, L4_EX_REGS_STATE_GET);
    EQ(trapped().gs, first_tls);
    set_descriptors(0, 0, 0);
    control(A, L4_EX_REGS_STATE_GET);
    EQ(trapped().gs, 0);
    stop = true;
    static_cast<void>(A.end());
    EQ(after_all & 0xffff, 0);
    NO(A.fault.seen);
    // The kernel's, one of a local table, and one behind the end of the global one.
    for (const Word selector : {0x08u, 0x10u, 0x0fu, 0x37u, 0x4bu, 0xfffbu})
        EQ(selector_after_setting(selector), 0);
}

Word descriptor[2];
Id lldt_target;
/// Slot 0 of the target becomes a segment over marks[1].
void load_for_target() {
    descriptor[0] = low_of(address(&marks[1]));
    descriptor[1] = high_of(address(&marks[1]), data);
    asm volatile(".byte 0x0f, 0x00, 0xd0"
                 :
                 : "a"(descriptor), "b"(8), "c"(0), "d"(0), "S"(lldt_target.low)
                 : "memory");
    log('A');
}

ROW(tls_lldt) {
    cast(3);
    E.create_thread(A, 1);
    settle();
    B.set_pager(A.id);
    const auto lldt = [](Actor& target) {
        lldt_target = target.id;
        A.run(load_for_target);
        LOG("A");
    };
    const auto first_slot = [](Actor& of) {
        static Word value;
        of.run([] {
            Word fs;
            asm volatile("push %%fs\n\tmovl %2, %%fs\n\tmovl %%fs, %1\n\tmovl %%fs:0, %0\n\tpop %%fs"
                         : "=&r"(value), "=&r"(fs)
                         : "r"(first_tls));
        });
        return value;
    };
    lldt(E);
    EQ(first_slot(E), marks[1]);
    lldt(B);
    EQ(first_slot(B), marks[1]);
    lldt(C);
    C.begin([] { asm volatile("movl %0, %%fs" : : "r"(first_tls)); });
    settle();
    // Its slot is empty: to load it is a protection fault.
    EQ(C.query_state(), L4_STATE_DEAD);
}

} // namespace
} // namespace conformance
