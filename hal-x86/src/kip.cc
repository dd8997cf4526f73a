// SPDX-License-Identifier: BSD-2-Clause
#include "x86/kip.h"

#include <cstring>

#include "l4/abi/ipc.h"
#include "l4/abi/limits.h"

namespace x86 {
namespace {

constexpr std::uint32_t strings_at = sizeof(l4_kip_t), descriptors_at = 0x200, stubs_at = 0xf00,
                        stub_size = 16, calls = 7;
static_assert(strings_at % 16 == 0);

/// The version, then the features, each ended by a zero; an empty one ends them.
constexpr char strings[] =
    "drops L4 V2 microkernel\0utcb\0exception_ipc\0inter_task_ex_regs\0alien_threads\0"
    "io_protection\0absolute_timeouts\0event_counters\0";
static_assert(strings_at + sizeof strings <= descriptors_at);

class Descriptors {
public:
    explicit Descriptors(std::byte* page) : page_(page) {}
    void add(std::uint32_t type, Range r) {
        if (r.first == r.end || descriptors_at + (count_ + 1) * sizeof(l4_kip_mem_t) > stubs_at) return;
        const l4_kip_mem_t d{(r.first & L4_KIP_MEM_ADDR_MASK) | type, (r.end - 1) | ~L4_KIP_MEM_ADDR_MASK};
        std::memcpy(page_ + descriptors_at + count_++ * sizeof d, &d, sizeof d);
    }
    std::uint32_t count() const { return count_; }

private:
    std::byte* page_;
    std::uint32_t count_ = 0;
};

/// Later ones hold where they overlap.
std::uint32_t describe_memory(std::byte* page, const KipFacts& f) {
    constexpr Range bios{0xa0000, 0x100000};
    const Range whole_kip{f.memory->kip(), f.memory->kip() + 4096};
    Descriptors d(page);
    for (const Range r : f.memory->ram()) d.add(L4_KIP_MEM_CONVENTIONAL, r);
    d.add(L4_KIP_MEM_SHARED, bios);
    d.add(L4_KIP_MEM_RESERVED, f.memory->image());
    d.add(L4_KIP_MEM_RESERVED, f.memory->pool());
    d.add(L4_KIP_MEM_BOOTLOADER, f.memory->boot_area());
    d.add(L4_KIP_MEM_RESERVED, whole_kip);
    d.add(L4_KIP_MEM_DEDICATED, f.memory->stack());
    d.add(L4_KIP_MEM_BOOTLOADER, f.modules);
    d.add(L4_KIP_MEM_DEDICATED, f.sigma0);
    d.add(L4_KIP_MEM_BOOTLOADER, f.root);
    return d.count();
}

/// int VECTOR; ret
void put_int_stub(std::byte* at, std::uint32_t call) {
    const std::uint8_t code[] = {0xcd, static_cast<std::uint8_t>(L4_VEC_IPC + call), 0xc3};
    std::memcpy(at, code, sizeof code);
}

} // namespace

void fill_kip(void* page, const KipFacts& f) {
    auto* const bytes = static_cast<std::byte*>(page);
    l4_kip_t& kip = *static_cast<l4_kip_t*>(page);
    kip.magic = L4_KIP_MAGIC;
    kip.version = L4_KIP_VERSION_TOP << 24 | 0x4444;
    kip.version_strings = strings_at / 16;
    kip.sys_calls = 1;
    kip.sched_granularity = L4_SCHED_GRANULARITY_US;
    kip.sigma0 = {f.sigma0_stack, f.sigma0_entry, {f.sigma0.first, f.sigma0.end}};
    kip.root = {0, f.root_entry, {f.root.first, f.root.end}};
    kip.mem_info = descriptors_at << L4_KIP_MEM_OFFSET_SHIFT | describe_memory(bytes, f);
    kip.total_ram = f.memory->total();
    kip.cpu_khz = f.cpu_khz;
    kip.bus_khz = f.bus_khz;
    std::uint32_t* const stubs[calls] = {
        &kip.sys_ipc,           &kip.sys_id_nearest,      &kip.sys_fpage_unmap,
        &kip.sys_thread_switch, &kip.sys_thread_schedule, &kip.sys_lthread_ex_regs,
        &kip.sys_task_new};
    for (std::uint32_t call = 0; call < calls; ++call) {
        *stubs[call] = stubs_at + call * stub_size;
        put_int_stub(bytes + *stubs[call], call);
    }
    kip.user_ptr = f.info;
    std::memcpy(bytes + strings_at, strings, sizeof strings);
}

void fill_call_page(void* page, bool sysenter) {
    auto* const bytes = static_cast<std::byte*>(page);
    for (std::uint32_t call = 0; call < calls; ++call) put_int_stub(bytes + call * L4_SYSCALL_STRIDE, call);
    if (!sysenter) return;
    constexpr std::uint8_t return_at = 15;
    constexpr std::uint32_t address = L4_SYSCALL_PAGE + return_at;
    constexpr std::uint8_t code[] = {
        0x51,       // push %ecx, the timeout
        0x55,       // push %ebp, the receive descriptor
        0x6a, 0x1b, // push $0x1b
        0x68, address & 0xff, address >> 8 & 0xff, address >> 16 & 0xff, address >> 24, // push $return
        0x89, 0xe1,                                                                     // mov %esp, %ecx
        0x0f, 0x34,                                                                     // sysenter
        0x89, 0xea,                                                                     // mov %ebp, %edx
        0xc3,                                                                           // return: ret
    };
    static_assert(sizeof code - 1 == return_at);
    std::memcpy(bytes, code, sizeof code);
}

} // namespace x86
