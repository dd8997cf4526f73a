// SPDX-License-Identifier: BSD-2-Clause
#include "test/lockstep/scene.h"

#include <algorithm>

#include "l4/abi/fpage.h"
#include "l4/abi/ipc.h"
#include "l4/abi/limits.h"
#include "l4/abi/thread.h"
#include "l4/abi/utcb.h"

namespace test {
namespace {

/// `count` of `from`, maybe some twice.
std::vector<std::uint32_t> some(Dice& dice, unsigned count, const std::vector<std::uint32_t>& from) {
    std::vector<std::uint32_t> out;
    while (out.size() < count) out.push_back(dice.pick(from));
    return out;
}

l4_threadid_t raw(const kern::Thread& t) { return l4_threadid(t.task_no().raw(), t.lthread()); }

} // namespace

/// Both ends of regions, of protected areas and of user space.
const std::vector<std::uint32_t>& Scene::pages() {
    static const std::vector<std::uint32_t> all{
        0x00000000, 0x00001000, 0x00002000, 0x00003000, 0x00010000, 0x0003f000, 0x00040000, 0x003ff000,
        0x00400000, 0x00401000, 0x00402000, 0x00403000, 0x00410000, 0x007ff000, 0x00800000, 0x00801000,
        0x00c00000, 0x00c03000, 0x01000000, 0x0fc00000, 0x0fffe000, 0x10000000, 0x10001000, 0xbfbff000,
        0xbf800000, 0xbfc00000, 0xbfc01000, 0xbfeff000, 0xbff00000, 0xbff01000, 0xbff02000, 0xbff03000,
        0xbff04000, 0xbfffe000, 0xbffff000, 0xc0000000, 0xfffff000};
    return all;
}

Scene::Scene(Dice& dice, const Lockstep& lockstep)
    : dice_(dice),
      on_(lockstep),
      tasks_(some(dice, dice.between(2, 4), {5, 6, 7, 8, 100, 2047})),
      lthreads_(some(dice, dice.between(1, 3), {1, 2, 3, 64, 127})),
      lines_(some(dice, 2, {1, 3, 5, 15})),
      prios_(some(dice, 3, {0, 1, 15, 16, 16, 16, 17, 31, 32, 100, 255})),
      pages_(
          some(dice, dice.between(2, 5), {0x1000, 0x2000, 0x3000, 0x400000, 0x401000, 0x402000, 0x800000})),
      finite_(dice.pick({20u, 60u, 90u})) {
    lthreads_.push_back(0);
    for (const std::uint32_t p : some(dice, dice.between(2, 6), pages())) pages_.push_back(p);
    for (std::uint32_t& m : messages_) m = buffer();
    refresh();
}

/// In the order of task numbers.  From chiefs down, for there are 2,048 numbers and few tasks.
void Scene::refresh() {
    const kern::TaskTable& tasks = on_.kernel().tasks();
    std::vector<const kern::Task*> active;
    for (const std::uint16_t boot : {L4_TASK_SIGMA0, L4_TASK_ROOT})
        if (const kern::Task* const task = tasks.task(kern::TaskNo{boot}); task && !task->chief())
            active.push_back(task);
    for (std::size_t i = 0; i < active.size(); ++i)
        active[i]->children.for_each([&](const kern::Task& t) { active.push_back(&t); });
    std::sort(active.begin(), active.end(), [](const auto* a, const auto* b) { return a->no() < b->no(); });
    threads_.clear();
    for (const kern::Task* const task : active)
        task->present().for_each([&](const kern::Thread& t) { threads_.push_back(&t); });
}

bool Scene::lonely() const {
    for (const kern::Thread* const t : threads_)
        if ((t != &self() && t->ready()) || t->timeout.armed()) return false;
    return true;
}

/// Somebody whom the running thread can do something for or to: who waits for it, sends to it, has its pages.
const kern::Thread* Scene::related() {
    std::vector<const kern::Thread*> found;
    for (const kern::Thread* const t : threads_) {
        const kern::Wait& wait = t->wait();
        if (t == &self()) continue;
        const bool waits = wait.what == kern::Wait::For::receive && wait.peer == self().id();
        const bool any = wait.what == kern::Wait::For::receive_any || wait.with == &self();
        if (waits || any) found.push_back(t);
        if (waits) found.push_back(t);
    }
    return found.empty() ? nullptr : dice_.pick(found);
}

l4_threadid_t Scene::thread() {
    switch (dice_.weighted(std::initializer_list<std::uint32_t>{60, 8, 4, 3, 4, 2, 2, 1})) {
        case 0: return raw(*dice_.pick(threads_));
        case 1: {
            const std::uint32_t t = task(), l = lthread();
            return l4_threadid(t, l);
        }
        case 2: return raw(self());
        case 3: return l4_nil_id();
        case 4: return l4_irq_id(line());
        case 5: return l4_invalid_id();
        case 6: return {dice_.below(0x20000), 0}; // of task 0, or an interrupt
        default: return {dice_.word(), dice_.word()};
    }
}

l4_threadid_t Scene::partner() {
    if (dice_.chance(45))
        if (const kern::Thread* const t = related()) return raw(*t);
    return thread();
}

l4_threadid_t Scene::pager() {
    const l4_threadid_t id = dice_.chance(70) ? raw(*dice_.pick(threads_)) : thread();
    return dice_.chance(20) ? disguise(id) : id;
}

l4_threadid_t Scene::disguise(l4_threadid_t id) {
    const std::uint32_t version = dice_.word() & (L4_ID_VERSION_LOW_MASK | L4_ID_VERSION_HIGH_MASK);
    return {id.low | version, id.high ^ dice_.word()};
}

std::uint32_t Scene::task() {
    return dice_.chance(90) ? dice_.pick(tasks_) : dice_.pick({0u, 1u, 2u, 3u, 4u, 9u, 2046u});
}
std::uint32_t Scene::lthread() {
    return dice_.chance(95) ? dice_.pick(lthreads_) : dice_.below(L4_THREADS_PER_TASK);
}
std::uint32_t Scene::line() {
    return dice_.chance(90) ? dice_.pick(lines_) : dice_.pick({0u, 2u, 4u, 16u, 17u, 64u, 254u});
}
std::uint32_t Scene::prio() { return dice_.chance(90) ? dice_.pick(prios_) : dice_.below(L4_PRIOS); }

std::uint32_t Scene::page() {
    if (dice_.chance(95)) return dice_.pick(pages_);
    return dice_.chance(80) ? dice_.pick(pages()) : dice_.word() & L4_FP_PAGE_MASK;
}

std::uint32_t Scene::address() {
    const std::uint32_t within = dice_.chance(60) ? dice_.below(16) : dice_.below(4096);
    const std::uint32_t offset = dice_.chance(85) ? within : 4095 - within;
    return page() + offset;
}

std::uint32_t Scene::buffer() {
    const std::uint32_t within = dice_.pick({0u, 0u, 0x100u, 0x800u, 0xfc0u, 0xff0u, 0xff8u, 0xffcu});
    return (page() + within) & L4_SND_BUFFER_MASK;
}

std::uint32_t Scene::message() {
    if (dice_.chance(25)) return buffer();
    return messages_[dice_.chance(60) ? (next_message_ + 3) % 4 : dice_.below(4)];
}

std::uint32_t Scene::fpage() {
    const std::uint32_t write = dice_.chance(75) ? L4_FP_WRITE : 0,
                        grant = dice_.chance(20) ? L4_FP_GRANT : 0;
    const std::uint32_t rights = write | grant, base = page();
    switch (dice_.weighted(std::initializer_list<std::uint32_t>{45, 15, 12, 8, 12, 3, 3, 2})) {
        case 0: return l4_fpage(base, 12, rights);
        case 1: return l4_fpage(base, L4_FP_SUPERPAGE_SIZE, rights);
        case 2: return l4_fpage(base, dice_.between(13, 25), rights);
        case 3: return L4_FP_WHOLE_SPACE | rights; // where no page lies is skipped, on both sides
        case 4: {
            const std::uint32_t port = dice_.pick({0u, 0u, 0x3f8u, 0x60u, 0x200u, 0x7fffu, 0x8000u, 0xffffu});
            const std::uint32_t size = dice_.pick({0u, 0u, 3u, 9u, 10u, 15u, 16u, 17u});
            return l4_io_fpage(port, size, grant);
        }
        case 5: return l4_fpage(base, dice_.below(64), rights);
        case 6: return 0;
        default: return dice_.word();
    }
}

std::uint32_t Scene::window() { return dice_.chance(50) ? L4_FP_WHOLE_SPACE : fpage() & L4_RCV_BUFFER_MASK; }

std::uint32_t Scene::timeouts() {
    if (dice_.chance(2)) return dice_.word();
    const auto exp = [&] {
        return dice_.chance(finite_) ? dice_.pick({15u, 14u, 12u, 10u, 8u, 6u, 1u}) : 0u;
    };
    const auto man = [&] { return dice_.pick({0u, 1u, 2u, 9u, 100u, 255u}); };
    const auto fault = [&] { return dice_.pick({0u, 0u, 0u, 15u, 14u, 11u, 8u, 5u, 1u}); };
    const std::uint32_t snd_man = man(), snd_exp = exp(), rcv_man = man(), rcv_exp = exp();
    const std::uint32_t snd_fault = fault(), rcv_fault = fault();
    return l4_timeout(snd_man, snd_exp, rcv_man, rcv_exp) | l4_timeout_pf(snd_fault, rcv_fault);
}

} // namespace test
