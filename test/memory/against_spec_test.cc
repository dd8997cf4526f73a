// SPDX-License-Identifier: BSD-2-Clause
// Random operations on the mapping database and on the specification of it, compared after each.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <random>
#include <string>

#include "l4/abi/limits.h"
#include "spec/memory.h"
#include "spec/observation.h"
#include "test/memory/memory_world.h"

namespace test {
namespace {

using spec::Word;

constexpr std::uint16_t sigma0 = L4_TASK_SIGMA0;
constexpr Word page_size = 4096, super_size = 1u << 22;
constexpr Word task_frames = L4_KMEM_TASK - 1; ///< all but its object

class Dice {
public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}
    Word below(Word n) { return static_cast<Word>(engine_() % n); }
    bool one_in(Word n) { return below(n) == 0; }
    template <std::size_t N>
    Word pick(const Word (&from)[N]) {
        return from[below(N)];
    }

private:
    std::mt19937_64 engine_;
};

/// Pages that the specification keeps elsewhere than in memory.
bool in_utcbs(Word va) { return va - L4_UTCB_AREA < L4_UTCB_AREA_SIZE; }

/// Both, side by side.
class Pair {
public:
    explicit Pair(std::uint64_t seed) : dice_(seed), model_({}) {
        model_ =
            spec::Memory({.kernel_begin = world_.pool.begin().raw(), .kernel_end = world_.pool.end().raw()});
        at_once_ = dice_.one_in(3) ? 1 + dice_.below(3) : dice_.one_in(2) ? 32 : ~0u;
        scarce_ = dice_.one_in(2);
        large_ = dice_.one_in(2);
        for (std::uint16_t owner : {2, 4, 5}) {
            const Word limit = owner == sigma0 ? 200 : scarce_ ? 2 * task_frames + 2 + dice_.below(30) : 400;
            world_.open_account(owner, limit);
            model_.accounts.open_first(owner, limit);
        }
        open(2, 2);
        open(4, 4);
        open(5, 5);
        open(6, 4);
        open(7, 5);
        model_.give_all_ports(sigma0);
        EXPECT_TRUE(world_.db.give_all_ports(world_.space(sigma0)).ok());
        activate();
    }
    ~Pair() { world_.close_all(); }

    void step();
    void compare();
    const std::string& last() const { return last_; }

private:
    void open(std::uint16_t task, std::uint16_t account) {
        world_.open_space(task, account);
        model_.create(task, account);
        world_.add_utcbs(task);
        model_.accounts.pay(account, {.frames = task_frames});
        tasks_.push_back(task);
    }
    void activate() {
        active_ = any_task();
        world_.db.activate(world_.space(active_));
    }
    std::uint16_t any_task() { return tasks_[dice_.below(static_cast<Word>(tasks_.size()))]; }
    Word address();
    Word fpage();
    void fault();
    void map();
    void unmap();
    void access();
    void map_ports();
    void unmap_ports();
    void restart();
    spec::TaskView view(std::uint16_t task);
    void add_table(std::uint16_t task, Word region, const Word* table, spec::TaskView& view);
    spec::MappingView mapping(std::uint16_t task, Word va);
    static void add_ports(Word first, Word held, spec::TaskView& view);
    spec::AccountView account(std::uint16_t owner);

