// SPDX-License-Identifier: BSD-2-Clause
#include "bench/scenario/memory.h"

#include "kern/ensure.h"
#include "l4/abi/exception.h"

namespace bench {
namespace {

using kern::ensure;

constexpr std::uint16_t task = 100;
constexpr std::uint32_t page_log2 = ia32::page_shift;

/// Any of root's pages but the first.
std::uint32_t other_page(std::uint32_t i) {
    return System::memory + (1 + i % (System::memory_pages - 1)) * page;
}
constexpr std::uint32_t others_va =
    0x10001000; ///< behind the page that is measured, so that its table exists

/// The page at `from` of the sender's space, to `va` of the receiver's; then wait for an answer.
sim::Ipc map_to(const kern::Thread& to, std::uint32_t from, std::uint32_t va) {
    return {.partner = System::id(to),
            .w0 = va,
            .w1 = l4_fpage(from, page_log2, L4_FP_WRITE),
            .send = L4_SND_MAP,
            .receive = 0};
}
sim::Ipc wait_for_page() { return {.receive = System::window | L4_RCV_OPEN}; }
sim::Ipc thank(const kern::Thread& to) {
    sim::Ipc m = wait_for_page();
    m.partner = System::id(to);
    m.send = 0;
    return m;
}
bool mapped(System& s, const kern::Thread& t, std::uint32_t va) {
    return s.kernel().map_db().page(t.task().space(), kern::VAddr{va}).has_value();
}
sim::Unmap flush_others(std::uint32_t at) {
    return {.fpage = l4_fpage(at, page_log2, 0), .mask = L4_FP_FLUSH | L4_FP_OTHER_SPACES};
}

} // namespace

MapOnePage::MapOnePage(std::uint32_t n) : system_({.mappings = n}), receiver_(&system_.new_task(task)) {
    system_.park(*receiver_, wait_for_page());
    for (std::uint32_t i = 0; i < n; ++i) map(other_page(i), others_va + i * page);
    map();
    ensure(mapped(system_, *receiver_, measured_va), "bench: the page is mapped");
    unmap();
    ensure(!mapped(system_, *receiver_, measured_va), "bench: the page is unmapped");
}

void MapOnePage::map(std::uint32_t from, std::uint32_t va) {
    system_.call(map_to(*receiver_, from, va));
    system_.settle();
    system_.call(thank(system_.root()));
}

void MapOnePage::unmap() { system_.call(flush_others(measured_page)); }

UnmapTree::UnmapTree(std::uint32_t n, Shape shape, const kern::Limits& limits)
    : n_(n), shape_(shape), system_({.mappings = n, .limits = limits}), receiver_(&system_.new_task(task)) {
    ensure(n != 0 && n % 2 == 0, "bench: a tree has an even number of mappings");
    system_.park(*receiver_, wait_for_page());
    const std::uint32_t last = first_va + (shape == Shape::wide ? n - 1 : n / 2 - 1) * page;
    prepare();
    ensure(mapped(system_, *receiver_, first_va) && mapped(system_, *receiver_, last),
           "bench: the tree is there");
    run();
    ensure(!mapped(system_, *receiver_, first_va) && !mapped(system_, *receiver_, last),
           "bench: the tree is gone");
}

void UnmapTree::prepare() { shape_ == Shape::wide ? build_wide() : build_deep(); }

void UnmapTree::build_wide() {
    for (std::uint32_t i = 0; i < n_; ++i) {
        system_.call(map_to(*receiver_, System::memory, first_va + i * page));
        system_.settle();
        system_.call(thank(system_.root()));
    }
}

/// Root's page to the receiver, from there to another address of root's space, and so on.
void UnmapTree::build_deep() {
    std::uint32_t from = System::memory;
    for (std::uint32_t va = first_va; va != first_va + n_ / 2 * page; va += page) {
        sim::Ipc there = map_to(*receiver_, from, va);
        there.receive = System::window;
        system_.call(there);
        system_.settle();
        sim::Ipc back = map_to(system_.root(), va, va);
        back.receive = System::window | L4_RCV_OPEN;
        system_.call(back);
        system_.settle();
        from = va;
    }
}

bool UnmapTree::step() {
    if (system_.current().in_kernel())
        system_.resume();
    else
        system_.call(flush_others(System::memory));
    return system_.current().in_kernel();
}

PageFault::PageFault(std::uint32_t n, With with)
    : system_({.mappings = n}), client_(&system_.new_task(task)) {
    constexpr std::uint8_t above_root = 100;
    for (std::uint32_t i = 0; i < n; ++i)
        system_.give(*client_, other_page(i), page_log2, others_va + i * page);
    system_.set_prio(*client_, above_root);
    ensure(&system_.current() == client_, "bench: the client runs");
    if (with == With::state) {
        system_.utcb().status = L4_UTCB_PF_STATE;
        system_.utcb().snd_size = system_.utcb().rcv_size = L4_UTCB_STATE_WORDS;
    }
    // Root is to wait for faults while the client is out of the way; the first fault finds it waiting.
    system_.call(System::sleep(l4_timeout(0, 0, 1, 15)));
    system_.call(System::wait());
    system_.timer_fires();
    ensure(&system_.current() == client_, "bench: the client runs again");
    fault();
    ensure(&system_.current() == client_ && mapped(system_, *client_, va), "bench: the page is there");
    ensure((system_.utcb().state.pfa == va) == (with == With::state), "bench: the state came");
    drop();
    ensure(&system_.current() == client_ && !mapped(system_, *client_, va), "bench: the page is gone");
}

void PageFault::drop() {
    system_.call(sim::Unmap{.fpage = l4_fpage(va, page_log2, 0), .mask = L4_FP_FLUSH | L4_FP_ALL_SPACES});
}

void PageFault::fault() {
    client_->frame.trapno = L4_TRAP_PAGE_FAULT;
    client_->frame.err = ia32::fault_user | ia32::fault_write;
    client_->frame.cr2 = va;
    system_.event({.kind = kern::Event::Kind::page_fault,
                   .code = ia32::fault_user | ia32::fault_write,
                   .addr = kern::VAddr{va}});
    sim::Ipc answer = map_to(*client_, System::memory, va);
    answer.receive = L4_RCV_OPEN;
    answer.timeout = L4_TIMEOUT_SND_ZERO;
    system_.call(answer);
}

} // namespace bench
