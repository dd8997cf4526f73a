// SPDX-License-Identifier: BSD-2-Clause
#include "bench/scenario/leaves.h"

#include <new>

#include "kern/ensure.h"
#include "l4/abi/limits.h"

namespace bench {
namespace {

using kern::ensure;

constexpr std::uint32_t far_away = 1u << 30;
constexpr std::uint32_t page = ia32::page_size;
constexpr std::uint32_t frames_besides = 64;

std::uint32_t frames_for(std::uint32_t mappings) {
    return frames_besides + mappings / L4_KMEM_NODES_PER_FRAME +
           (mappings / ia32::entries + 1) * L4_KMEM_TABLE;
}

} // namespace

ReadyQueues::ReadyQueues(std::uint32_t n) {
    for (std::uint32_t i = 0; i < n; ++i) {
        const kern::Prio prio{static_cast<std::uint8_t>(i * 97)};
        scheduler_.enqueue_tail(threads_.emplace_back(nullptr, kern::ThreadId{}, prio, std::uint8_t{0}));
    }
}

ReadyQueues::~ReadyQueues() {
    for (kern::Thread& t : threads_) scheduler_.unqueue(t);
}

void ReadyQueues::run() {
    random_ = random_ * 1664525 + 1013904223;
    kern::Thread& t = threads_[(random_ >> 8) % threads_.size()];
    scheduler_.unqueue(t);
    scheduler_.enqueue_tail(t);
    ensure(scheduler_.highest() != nullptr, "bench: somebody is ready");
}

ArmDisarm::ArmDisarm(std::uint32_t n) : owner_(nullptr, kern::ThreadId{}, kern::Prio{0}, 0) {
    for (std::uint32_t i = 0; i < n; ++i) {
        kern::Timeout& t = timeouts_.emplace_back(owner_);
        queue_.arm(t, kern::Micros{random() % far_away});
    }
}

void ArmDisarm::run() {
    kern::Timeout& t = timeouts_[(random() >> 8) % timeouts_.size()];
    queue_.disarm(t);
    queue_.arm(t, kern::Micros{random() % far_away});
}

void Expire::run() {
    kern::Timeout& t = *queue_.first();
    const kern::Micros now = t.deadline;
    queue_.disarm(t);
    queue_.arm(t, now + kern::Micros{random() % far_away});
}

MapDbPage::MapDbPage(std::uint32_t n)
    : machine_({.user_pages = ia32::entries, .kernel_pages = frames_for(n)}),
      pool_(machine_, arch::Memory::kernel_base, frames_for(n)),
      account_(pool_, frames_for(n)),
      db_(machine_, pool_),
      home_(*account_.take_frame()),
      objects_(*new(machine_.page(home_).data()) Objects) {
    init(objects_.giver, L4_TASK_SIGMA0);
    init(objects_.taker, L4_TASK_ROOT);
    ensure(db_.sigma0_fault(objects_.giver, kern::VAddr{0}).ok(), "bench: the giver has a page");
    for (std::uint32_t i = 0; i < n; ++i) map(other_page, other_va + i * page);
    map(measured_page, measured_va);
    ensure(db_.present(objects_.taker, kern::VAddr{measured_va}), "bench: the page is mapped");
    unmap(measured_page);
    ensure(!db_.present(objects_.taker, kern::VAddr{measured_va}), "bench: the page is unmapped");
}

MapDbPage::~MapDbPage() {
    for (kern::Space* const space : {&objects_.taker, &objects_.giver}) {
        kern::Steps all{~0u};
        objects_.clear.start(*space);
        ensure(db_.run(objects_.clear, all) == kern::Progress::done, "bench: a space is cleared");
        db_.retire(*space);
        account_.give_frame(space->directory());
        account_.give_frame(frames_.back());
        frames_.pop_back();
    }
    objects_.~Objects();
    account_.give_frame(home_);
    kern::Steps all{~0u};
    ensure(account_.release(all), "bench: all memory is back");
}

void MapDbPage::init(kern::Space& space, std::uint16_t task) {
    const kern::PAddr directory = *account_.take_frame(), shadow = *account_.take_frame();
    frames_.push_back(shadow);
    db_.init(space, directory, shadow, account_, kern::TaskNo{task});
}

void MapDbPage::run() {
    map(measured_page, measured_va);
    unmap(measured_page);
}

void MapDbPage::map(std::uint32_t from, std::uint32_t to) {
    kern::Steps steps{kern::Limits{}.pages};
    kern::MapJob job(objects_.giver, objects_.taker, l4_fpage(from, ia32::page_shift, L4_FP_WRITE), to,
                     L4_FP_WHOLE_SPACE);
    ensure(db_.run(job, steps) == kern::Progress::done, "bench: one page takes one entry");
}

void MapDbPage::unmap(std::uint32_t from) {
    kern::Steps steps{kern::Limits{}.pages};
    objects_.unmap.start(objects_.giver, l4_fpage(from, ia32::page_shift, 0),
                         L4_FP_FLUSH | L4_FP_OTHER_SPACES);
    ensure(db_.run(objects_.unmap, steps) == kern::Progress::done, "bench: one page takes one entry");
}

} // namespace bench