    Dice dice_;
    MemoryWorld world_;
    spec::Memory model_;
    std::vector<std::uint16_t> tasks_;
    std::uint16_t active_ = 0;
    Word at_once_;
    bool scarce_;
    bool large_; ///< mostly 4 MiB pages
    std::string last_;
};

constexpr Word hot_regions[]{0, 0x400000, 0x800000, 0x10000000, 0x20000000, 0xbfc00000};
constexpr Word hot_parts[]{0, 1, 2, 3, 511, 512, 767, 768, 1023};

Word Pair::address() { return dice_.pick(hot_regions) + page_size * dice_.pick(hot_parts); }

Word Pair::fpage() {
    constexpr Word large[]{22, 22, 22, 22, 23, 24, 12, 21};
    if (large_) return l4_fpage(address(), dice_.pick(large), 0);
    constexpr Word sizes[]{12, 12, 12, 13, 14, 21, 22, 22, 22, 23, 24, 30, 32, 11, 33};
    return l4_fpage(address(), dice_.pick(sizes), 0);
}

void Pair::step() {
    switch (dice_.below(16)) {
        case 0:
        case 1: return fault();
        case 2:
        case 3:
        case 4:
        case 5:
        case 6:
        case 7: return map();
        case 8:
        case 9:
        case 10: return unmap();
        case 11:
        case 12: return access();
        case 13: return map_ports();
        case 14: return dice_.one_in(3) ? unmap_ports() : activate();
        default: return dice_.one_in(8) ? restart() : access();
    }
}

void Pair::fault() {
    const Word va = address() + dice_.below(page_size);
    last_ = "fault " + std::to_string(va);
    EXPECT_EQ(world_.fault(sigma0, va), model_.sigma0_fault(va));
}

void Pair::map() {
    const std::uint16_t from = any_task(), to = any_task();
    Word item = fpage() | (dice_.one_in(3) ? 0 : L4_FP_WRITE) | (dice_.one_in(6) ? L4_FP_GRANT : 0);
    const Word window = dice_.one_in(2) ? L4_FP_WHOLE_SPACE : fpage(), base = address();
    last_ = "map " + std::to_string(from) + " to " + std::to_string(to) + " " + std::to_string(item) + " " +
            std::to_string(base) + " " + std::to_string(window);
    const kern::Progress progress = world_.map(from, to, item, base, window, at_once_);
    const spec::MapResult result = model_.map_item(from, to, base, item, window);
    EXPECT_EQ(progress == kern::Progress::no_memory, result == spec::MapResult::no_memory);
    if (progress == kern::Progress::no_memory) return;
    EXPECT_EQ(world_.received, result == spec::MapResult::something);
}

void Pair::unmap() {
    const std::uint16_t task = any_task();
    const Word filter = dice_.one_in(3) ? any_task() : 0;
    const Word mask = (dice_.one_in(2) ? L4_FP_FLUSH : 0) | (dice_.one_in(2) ? L4_FP_ALL_SPACES : 0) |
                      (dice_.one_in(2) ? L4_UNMAP_RESET : 0) | l4_unmap_in_task(filter);
    const Word range = fpage();
    last_ = "unmap " + std::to_string(task) + " " + std::to_string(range) + " " + std::to_string(mask);
    EXPECT_EQ(world_.unmap(task, range, mask, at_once_), model_.unmap(task, range, mask));
}

/// Through the machine if the space is active, so that a translation that was not forgotten is seen.
void Pair::access() {
    const std::uint16_t task = dice_.one_in(2) ? active_ : any_task();
    for (Word n = 0; n < 8; ++n) {
        const Word va = address() + dice_.below(page_size);
        const bool write = dice_.one_in(2);
        last_ = "access " + std::to_string(task) + " " + std::to_string(va) + (write ? " write" : "");
        const spec::Translation want = model_.access(task, va, write);
        if (task == active_ && dice_.one_in(2)) {
            const arch::Translation got = world_.machine.translate(kern::VAddr{va}, write);
            ASSERT_EQ(got.ok, want.allowed) << last_;
            if (in_utcbs(va)) continue;
            ASSERT_EQ(got.address.raw(), want.allowed ? want.phys : 0) << last_;
        } else {
            const auto got = world_.db.translate(world_.space(task), kern::VAddr{va},
                                                 write ? kern::Access::write : kern::Access::read);
            ASSERT_EQ(got.has_value(), want.allowed) << last_;
            if (in_utcbs(va)) continue;
            ASSERT_EQ(got.value_or(kern::PAddr{}).raw(), want.allowed ? want.phys : 0) << last_;
        }
    }
}

constexpr Word port_sizes[]{0, 1, 3, 5, 9, 10, 15, 16, 16, 17, 32};

void Pair::map_ports() {
    const std::uint16_t from = dice_.one_in(3) ? sigma0 : any_task(), to = any_task();
    const Word item =
        l4_io_fpage(dice_.below(65536), dice_.pick(port_sizes), dice_.one_in(5) ? L4_FP_GRANT : 0);
    const Word window =
        dice_.one_in(2) ? L4_FP_WHOLE_SPACE : l4_io_fpage(dice_.below(65536), dice_.pick(port_sizes), 0);
    last_ = "map ports " + std::to_string(from) + " to " + std::to_string(to) + " " + std::to_string(item) +
            " " + std::to_string(window);
    const kern::Progress progress = world_.map(from, to, item, 0, window, at_once_);
    const spec::MapResult result = model_.map_item(from, to, 0, item, window);
    EXPECT_EQ(progress == kern::Progress::no_memory, result == spec::MapResult::no_memory);
    if (progress == kern::Progress::no_memory) return;
    EXPECT_EQ(world_.received, result == spec::MapResult::something);
}

void Pair::unmap_ports() {
    const std::uint16_t task = any_task();
    const Word range = l4_io_fpage(dice_.below(65536), dice_.pick(port_sizes), 0);
    const Word mask = (dice_.one_in(4) ? 0 : L4_FP_FLUSH) | (dice_.one_in(2) ? L4_FP_ALL_SPACES : 0) |
                      l4_unmap_in_task(dice_.one_in(2) ? any_task() : 0);
    last_ = "unmap ports " + std::to_string(task) + " " + std::to_string(range) + " " + std::to_string(mask);
    EXPECT_EQ(world_.unmap(task, range, mask, at_once_), model_.unmap(task, range, mask));
}

/// A task ends and begins again.
void Pair::restart() {
    const std::uint16_t task = any_task();
    if (task == sigma0 || task == active_) return;
    last_ = "restart " + std::to_string(task);
    const std::uint16_t account = model_.account_of(task);
    world_.clear(task);
    model_.destroy(task);
    tasks_.erase(std::find(tasks_.begin(), tasks_.end(), task));
    world_.db.check();
    world_.close_space(task);
    model_.accounts.refund(account, {.frames = task_frames});
    compare();
    open(task, account);
}

void Pair::compare() {
    world_.db.check();
    for (const std::uint16_t task : tasks_) {
        spec::TaskView want;
        model_.observe(task, want);
        EXPECT_EQ(view(task), want) << "task " << task << " after " << last_;
        if (::testing::Test::HasFailure()) {
            spec::Observation a, b;
            a.tasks[task] = view(task), b.tasks[task] = want;
            FAIL() << spec::diff(a, b);
        }
    }
    for (std::uint16_t owner : {2, 4, 5})
        ASSERT_EQ(account(owner), model_.accounts.view(owner))
            << owner << " used " << account(owner).used << ", not " << model_.accounts.view(owner).used
            << " after " << last_;
    for (Word port : {0u, 77u, 32767u, 65535u})
        ASSERT_EQ(world_.machine.port_allowed(static_cast<std::uint16_t>(port), 1),
                  model_.has_port(active_, static_cast<std::uint16_t>(port)))
            << last_;
}

spec::AccountView Pair::account(std::uint16_t owner) {
    const kern::Account& a = world_.account(owner);
    return {a.limit(), a.used(), a.thread_frames(), a.threads(), a.node_frames(), a.nodes()};
}

spec::TaskView Pair::view(std::uint16_t task) {
    spec::TaskView view;
    const kern::Space& space = world_.space(task);
    const Word* const directory = world_.pool.at<Word>(space.directory());
    for (Word region = 0; region < L4_USER_TOP; region += super_size) {
        const Word entry = directory[region / super_size];
        if (entry & ia32::super)
            view.mappings.push_back(mapping(task, region));
        else if (entry != 0)
            add_table(task, region, world_.pool.at<Word>(kern::PAddr{entry & ia32::frame_mask}), view);
    }
    view.port_giver = world_.db.port_giver(space).raw();
    for (Word word = 0; word < 2048 && space.port_bitmap(0).raw() != 0; ++word)
        add_ports(word * 32, ~world_.pool.at<Word>(space.port_bitmap(word / 1024))[word % 1024], view);
    return view;
}

void Pair::add_table(std::uint16_t task, Word region, const Word* table, spec::TaskView& view) {
    bool split = false;
    for (Word i = 0; i < 1024 && !split; ++i) {
        if (table[i] == 0 || in_utcbs(region + i * page_size)) continue;
        view.mappings.push_back(mapping(task, region + i * page_size));
        split = view.mappings.back().split;
    }
    for (Word i = 0; i < 1024 && split; ++i) {
        const auto part = world_.page(task, region + i * page_size);
        view.mappings.back().add_part(static_cast<std::uint16_t>(i),
                                      part ? spec::PageBits{true, part->writable, part->accessed, part->dirty}
                                           : spec::PageBits{.present = false});
    }
}

/// The page at `va`, which is there.
spec::MappingView Pair::mapping(std::uint16_t task, Word va) {
    const kern::MapDb::Page page = *world_.page(task, va);
    const Word offset = page.super ? va % super_size : 0;
    spec::MappingView m;
    m.va = va - offset;
    m.phys = page.frame.raw() - offset;
    m.super = page.super;
    m.split = page.split;
    m.fanout = page.fan_out;
    if (!m.split) m.bits = {true, page.writable, page.accessed, page.dirty};
    if (!page.has_parent) return m;
    m.parent_task = page.parent.raw();
    const auto parent = world_.page(m.parent_task, page.parent_va.raw());
    m.parent_va = page.parent_va.raw() - (!parent || parent->super ? page.parent_va.raw() % super_size : 0);
    return m;
}

void Pair::add_ports(Word first, Word held, spec::TaskView& view) {
    for (; held != 0; held &= held - 1) {
        const auto p = static_cast<std::uint16_t>(first + static_cast<Word>(std::countr_zero(held)));
        if (!view.ports.empty() && view.ports.back().second + 1 == p)
            view.ports.back().second = p;
        else
            view.ports.emplace_back(p, p);
    }
}

class AgainstSpec : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(AgainstSpec, RandomOperationsAgree) {
    const char* const more = std::getenv("MEMORY_SEEDS"); // how many worlds, for a long run
    const std::uint64_t worlds = more ? std::strtoull(more, nullptr, 10) : 4;
    for (std::uint64_t i = 0; i < worlds; ++i) {
        const std::uint64_t seed = GetParam() * 1000003 + i;
        SCOPED_TRACE("seed " + std::to_string(seed));
        Pair pair(seed);
        for (int n = 0; n < 400; ++n) {
            pair.step();
            if (!HasFatalFailure()) pair.compare();
            ASSERT_FALSE(HasFailure()) << "operation " << n << ": " << pair.last();
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, AgainstSpec, ::testing::Range<std::uint64_t>(0, 4));

} // namespace
} // namespace test
