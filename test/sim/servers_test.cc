// SPDX-License-Identifier: BSD-2-Clause
// The ready-made programs: sigma0 and the root server.
#include <gtest/gtest.h>

#include <vector>

#include "l4/abi/fpage.h"
#include "l4/abi/sigma0.h"
#include "sim/world.h"

namespace {
using sim::IpcResult;
using sim::Program;
using sim::User;
using sim::World;

constexpr l4_threadid_t sigma0_id = l4_threadid(L4_TASK_SIGMA0, 0);
constexpr std::uint32_t window = 0x20000000;

/// Asks sigma0 for memory at `at`; did a page arrive?
sim::Routine<bool> ask(User u, std::uint32_t w0, std::uint32_t w1, std::uint32_t at,
                       std::uint32_t log2 = 12) {
    const IpcResult r = co_await u.call_for_fpage(sigma0_id, w0, w1, l4_fpage(at, log2, 0));
    co_return r.ok() && r.fpage();
}

TEST(Sigma0, GivesAnyPageUntilThereAreNone) {
    int pages = 0;
    World w({.machine = {.user_pages = 8}});
    w.spawn(5, [&](User u) -> Program {
        for (std::uint32_t at = window; co_await ask(u, L4_SIGMA0_ANY_PAGE, 0, at); at += 4096) {
            ++pages;
            co_await u.store32(at, 1);
        }
    });
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(pages, 7); // never frame 0
}

TEST(Sigma0, GivesAPageByAddressToItsFirstOwnerOnly) {
    std::vector<bool> got;
    std::uint32_t word = 0;
    World w;
    w.spawn(5, [&](User u) -> Program {
        got.push_back(co_await ask(u, 0x3000, 0, window));
        co_await u.store32(window + 4, 77);
        got.push_back(co_await ask(u, 0x3000, 0, window + 0x1000));
        word = co_await u.load32(window + 0x1004);
        got.push_back(co_await ask(u, 0x3ff000, 0, window + 0x2000)); // behind the end of RAM
    });
    w.run();
    w.spawn(6, [&](User u) -> Program { got.push_back(co_await ask(u, 0x3000, 0, window)); });
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(got, (std::vector<bool>{true, true, false, false}));
    EXPECT_EQ(word, 77u);
}

TEST(Sigma0, AnswersPageFaultsByTheFrameOfThatNumber) {
    std::uint32_t word = 0;
    World w;
    const sim::Entry program = w.program([&](User u) -> Program {
        co_await u.store32(0x5010, 5);
        word = co_await u.load32(0x5010);
    });
    w.spawn({.task = 5, .program = program, .pager = sigma0_id});
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(word, 5u);
    EXPECT_EQ(w.machine().page(kern::PAddr{0x5000})[0x10], std::byte{5});
}

TEST(Sigma0, GivesSuperpagesAndRanges) {
    std::vector<bool> got;
    World w({.machine = {.user_pages = 2048}});
    w.spawn(5, [&](User u) -> Program {
        got.push_back(
            co_await ask(u, 0x400000 | L4_SIGMA0_SUPERPAGE, L4_SIGMA0_SUPERPAGE_W1, 0x20000000, 22));
        co_await u.store32(0x20000000, 1);
        co_await u.store32(0x203ffffc, 1);
        got.push_back(co_await ask(u, L4_SIGMA0_FPAGE_RAM, l4_fpage(0x10000, 14, 0), 0x30000000, 14));
        co_await u.store32(0x30003ffc, 1);
        got.push_back(co_await ask(u, L4_SIGMA0_FPAGE_ANY, l4_fpage(0, 16, 0), 0x30010000, 16));
        co_await u.store32(0x3001fffc, 1);
    });
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(got, (std::vector<bool>{true, true, true}));
    EXPECT_EQ(w.machine().page(kern::PAddr{0x400000})[0], std::byte{1});
}

TEST(Sigma0, RefusesWhatIsNotItsToGive) {
    std::vector<bool> got;
    World w;
    w.spawn(5, [&](User u) -> Program {
        const std::uint32_t kernel = arch::Memory::kernel_base.raw();
        got.push_back(co_await ask(u, kernel, 0, window));
        got.push_back(co_await ask(u, kernel | L4_SIGMA0_SUPERPAGE, L4_SIGMA0_SUPERPAGE_W1, window, 22));
        got.push_back(co_await ask(u, L4_SIGMA0_FPAGE_IOMEM, l4_fpage(kernel, 12, 0), window));
        got.push_back(co_await ask(u, L4_SIGMA0_FPAGE_IOMEM, l4_fpage(0xbff00000, 12, 0), window));
        got.push_back(co_await ask(u, L4_SIGMA0_KERNEL_INFO, L4_SIGMA0_W1_RECOMMENDED, window));
        got.push_back(co_await ask(u, L4_SIGMA0_KERNEL_INFO, L4_SIGMA0_W1_TBUF, window));
        got.push_back(co_await ask(u, L4_SIGMA0_DEBUG_DUMP, 0, window));
        got.push_back(co_await ask(u, 0xd0000000, 0, window));
        got.push_back(co_await ask(u, L4_SIGMA0_ANY_PAGE, 0, window)); // and it is alive
    });
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(got, (std::vector<bool>{false, false, false, false, false, false, false, false, true}));
}

TEST(Sigma0, GivesDeviceMemoryAndPorts) {
    bool memory = false;
    std::uint32_t in_memory = 0, in_port = 0;
    World w;
    w.machine().ports().on_in = [](std::uint16_t port, unsigned) { return port + 1u; };
    w.spawn(5, [&](User u) -> Program {
        memory = co_await ask(u, 0x50000000, 0, window, 22); // physical 0x90000000
        in_memory = co_await u.load32(window);
        const std::uint32_t com1 = l4_io_fpage(0x3f8, 3, 0);
        co_await u.call_for_fpage(sigma0_id, com1, 0, L4_FP_WHOLE_SPACE);
        in_port = co_await u.in(0x3f8);
    });
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_TRUE(memory);
    EXPECT_EQ(in_memory, 0xffffffffu); // nothing answers there
    EXPECT_EQ(in_port, 0xf9u);
}

TEST(RootServer, SharesPagesBetweenTasks) {
    std::uint32_t word = 0;
    World w;
    w.root_server().share(6, 0x7000, 5, 0x9000);
    w.spawn(5, [](User u) -> Program { co_await u.store32(0x9008, 321); });
    w.run();
    w.spawn(6, [&](User u) -> Program { word = co_await u.load32(0x7008); });
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(word, 321u);
}

TEST(RootServer, RefusesPagesWhenMemoryIsOut) {
    int stored = 0;
    World w({.machine = {.user_pages = 4}});
    w.spawn(5, [&](User u) -> Program {
        for (std::uint32_t at = 0x1000;; at += 4096) {
            co_await u.store32(at, 1);
            ++stored;
        }
    });
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(stored, 3);
}

TEST(RootServer, SetsPriorities) {
    World w;
    const sim::Entry program = w.program(sim::park);
    w.spawn({.task = 5, .program = program, .prio = 200, .mcp = 100});
    w.spawn({.task = 6, .program = program, .mcp = 7});
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(w.find(l4_threadid(5, 0))->prio(), kern::Prio{200});
    EXPECT_EQ(w.find(l4_threadid(5, 0))->slice(), kern::Micros{L4_SLICE_DEFAULT_US});
    EXPECT_EQ(w.find(l4_threadid(6, 0))->prio(), kern::Prio{16});
    EXPECT_EQ(w.find(l4_threadid(6, 0))->mcp(), 7);
    EXPECT_EQ(w.root_server().failures(), 0u);
}

TEST(RootServer, CountsRefusedRequests) {
    World w;
    w.spawn(2, sim::park); // sigma0's number
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(w.root_server().failures(), 1u);
}

TEST(RootServerDeathTest, ThreadsOfARunningTaskCanNotBeAskedFor) {
    World w;
    w.spawn(5, sim::park);
    w.run();
    EXPECT_DEATH(w.spawn(5, 1, sim::park), "before it runs");
}

TEST(World, RootAndSigma0CanBeReplaced) {
    std::vector<int> order;
    World w({.sigma0 = [&](User) -> Program {
                 order.push_back(2);
                 co_return;
             },
             .root = [&](User) -> Program {
                 order.push_back(1);
                 co_return;
             }});
    EXPECT_EQ(w.run(), sim::End::idle);
    EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

} // namespace
