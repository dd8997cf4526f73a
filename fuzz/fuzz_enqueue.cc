// SPDX-License-Identifier: BSD-2-Clause
// Where threads queue, against the standard library's containers: ready queues, sender queues, present lists
// and the heap of timeouts.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/support/session.h"
#include "kern/scheduler.h"
#include "kern/timeout_queue.h"
#include "test/lockstep/dice.h"

namespace kern {

/// A thread in a ready queue waits for nothing.
struct Saboteur {
    static void wake(Thread& t) { t.wait_.what = Wait::For::nothing; }
};

} // namespace kern

namespace fuzz {
namespace {

constexpr const char* target = "fuzz_enqueue";
constexpr std::array<std::uint8_t, 6> prios = {0, 1, 31, 32, 254, 255};
constexpr std::size_t count = 24;

void check(bool holds, const std::string& what) { expect(holds, target, what); }

/// The threads, and what each queue should hold by their indices.
class Queues {
public:
    Queues() {
        for (std::size_t i = 0; i < count; ++i)
            threads_.push_back(std::make_unique<kern::Thread>(
                nullptr, kern::ThreadId{.task = kern::TaskNo{5}, .lthread = static_cast<std::uint8_t>(i)},
                kern::Prio{prios[i % prios.size()]}, std::uint8_t{255}));
        for (const auto& thread : threads_) kern::Saboteur::wake(*thread);
    }
    ~Queues() { // a thread on a list must not go
        for (std::size_t i = 0; i < count; ++i) {
            scheduler_.remove(*threads_[i]);
            timeouts_.disarm(threads_[i]->timeout);
            if (threads_[i]->sender_link.linked()) threads_[at_[i]]->senders.remove(*threads_[i]);
            if (threads_[i]->present_link.linked()) present_.remove(*threads_[i]);
        }
    }

    void step(test::Dice& dice) {
        const std::size_t i = dice.below(count), j = dice.below(count);
        switch (dice.below(14)) {
            case 0: return enqueue(i, false);
            case 1: return enqueue(i, true);
            case 2: return dequeue(i);
            case 3: return rotate(i);
            case 4: return donate(i, j);
            case 5: return pick();
            case 6: return send(i, j);
            case 7: return stop_sending(i);
            case 8: return enter(i, dice.below(2) != 0);
            case 9: return leave(i);
            case 10: return arm(i, dice.below(4) ? dice.below(16) : dice.next() >> 1);
            case 11: return dice.below(2) ? disarm(i) : expire();
            case 12: return run(i);
            default: return run_instead(i);
        }
    }

    void compare() {
        for (const std::uint8_t p : prios) {
            std::deque<std::size_t> is;
            scheduler_.for_each(kern::Prio{p}, [&](const kern::Thread& t) { is.push_back(t.lthread()); });
            check(is == ready_[p], "the ready queue of priority " + std::to_string(p));
        }
        const auto highest = std::find_if(ready_.rbegin(), ready_.rend(),
                                          [](const auto& queue) { return !queue.second.empty(); });
        kern::Thread* const wanted =
            highest == ready_.rend() ? nullptr : threads_[highest->second.front()].get();
        check(scheduler_.highest() == wanted, "the highest ready thread");
        for (std::size_t i = 0; i < count; ++i) {
            std::deque<std::size_t> is;
            threads_[i]->senders.for_each([&](const kern::Thread& t) { is.push_back(t.lthread()); });
            check(is == senders_[i], "the sender queue of thread " + std::to_string(i));
        }
        std::deque<std::size_t> is;
        present_.for_each([&](const kern::Thread& t) { is.push_back(t.lthread()); });
        check(is == presents_, "the present list");
        check(timeouts_.next().raw() == (heap_.empty() ? kern::never.raw() : heap_.begin()->first.first),
              "the first deadline");
        check((timeouts_.first() ? timeouts_.first()->owner->lthread() : count) ==
                  (heap_.empty() ? count : heap_.begin()->second),
              "whose deadline is first");
        scheduler_.check();
        timeouts_.check();
    }

private:
    std::deque<std::size_t>& queue_of(std::size_t i) { return ready_[prios[i % prios.size()]]; }
    bool is_ready(std::size_t i) { return std::count(queue_of(i).begin(), queue_of(i).end(), i) != 0; }

