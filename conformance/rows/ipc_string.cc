// SPDX-License-Identifier: BSD-2-Clause
// abi/table/ipc_string.toml
#include "conformance/harness/machine.h"
#include "conformance/harness/message.h"
#include "conformance/harness/row.h"

namespace conformance {
namespace {

constexpr Word kernel_begin = L4_USER_TOP, one_string = 0x4100;
alignas(4096) char source_bytes[16384];
alignas(4096) char target_bytes[16384];
Word source, target;
Message<2, 31> out, in;

/// Two actors, memory filled with patterns, and empty messages.
void prepare() {
    cast(2);
    source = address(source_bytes);
    target = address(target_bytes);
    fill(source, sizeof source_bytes);
    clear(target, sizeof target_bytes);
    out = {};
    in = {};
}

template <typename S, typename R>
Passed exchange(const S& from, const R& to) {
    const Passed p = pass(A, B, 0x101, 0x202, to.rcv(), from.snd());
    EQ(p.got.edx, 0x101);
    EQ(p.got.ebx, 0x202);
    return p;
}

void expect_passed(const Passed& p, Word result) {
    EQ(p.sent.eax, L4_IPC_OK);
    EQ(p.got.eax, result);
}

ROW(ipc_string_one) {
    prepare();
    out.sends(2, 1).strings[0] = {5000, source + 3, 0, 0};
    in.size_dope = l4_msgdope(2, 1);
    in.strings[0] = {0xaaaa, 0xbbbb, 8192, target + 4000};
    expect_passed(exchange(out, in), one_string);
    YES(filled(target + 4000, 5000, 1, 3));
    YES(all_bytes(target + 9000, 1000, 0xee));
    YES(all_bytes(target, 4000, 0xee));
    EQ(in.strings[0].snd_size, 5000);
    EQ(in.strings[0].snd_addr, target + 4000);
    EQ(in.strings[0].rcv_size, 8192);
    EQ(in.strings[0].rcv_addr, target + 4000);
}

ROW(ipc_string_several) {
    prepare();
    out.sends(2, 31);
    for (Word k = 0; k < 31; ++k) {
        out.strings[k] = {10 + k * 3, source + k * 101, 0, 0};
        in.strings[k] = {0, 0, 10 + k * 3 + k % 2, target + k * 200};
    }
    expect_passed(exchange(out, in), 0x5f00);
    for (Word k = 0; k < 31; ++k) {
        YES(filled(target + k * 200, 10 + k * 3, 1, k * 101));
        EQ(in.strings[k].snd_size, 10 + k * 3);
    }
}

ROW(ipc_string_gathered) {
    prepare();
    out.sends(2, 3);
    out.strings[0] = {10 | goes_on, source, 0, 0};
    out.strings[1] = {20 | goes_on, source + 1000, 0, 0};
    out.strings[2] = {5, source + 2000, 0, 0};
    in.strings[0] = {0, 0, 100, target};
    expect_passed(exchange(out, in), one_string);
    YES(filled(target, 10));
    YES(filled(target + 10, 20, 1, 1000));
    YES(filled(target + 30, 5, 1, 2000));
    YES(all_bytes(target + 35, 100, 0xee));
    EQ(in.strings[0].snd_size, 35);
}

ROW(ipc_string_scattered) {
    prepare();
    out.sends(2, 1).strings[0] = {35, source, 0, 0};
    in.strings[0] = {0, 0, 10 | goes_on, target};
    in.strings[1] = {0, 0, 20 | goes_on, target + 1000};
    in.strings[2] = {0, 0, 50, target + 2000};
    expect_passed(exchange(out, in), 0x4300);
    YES(filled(target, 10));
    YES(filled(target + 1000, 20, 1, 10));
    YES(filled(target + 2000, 5, 1, 30));
    EQ(in.strings[0].snd_size, 10 | goes_on);
    EQ(in.strings[1].snd_size, 20 | goes_on);
    EQ(in.strings[2].snd_size, 5);
    EQ(in.strings[0].snd_addr, target);
    EQ(in.strings[1].snd_addr, target + 1000);
    EQ(in.strings[2].snd_addr, target + 2000);
}

ROW(ipc_string_scattered_ends_early) {
    prepare();
    out.sends(2, 2);
    out.strings[0] = {7, source, 0, 0};
    out.strings[1] = {8, source + 100, 0, 0};
    in.strings[0] = {0, 0, 10 | goes_on, target};
    in.strings[1] = {0x33, 0x44, 20, target + 1000};
    in.strings[2] = {0, 0, 50, target + 2000};
    expect_passed(exchange(out, in), 0x4200);
    EQ(in.strings[0].snd_size, 7);
    EQ(in.strings[1].snd_size, 0x33);
    EQ(in.strings[1].snd_addr, 0x44);
    EQ(in.strings[2].snd_size, 8);
    YES(filled(target, 7));
    YES(filled(target + 2000, 8, 1, 100));
    YES(all_bytes(target + 1000, 20, 0xee));
}

ROW(ipc_string_too_long) {
    prepare();
    out.sends(2, 2);
    out.strings[0] = {100, source, 0, 0};
    out.strings[1] = {30, source + 500, 0, 0};
    in.strings[0] = {0, 0, 60, target};
    in.strings[1] = {0, 0, 60, target + 500};
    const Passed p = exchange(out, in);
    EQ(p.sent.eax, L4_IPC_SEMSGCUT);
    EQ(p.got.eax, 0x4200 | L4_IPC_REMSGCUT);
    YES(filled(target, 60));
    YES(all_bytes(target + 60, 400, 0xee));
    EQ(in.strings[0].snd_size, 60);
    EQ(in.strings[1].snd_size, 30);
    YES(filled(target + 500, 30, 1, 500));
}

ROW(ipc_string_too_many) {
    prepare();
    out.sends(2, 2);
    out.strings[0] = {100, source, 0, 0};
    out.strings[1] = {30, source + 500, 0, 0};
    in.size_dope = l4_msgdope(2, 1);
    in.strings[0] = {0, 0, 100, target};
    in.strings[1] = {0, 0, 60, target + 500};
    const Passed p = exchange(out, in);
    EQ(p.sent.eax, L4_IPC_SEMSGCUT);
    EQ(p.got.eax, one_string | L4_IPC_REMSGCUT);
    YES(filled(target, 100));
    YES(all_bytes(target + 500, 60, 0xee));
}

ROW(ipc_string_fewer_than_buffers) {
    prepare();
    out.sends(2, 1).strings[0] = {9, source, 0, 0};
    for (Word k = 0; k < 3; ++k) in.strings[k] = {k, k, 60, target + k * 100};
    in.size_dope = l4_msgdope(2, 3);
    expect_passed(exchange(out, in), one_string);
    for (Word k = 1; k < 3; ++k) {
        EQ(in.strings[k].snd_size, k);
        EQ(in.strings[k].snd_addr, k);
    }
}

ROW(ipc_string_empty) {
    prepare();
    out.sends(2, 1).strings[0] = {0, source, 0, 0};
    in.strings[0] = {7, 7, 60, target};
    expect_passed(exchange(out, in), one_string);
    EQ(in.strings[0].snd_size, 0);
    EQ(in.strings[0].snd_addr, target);
    YES(all_bytes(target, 60, 0xee));
}

ROW(ipc_string_last_dope_goes_on) {
    prepare();
    out.sends(2, 1);
    out.strings[0] = {12 | goes_on, source, 0, 0};
    out.strings[1] = {12, source + 100, 0, 0};
    in.size_dope = l4_msgdope(2, 1);
    in.strings[0] = {0, 0, 100, target};
    expect_passed(exchange(out, in), one_string);
    YES(filled(target, 12));
    YES(all_bytes(target + 12, 88, 0xee));
    out.sends(2, 1).strings[0] = {12, source, 0, 0};
    in.strings[0] = {0, 0, 20 | goes_on, target};
    in.strings[1] = {5, 6, 20, target + 200};
    expect_passed(exchange(out, in), one_string);
    EQ(in.strings[0].snd_size & ~goes_on, 12);
    EQ(in.strings[1].snd_size, 5);
}

ROW(ipc_string_place_of_dopes) {
    prepare();
    static Message<20, 1> from, to;
    from = to = {};
    from.sends(4, 1).strings[0] = {40, source, 0, 0};
    to.strings[0] = {0, 0, 40, target};
    from.words[2] = 22;
    from.words[3] = 33;
    EQ(address(from.strings), address(&from) + 92);
    expect_passed(exchange(from, to), 0x8100);
    EQ(to.words[2], 22);
    EQ(to.words[3], 33);
    EQ(to.words[4], 0);
    YES(filled(target, 40));
}

ROW(ipc_string_words_cut_strings_not) {
    prepare();
    static Message<10, 1> from;
    static Message<4, 1> to;
    from = {};
    to = {};
    from.sends(10, 1).strings[0] = {40, source, 0, 0};
    to.strings[0] = {0, 0, 40, target};
    const Passed p = exchange(from, to);
    EQ(p.sent.eax, L4_IPC_SEMSGCUT);
    EQ(p.got.eax, 0x8100 | L4_IPC_REMSGCUT);
    YES(filled(target, 40));
}

ROW(ipc_string_4_mib) {
    prepare();
    const Word from = superpage(0), to = superpage(1), place = 0x50000000;
    for (Word i = 0; i < super_size / 4; ++i) words(from)[i] = i * 2654435761u;
    for (Word i = 0; i < super_size / 4; ++i) words(to)[i] = 0;
    give(A, place, from, super_log2);
    give(B, place, to, super_log2);
    out.sends(2, 1).strings[0] = {super_size, place, 0, 0};
    in.strings[0] = {0, 0, super_size, place};
    C.create_in_root(2, actor_prio + 10);
    C.begin([] {
        l4_irq_attach(clock_irq);
        EQ(l4_irq_wait(clock_irq, never), 0);
        log('C');
        l4_irq_detach();
    });
    B.begin(receive(A.id, never, in.rcv()));
    settle();
    A.begin([] {
        EQ(ipc(send(B.id, 1, 2, never, out.snd())).eax, L4_IPC_OK);
        log('A');
    });
    start_clock_irq();
    EQ(B.end().eax, one_string);
    LOG("CA");
    calm_irqs();
    Word wrong = 0;
    for (Word i = 0; i < super_size / 4; ++i) wrong += words(to)[i] != i * 2654435761u ? 1u : 0u;
    EQ(wrong, 0);
}

ROW(ipc_string_in_kernel) {
    prepare();
    in.strings[0] = {0, 0, 8192, target};
    give(A, kernel_begin - page_size, page(0));
    for (const Word start : {kernel_begin, kernel_begin - 100, 0xfffff000u}) {
        out.sends(2, 1).strings[0] = {200, start, 0, 0};
        B.begin(receive(A.id, after(100000), in.rcv()));
        settle(50);
        EQ(A.ipc(send(B.id, 1, 2, after(100000), out.snd())).eax, L4_IPC_SEABORTED);
        EQ(B.end().eax, L4_IPC_REABORTED);
    }
    give(B, kernel_begin - page_size, page(1));
    for (const Word start : {kernel_begin, kernel_begin - 100, 0xfffff000u}) {
        out.strings[0] = {200, source, 0, 0};
        in.strings[0] = {0, 0, 200, start};
        B.begin(receive(A.id, after(100000), in.rcv()));
        settle(50);
        EQ(A.ipc(send(B.id, 1, 2, after(100000), out.snd())).eax, L4_IPC_SEABORTED);
        EQ(B.end().eax, L4_IPC_REABORTED);
    }
}

} // namespace
} // namespace conformance
