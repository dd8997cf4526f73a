// SPDX-License-Identifier: BSD-2-Clause
// abi/table/kip.toml
#include "conformance/harness/message.h"
#include "conformance/harness/raw.h"
#include "conformance/harness/row.h"
#include "conformance/harness/sigma0.h"

namespace conformance {
namespace {

const l4_kip_t& kip() { return *at<const l4_kip_t>(L4_KIP_ADDRESS); }

/// One call of each kind, as `enter` makes it: what it gives.
struct Results {
    Raw ipc, nearest, unmap, thread_switch, schedule, ex_regs, task_new;
};
Results by_int, other;

template <template <Word> class Enter>
void all_calls(Results& r) {
    r.ipc = Enter<L4_VEC_IPC>::call(raw(both(B.id, 5, 6, never)));
    r.nearest = Enter<L4_VEC_ID_NEAREST>::call(raw(nearest(B.id)));
    r.unmap = Enter<L4_VEC_FPAGE_UNMAP>::call(raw(unmap(fpage(nowhere), L4_FP_FLUSH)));
    r.thread_switch = Enter<L4_VEC_THREAD_SWITCH>::call(raw(switch_to(l4_threadid(1500, 0))));
    r.schedule = Enter<L4_VEC_THREAD_SCHEDULE>::call(raw(schedule(B.id)));
    r.ex_regs = Enter<L4_VEC_LTHREAD_EX_REGS>::call(raw(ex_regs(l4_ex_regs_target(B.task, 0))));
    r.task_new = Enter<L4_VEC_TASK_NEW>::call(raw(task_new(A.task, root_id.low)));
}
template <Word vector>
struct ByInt {
    static Raw call(Raw r) { return raw_call<vector>(r); }
};
template <Word vector>
struct ByStub {
    static Raw call(Raw r) { return raw_stub_call<vector>(r); }
};

/// Answers so many messages with one more in word 0.
void echo_twice() {
    Regs r = ipc(receive_open());
    for (int i = 0; i < 2; ++i)
        r = ipc(both({r.esi, r.edi}, r.edx + 1, r.ebx, rcv_after(100000), 0, L4_RCV_OPEN));
}

void expect_results(const Results& r) {
    EQ(r.ipc.eax, two_words);
    EQ(r.ipc.edx, 6);
    EQ(r.ipc.ebx, 6);
    EQ(r.ipc.esi, B.id.low);
    EQ(r.nearest.eax, L4_NC_SAME_CLAN);
    EQ(r.nearest.esi, B.id.low);
    EQ(r.unmap.eax, 0);
    EQ(r.thread_switch.eax, L4_SWITCH_ERROR);
    EQ(r.schedule.eax & L4_SCHED_PRIO_MASK, actor_prio);
    EQ(r.ex_regs.eax, L4_EX_REGS_ERROR);
    EQ(r.task_new.eax, L4_TASK_NEW_EPERM);
    EQ(r.task_new.esi, 0);
    for (const Raw* const one :
         {&r.ipc, &r.nearest, &r.unmap, &r.thread_switch, &r.schedule, &r.ex_regs, &r.task_new})
        EQ(one->esp_after, one->esp_before);
}

ROW(pc_int_calls) {
    cast(2);
    B.begin(echo_twice);
    settle();
    A.run([] { all_calls<ByInt>(by_int); });
    expect_results(by_int);
}

ROW(pc_call_stubs) {
    cast(2);
    B.begin(echo_twice);
    settle();
    A.run([] { all_calls<ByStub>(other); });
    expect_results(other);
}

ROW(pc_sysenter) {
    cast(2);
    B.begin(echo_twice);
    settle();
    A.run([] {
        const Raw r = raw_sysenter(raw(both(B.id, 5, 6, never)));
        EQ(r.eax, two_words);
        EQ(r.edx, 6);
        EQ(r.ebx, 6);
        EQ(r.esi, B.id.low);
        EQ(r.edi, B.id.high);
        EQ(r.esp_after, r.esp_before);
    });
}

ROW(pc_sysenter_then_ex_regs) {
    cast(2);
    E.create_thread(A, 1);
    settle();
    A.begin([] { raw_sysenter(raw(both(B.id, 0x15, 0x16, never))); });
    settle();
    EQ(A.query_state(), L4_STATE_PENDING_SEND);
    E.call(L4_VEC_LTHREAD_EX_REGS, ex_regs(0, address(landing)));
    settle();
    EQ(landed.count, 1);
    EQ(landed.r.eax, L4_IPC_SECANCELED);
    EQ(landed.r.edx, 0x15);
    EQ(landed.r.ebx, 0x16);
    EQ(landed.r.esi, B.id.low);
    EQ(landed.r.edi, B.id.high);
}

ROW(kip_is_mapped) {
    cast(1);
    EQ(A.peek(L4_KIP_ADDRESS), L4_KIP_MAGIC);
    NO(A.can_write(L4_KIP_ADDRESS + 8));
    EQ(A.fault.w0 & ~3u, L4_KIP_ADDRESS + 8);
}

ROW(kip_lock_nop) {
    cast(1);
    static Word found;
    found = 0;
    A.run([] { asm volatile(".byte 0xf0, 0x90" : "=a"(found)); });
    EQ(found, L4_KIP_ADDRESS);
}

/// The kind of the last descriptor that holds the byte: later ones hold where they overlap.
Word kind_at(Word place) {
    const auto* const d =
        at<const l4_kip_mem_t>(L4_KIP_ADDRESS + (kip().mem_info >> L4_KIP_MEM_OFFSET_SHIFT));
    Word kind = L4_KIP_MEM_UNDEFINED;
    for (Word i = 0; i < (kip().mem_info & L4_KIP_MEM_COUNT_MASK); ++i)
        if ((d[i].start & L4_KIP_MEM_ADDR_MASK) <= place && place <= (d[i].end | ~L4_KIP_MEM_ADDR_MASK))
            kind = d[i].start & L4_KIP_MEM_TYPE_MASK;
    return kind;
}

/// The multiboot information: count and place of modules, length and place of the memory map.
const Word* multiboot() { return at<const Word>(kip().user_ptr); }
constexpr Word modules_count = 5, modules = 6, map_length = 11, map = 12;

ROW(kip_memory_descriptors) {
    const Word* const info = multiboot();
    Word ram = 0;
    for (Word entry = info[map]; entry < info[map] + info[map_length]; entry += words(entry)[0] + 4) {
        const Word *const e = words(entry), base = e[1], size = e[3], type = e[5];
        if (e[2] != 0) continue;
        if (type == 1) {
            ram += base >= 1u << 20 ? 1 : 0;
            if (base >= 1u << 20) YES(kind_at(base + size / 2) == L4_KIP_MEM_CONVENTIONAL);
        } else if (base >= 1u << 20) {
            YES(kind_at(base + size / 2) != L4_KIP_MEM_CONVENTIONAL);
        }
    }
    YES(ram > 0);
    EQ(kind_at(0x300000), L4_KIP_MEM_RESERVED);
    EQ(kind_at(0x90000), L4_KIP_MEM_DEDICATED);
    EQ(kind_at(address(&at_boot)), L4_KIP_MEM_BOOTLOADER);
    for (Word i = 0; i < info[modules_count]; ++i) {
        EQ(kind_at(words(info[modules])[i * 4]), L4_KIP_MEM_BOOTLOADER);
        EQ(kind_at(words(info[modules])[i * 4 + 1] - 1), L4_KIP_MEM_BOOTLOADER);
    }
}

ROW(kip_clock) {
    cast(1);
    const std::uint64_t first = now();
    settle(7000);
    const std::uint64_t second = l4_kip_clock(&kip());
    YES(second - first >= 7000);
    YES(second - first < 8000);
}

ROW(pc_boot_arguments) {
    const Regs r = ipc(both(sigma0_id, boot_arguments, 0, never, 0, 0));
    EQ(r.edx, r.ebx);
    static Word info_page;
    info_page = r.edx;
    EQ(as_sigma0([] { return *words(info_page); }), L4_KIP_MAGIC);
    EQ(multiboot()[modules_count], 2);
    // The second module's file is this program's.
    EQ(*words(words(multiboot()[modules])[4]), 0x464c457f);
}

} // namespace
} // namespace conformance