    void enqueue(std::size_t i, bool head) {
        if (is_ready(i)) return;
        head ? scheduler_.enqueue_head(*threads_[i]) : scheduler_.enqueue_tail(*threads_[i]);
        head ? queue_of(i).push_front(i) : queue_of(i).push_back(i);
    }
    void dequeue(std::size_t i) {
        scheduler_.remove(*threads_[i]);
        std::erase(queue_of(i), i);
        if (donation_.first == i || donation_.second == i) donation_ = {count, count};
        check_donation();
    }
    void rotate(std::size_t i) {
        if (!is_ready(i)) return;
        scheduler_.rotate(*threads_[i]);
        std::erase(queue_of(i), i);
        queue_of(i).push_back(i);
    }
    void donate(std::size_t i, std::size_t j) {
        if (i == j || !is_ready(i) || !is_ready(j)) return;
        scheduler_.donate(*threads_[i], *threads_[j]);
        donation_ = {i, j};
        check_donation();
    }
    void check_donation() {
        const auto thread = [&](std::size_t i) { return i == count ? nullptr : threads_[i].get(); };
        check(scheduler_.donor() == thread(donation_.first) && scheduler_.donee() == thread(donation_.second),
              "who donates to whom");
    }
    /// Ready or not, it stays where it is, as does who ran before.
    void run(std::size_t i) {
        scheduler_.run(*threads_[i]);
        running_ = i;
        check(&scheduler_.running() == threads_[i].get(), "who runs");
    }
    void run_instead(std::size_t i) {
        if (running_ == count || !is_ready(running_) || is_ready(i) || donation_.first != count) return;
        if (prios[i % prios.size()] != prios[running_ % prios.size()]) return;
        scheduler_.run_instead(*threads_[i]);
        std::ranges::replace(queue_of(i), running_, i);
        running_ = i;
    }
    void pick() {
        kern::Thread* const plain = scheduler_.highest();
        const bool holds = donation_.first != count && threads_[donation_.first].get() == plain;
        if (!holds) donation_ = {count, count};
        check(scheduler_.pick() == (holds ? threads_[donation_.second].get() : plain), "the thread to run");
        check_donation();
    }

    void send(std::size_t i, std::size_t to) {
        if (threads_[i]->sender_link.linked()) return;
        threads_[to]->senders.push_back(*threads_[i]);
        senders_[to].push_back(i);
        at_[i] = to;
    }
    void stop_sending(std::size_t i) {
        if (!threads_[i]->sender_link.linked()) return;
        threads_[at_[i]]->senders.remove(*threads_[i]);
        std::erase(senders_[at_[i]], i);
    }

    void enter(std::size_t i, bool first) {
        if (threads_[i]->present_link.linked()) return;
        first ? present_.push_front(*threads_[i]) : present_.push_back(*threads_[i]);
        first ? presents_.push_front(i) : presents_.push_back(i);
    }
    void leave(std::size_t i) {
        if (!threads_[i]->present_link.linked()) return;
        present_.remove(*threads_[i]);
        std::erase(presents_, i);
    }

    void arm(std::size_t i, std::uint64_t when) {
        if (threads_[i]->timeout.armed()) return;
        timeouts_.arm(threads_[i]->timeout, kern::Micros{when});
        heap_[{when, ++armed_}] = i;
    }
    void disarm(std::size_t i) {
        timeouts_.disarm(threads_[i]->timeout);
        std::erase_if(heap_, [&](const auto& entry) { return entry.second == i; });
    }
    void expire() {
        if (timeouts_.first()) disarm(timeouts_.first()->owner->lthread());
    }

    std::vector<std::unique_ptr<kern::Thread>> threads_;
    kern::Thread idle_{nullptr, kern::ThreadId{}, kern::Prio{0}, 0};
    kern::Scheduler scheduler_{idle_};
    std::size_t running_ = count; ///< its index; count: the idle one
    kern::TimeoutQueue timeouts_;
    kern::List<kern::Thread, &kern::Thread::present_link> present_;

    std::map<std::uint8_t, std::deque<std::size_t>> ready_;
    std::pair<std::size_t, std::size_t> donation_{count, count};
    std::array<std::deque<std::size_t>, count> senders_;
    std::array<std::size_t, count> at_{}; ///< whom each sends to
    std::deque<std::size_t> presents_;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::size_t> heap_;
    std::uint64_t armed_ = 0;
};

} // namespace
} // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    test::Dice dice(std::span(data, size));
    fuzz::Queues queues;
    while (!dice.exhausted()) {
        queues.step(dice);
        queues.compare();
    }
    return 0;
}
