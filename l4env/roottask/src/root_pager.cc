// SPDX-License-Identifier: BSD-2-Clause
// The root task as a pager.
#include "l4/abi/exception.h"
#include "l4/abi/fpage.h"
#include "l4/abi/sigma0.h"
#include "l4/c/stdio.h"
#include "l4/sys/fpage.h"
#include "l4/sys/ipc.h"
#include "l4env/roottask/src/root.h"

namespace l4env::root {
namespace {

constexpr PagerAnswer refusal{.w0 = L4_PF_REFUSED};
constexpr std::uint32_t code_fault = 0xff;

/// The message and its state agree, so that nobody's request is taken for a fault because of what its sender
/// has in its UTCB.
bool is_page_fault(l4_word_t w0, l4_word_t w1, const l4_utcb_state_t& state) {
    return state.trapno == L4_TRAP_PAGE_FAULT && ((state.pfa ^ w0) & L4_PF_ADDR_MASK) == 0 && state.eip == w1;
}

PagerAnswer mapping(std::uint32_t address, l4_word_t fpage) {
    return {.w0 = address, .w1 = fpage, .map = true};
}

/// The largest flexpage around `address` that is inside the range and aligned on both sides.
PagerAnswer mapping(const Task::Mapped& r, std::uint32_t address) {
    std::uint32_t first = l4_page_floor(address), log2 = L4_PAGE_SHIFT;
    while (log2 < L4_SUPERPAGE_SHIFT) {
        const std::uint32_t size = 2u << log2, wider = address & ~(size - 1);
        if (wider < r.first || r.end - wider < size || ((r.frames - r.first) & (size - 1)) != 0) break;
        first = wider;
        ++log2;
    }
    return mapping(first, l4_fpage(r.frames + (first - r.first), log2, r.write ? L4_FP_WRITE : 0));
}

/// The word names I/O ports. With any other size it is memory.
bool is_ports(l4_word_t w0) { return l4_fpage_is_io(w0) && l4_fpage_size(w0) <= L4_FP_IO_SIZE_MAX; }

std::uint32_t port_of(l4_word_t w0) { return (w0 & L4_FP_IO_PORT_MASK) >> L4_FP_IO_PORT_SHIFT; }

/// Ports one by one, as many as an answer can have.
PagerAnswer each_port(std::uint32_t first, std::uint32_t count) {
    PagerAnswer a = mapping(0, l4_io_fpage(first, 0, 0));
    for (std::uint32_t i = 1; i < count && a.more_count < a.more.size(); ++i)
        a.more[a.more_count++] = l4_io_fpage(first + i, 0, 0);
    return a;
}

/// sigma0 gives the root task this block, one to one, if it can.
bool from_sigma0(std::uint32_t address, std::uint32_t log2) {
    for (const l4_word_t request : {L4_SIGMA0_FPAGE_RAM, L4_SIGMA0_FPAGE_IOMEM}) {
        const l4_ipc_result_t r =
            l4_ipc_call(l4_threadid(L4_TASK_SIGMA0, 0), 0, request, l4_fpage(address, log2, 0),
                        l4_rcv_anywhere(), L4_TIMEOUT_NEVER);
        if (l4_ipc_error(r) == L4_IPC_OK && l4_ipc_got_fpage(r)) return true;
    }
    return false;
}

} // namespace

PagerAnswer Root::page(l4_threadid_t client, l4_word_t w0, l4_word_t w1, const l4_utcb_state_t& state) {
    Task* const task = tasks_.find(static_cast<std::uint16_t>(l4_id_task(client)));
    if (task == nullptr) return refusal;
    if (w0 == L4_EXC_COOKIE_0 && w1 == L4_EXC_COOKIE_1) return exception(*task, state);
    if (is_page_fault(w0, w1, state)) return fault(*task, w0, w1);
    return request(*task, w0, w1);
}

/// Of sigma0's protocol. A fault comes here as well, of ports, or of a page when the task's own pager passes
/// it on: it has its EIP in w1, where most requests have 0.
PagerAnswer Root::request(Task& task, l4_word_t w0, l4_word_t w1) {
    if (w0 == L4_SIGMA0_FPAGE_ANY) return block(task, l4_fpage_size(w1));
    if (w0 == L4_SIGMA0_FPAGE_RAM || w0 == L4_SIGMA0_FPAGE_IOMEM)
        return physical(task, w1 & L4_FP_PAGE_MASK, l4_fpage_size(w1));
    const bool info =
        (w0 == L4_SIGMA0_KIP && w1 == 0) || (w0 == L4_SIGMA0_KERNEL_INFO && w1 == L4_SIGMA0_W1_KIP);
    if (info) return info_ != 0 ? mapping(0, l4_fpage(info_, L4_PAGE_SHIFT, 0)) : PagerAnswer{};
    if (w1 != 0) return is_ports(w0) ? port_fault(task, w0, w1) : fault(task, w0, w1);
    if (w0 == L4_SIGMA0_ANY_PAGE) return block(task, L4_PAGE_SHIFT);
    return is_ports(w0) ? ports(task, w0) : own_page(task, w0);
}

/// What the task has, or may have, at the address.
PagerAnswer Root::own_page(const Task& task, l4_word_t w0) {
    const std::uint32_t address = w0 & L4_PF_ADDR_MASK;
    const Task::Mapped* const range = task.range_of(address);
    if (range != nullptr && (range->write || (w0 & L4_PF_WRITE) == 0)) return mapping(*range, address);
    return physical(task, l4_page_floor(address), L4_PAGE_SHIFT);
}

PagerAnswer Root::fault(Task& task, l4_word_t w0, l4_word_t eip) {
    const PagerAnswer own = own_page(task, w0);
    if (own.map) return own;
    L4C(printf)
    ("root: %s: page fault, %s %#x at %#x\n", task.name, (w0 & L4_PF_WRITE) != 0 ? "writing" : "reading",
     static_cast<unsigned>(w0 & L4_PF_ADDR_MASK), static_cast<unsigned>(eip));
    end(task, code_fault);
    return {.none = true};
}

/// Memory of any address, out of what the task may have.
PagerAnswer Root::block(Task& task, std::uint32_t log2) {
    if (log2 < L4_PAGE_SHIFT || log2 > L4_SUPERPAGE_SHIFT || 1u << log2 > task.left()) return {};
    const std::uint32_t frames = 1u << (log2 - L4_PAGE_SHIFT);
    const std::uint32_t address = pool_.take(task.number, frames, frames);
    if (address == 0) return {};
    for (std::byte& b : memory_.at(address, 1u << log2)) b = std::byte{0};
    task.used += 1u << log2;
    return mapping(address, l4_fpage(address, log2, L4_FP_WRITE));
}

/// Memory of this address, if the task may have it or has it.
PagerAnswer Root::physical(const Task& task, std::uint32_t address, std::uint32_t log2) {
    if (log2 < L4_PAGE_SHIFT || log2 > L4_SUPERPAGE_SHIFT) return {};
    address &= ~((1u << log2) - 1);
    if (!task.options.physical.contain(address, address + ((1u << log2) - 1))) return {};
    const bool ours = pool_.keeps(address, 1u << log2) || from_sigma0(address, log2);
    return ours ? mapping(address, l4_fpage(address, log2, L4_FP_WRITE)) : PagerAnswer{};
}

/// Ports that the task may have.
PagerAnswer Root::ports(const Task& task, l4_word_t w0) {
    const std::uint32_t size = l4_fpage_size(w0), mask = (1u << size) - 1, first = port_of(w0) & ~mask;
    const bool may = task.options.ports.contain(first, first + mask);
    return may ? mapping(0, l4_io_fpage(first, size, 0)) : PagerAnswer{};
}

/// Of an instruction that may access up to four ports, which need not be aligned: the kernel names the first,
/// again and again until the task has all. cli and sti need all that there are.
PagerAnswer Root::port_fault(Task& task, l4_word_t w0, l4_word_t eip) {
    const std::uint32_t count = 1u << l4_fpage_size(w0), first = port_of(w0), last = first + count - 1;
    const std::uint32_t missing = task.options.ports.missing(first, last);
    if (missing > last) return (first & (count - 1)) == 0 ? ports(task, w0) : each_port(first, count);
    L4C(printf)
    ("root: %s: port %#x at %#x is not its own\n", task.name, static_cast<unsigned>(missing),
     static_cast<unsigned>(eip));
    end(task, code_fault);
    return {.none = true};
}

PagerAnswer Root::exception(Task& task, const l4_utcb_state_t& state) {
    L4C(printf)
    ("root: %s: exception %u, error code %#x, at %#x\n", task.name, static_cast<unsigned>(state.trapno),
     static_cast<unsigned>(state.err), static_cast<unsigned>(state.eip));
    end(task, code_fault);
    return {.none = true};
}

} // namespace l4env::root
