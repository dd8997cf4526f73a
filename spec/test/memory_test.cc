// SPDX-License-Identifier: BSD-2-Clause
// Page faults, mapping, granting, unmapping, transfers.
#include <algorithm>

#include "spec/test/driver.h"

namespace spec {
namespace {

constexpr Word rw = L4_FP_WRITE;

class MemoryTest : public Driver {
protected:
    MemoryTest() : Driver({.kernel_begin = 0x400000, .kernel_end = 0x800000}) {}

    void SetUp() override {
        run(sigma0);
        wait_open();
        EXPECT_EQ(system.current(), root);
    }

    /// A page of sigma0, filled in by the kernel, then sent to root as an answer to its page fault.
    void page_in(Word va, Word size_log2 = 12) {
        ASSERT_EQ(system.current(), root);
        ASSERT_FALSE(system.access(va, true));
        handle(Event::page_fault(va, system.error_code(va, true)));
        ASSERT_EQ(system.current(), sigma0);
        EXPECT_EQ(system.registers(sigma0).edx, (va & ~3u) | 2u);
        if (!system.access(va, true)) {
            handle(Event::page_fault(va, pf_user | pf_write));
            ASSERT_TRUE(system.access(va, true));
        }
        ipc({.send = L4_SND_MAP,
             .receive = L4_RCV_OPEN,
             .partner = root,
             .w0 = va,
             .w1 = l4_fpage(va, size_log2, rw)});
        ASSERT_EQ(system.current(), root);
        ASSERT_TRUE(system.access(va, true));
    }

    /// Root sends a map item to a thread that waits for it with the whole space as its window.
    void map_to(ThreadName to, Word base, Word fpage) {
        ipc({.send = L4_SND_MAP | L4_SND_DECEIT, .partner = to, .w0 = base, .w1 = fpage});
        EXPECT_EQ(eax(root), 0u);
        const auto queue = system.observe().ready.at(16);
        ASSERT_NE(std::find(queue.begin(), queue.end(), to), queue.end());
    }

    const MappingView& page(TaskNo number, Word va) {
        seen_ = system.observe();
        static const MappingView none;
        for (const MappingView& m : seen_.tasks.at(number).mappings) {
            if (m.va == va) {
                return m;
            }
        }
        ADD_FAILURE() << "no page";
        return none;
    }

    bool has_page(TaskNo number, Word va) {
        seen_ = system.observe();
        const auto& all = seen_.tasks.at(number).mappings;
        return std::any_of(all.begin(), all.end(), [va](const MappingView& m) { return m.va == va; });
    }

    Word unmap(Word fpage, Word mask) {
        const ThreadName me = *system.current();
        syscall(L4_VEC_FPAGE_UNMAP, {.eax = fpage, .ecx = mask});
        return eax(me);
    }

    Observation seen_;
};

TEST_F(MemoryTest, FaultsOfSigma0AreServedInSuperpages) {
    page_in(0x1000);
    EXPECT_TRUE(page(L4_TASK_SIGMA0, 0).super);
    EXPECT_TRUE(page(L4_TASK_SIGMA0, 0).fanout);
    EXPECT_EQ(page(L4_TASK_ROOT, 0x1000).parent_task, L4_TASK_SIGMA0);
    EXPECT_EQ(task(L4_TASK_SIGMA0).account.used, L4_KMEM_TASK + 1 + 1 + 1); // task, thread, node, fan-out
    EXPECT_EQ(task(L4_TASK_ROOT).account.used, L4_KMEM_TASK + 1 + 1 + 2);   // task, thread, node, table
}

TEST_F(MemoryTest, Sigma0CanNotHaveKernelMemory) {
    handle(Event::page_fault(0x400000, pf_user));
    EXPECT_EQ(system.current(), sigma0);
    handle(Event::page_fault(0x400000, pf_user));
    EXPECT_EQ(state(sigma0), "dead");
    EXPECT_EQ(state(root), "fault_receive");
    EXPECT_FALSE(system.current());
}

TEST_F(MemoryTest, NoPagerKills) {
    const ThreadName other = start_thread(1);
    run(other);
    handle(Event::page_fault(0x1000, pf_user));
    EXPECT_EQ(state(other), "dead");
}

TEST_F(MemoryTest, MapGrantUnmap) {
    page_in(0x0, L4_FP_SUPERPAGE_SIZE);
    EXPECT_TRUE(page(L4_TASK_ROOT, 0).super);
    const ThreadName five = start_task(5, 50);
    run(five);
    ipc({.receive = L4_RCV_MAP | L4_FP_WHOLE_SPACE, .partner = root});
    run(root);
    map_to(five, 0x10000, l4_fpage(0x2000, 13, 0)); // two parts, read-only
    EXPECT_EQ(page(5, 0x10000).phys, 0x2000u);
    EXPECT_EQ(page(5, 0x11000).phys, 0x3000u);
    EXPECT_FALSE(page(5, 0x10000).bits.writable);
    EXPECT_EQ(eax(five), 0x4000u | L4_MSGDOPE_FPAGE_RECEIVED);
    EXPECT_TRUE(page(L4_TASK_ROOT, 0).fanout);
    run(five);
    EXPECT_TRUE(system.access(0x10004, false));
    EXPECT_FALSE(system.access(0x10004, true));
    EXPECT_EQ(system.error_code(0x10004, true), pf_user | pf_write | pf_present);
    ipc({.receive = L4_RCV_MAP | L4_FP_WHOLE_SPACE, .partner = root});
    run(root);
    map_to(five, 0x10000, l4_fpage(0x2000, 12, rw)); // the same again, with the right
    EXPECT_TRUE(page(5, 0x10000).bits.writable);

    EXPECT_EQ(unmap(l4_fpage(0x2000, 12, 0), L4_FP_FLUSH), L4_FP_REFERENCED);
    EXPECT_FALSE(has_page(5, 0x10000));
    EXPECT_TRUE(has_page(5, 0x11000));
    EXPECT_FALSE(page(L4_TASK_ROOT, 0).split);

    EXPECT_EQ(unmap(l4_fpage(0x3000, 12, 0), L4_FP_FLUSH | L4_FP_ALL_SPACES), L4_FP_REFERENCED | L4_FP_DIRTY);
    EXPECT_FALSE(has_page(5, 0x11000));
    const MappingView& split = page(L4_TASK_ROOT, 0);
    ASSERT_TRUE(split.split);
    ASSERT_EQ(split.parts.size(), 3u);
    EXPECT_EQ(split.parts[1].first, 3);
    EXPECT_EQ(split.parts[1].count, 1);
    EXPECT_FALSE(split.parts[1].bits.present);
    EXPECT_FALSE(system.access(0x3000, false));
    EXPECT_TRUE(system.access(0x4000, false));

    unmap(L4_FP_WHOLE_SPACE, L4_FP_FLUSH | L4_FP_ALL_SPACES);
    EXPECT_TRUE(task(L4_TASK_ROOT).mappings.empty());
}

TEST_F(MemoryTest, WindowSmallerThanTheItemWraps) {
    page_in(0x0, L4_FP_SUPERPAGE_SIZE);
    const ThreadName five = start_task(5);
    run(five);
    ipc({.receive = L4_RCV_MAP | l4_fpage(0x40000, 13, 0), .partner = root});
    run(root);
    map_to(five, 0, l4_fpage(0x0, 16, rw));
    EXPECT_EQ(page(5, 0x40000).phys, 0x0u);
    EXPECT_EQ(page(5, 0x41000).phys, 0x1000u);
    EXPECT_EQ(task(5).mappings.size(), 2u);
}

TEST_F(MemoryTest, UnmapInOneTask) {
    page_in(0x1000);
    for (const TaskNo number : {TaskNo{5}, TaskNo{6}}) {
        const ThreadName to = start_task(number);
        run(to);
        ipc({.receive = L4_RCV_MAP | L4_FP_WHOLE_SPACE, .partner = root});
        run(root);
        map_to(to, 0x1000, l4_fpage(0x1000, 12, rw));
    }
    unmap(l4_fpage(0x1000, 12, 0), L4_FP_FLUSH | L4_FP_ALL_SPACES | l4_unmap_in_task(5));
    EXPECT_FALSE(has_page(5, 0x1000));
    EXPECT_TRUE(has_page(6, 0x1000));
    EXPECT_TRUE(has_page(L4_TASK_ROOT, 0x1000));
    delete_task(6);
    EXPECT_TRUE(has_page(L4_TASK_ROOT, 0x1000));
}

TEST_F(MemoryTest, Ports) {
    handle(Event::page_fault(0x1000, pf_user));
    ASSERT_EQ(system.current(), sigma0);
    ipc({.send = L4_SND_MAP, .receive = L4_RCV_OPEN, .partner = root, .w1 = l4_io_fpage(0x60, 4, 0)});
    EXPECT_TRUE(system.has_port(0x6f));
    EXPECT_FALSE(system.has_port(0x70));
    EXPECT_EQ(task(L4_TASK_ROOT).port_giver, L4_TASK_SIGMA0);
    unmap(l4_io_fpage(0x60, 0, 0), L4_FP_FLUSH | L4_FP_ALL_SPACES);
    EXPECT_EQ(task(L4_TASK_ROOT).ports, (std::vector<PortSet::Run>{{0x61, 0x6f}}));
}

/// A string from one thread of root to another, whose buffers are not there yet.
TEST_F(MemoryTest, StringsAndPageFaults) {
    page_in(0x1000);
    page_in(0x2000);
    const ThreadName other = start_thread(1, sigma0);
    constexpr Word out = 0x1000, in = 0x1800;
    ASSERT_TRUE(system.store(out + 4, l4_msgdope(3, 1)));
    system.store(out + 8, l4_msgdope(3, 1));
    system.store(out + 20, 0x1234);
    system.store(out + 24, 10);     // string of 10 bytes
    system.store(out + 28, 0x2ffb); // runs into the next page
    system.store(0x2ffc, 0x64636261);
    system.store(in + 4, l4_msgdope(3, 1));
    system.store(in + 24 + 8, 8); // room for 8
    system.store(in + 24 + 12, 0x1c00);
    run(other);
    ipc({.receive = in, .partner = root});
    run(root);
    ipc({.send = out, .partner = other, .w0 = 1, .w1 = 2});
    EXPECT_EQ(system.current(), sigma0); // pages root's string in
    EXPECT_EQ(state(root), "fault_receive");
    EXPECT_EQ(view(root).fault, FaultKind::transfer);
    EXPECT_EQ(view(root).role, Role::driver);
    EXPECT_EQ(state(other), "partner");
    EXPECT_EQ(system.registers(sigma0).edx, 0x3000u);
    EXPECT_EQ(system.registers(sigma0).ebx, 0xffffffffu);
    EXPECT_TRUE(system.quiescent());
    ipc({.send = L4_SND_MAP,
         .receive = L4_RCV_OPEN,
         .partner = root,
         .w0 = 0x3000,
         .w1 = l4_fpage(0x3000, 12, rw)});
    EXPECT_EQ(system.current(), root);
    EXPECT_TRUE(system.current_in_kernel());
    EXPECT_FALSE(system.quiescent());
    handle(Event::resume());
    EXPECT_EQ(eax(root), L4_IPC_SEMSGCUT);
    EXPECT_EQ(eax(other), l4_msgdope(3, 1) | L4_IPC_REMSGCUT);
    EXPECT_EQ(system.load(in + 12), 1u);
    EXPECT_EQ(system.load(in + 20), 0x1234u);
    EXPECT_EQ(system.load(in + 24), 8u);
    EXPECT_EQ(system.load(in + 28), 0x1c00u);
    EXPECT_EQ(system.load(0x1c00), 0x63626100u);
}

TEST_F(MemoryTest, PageFaultTimeoutZeroSendsNoMessage) {
    const ThreadName other = start_thread(1, sigma0);
    run(other);
    ipc({.receive = 0x1000, .partner = root});
    page_in(0x2000);
    ipc({.send = 0x2000, .partner = other, .timeouts = l4_timeout_pf(L4_TIMEOUT_PF_ZERO, 0)});
    EXPECT_EQ(eax(root), L4_IPC_SESNDPFTO);
    EXPECT_EQ(eax(other), L4_IPC_RESNDPFTO);
}

TEST_F(MemoryTest, NoMemoryEndsATransfer) {
    page_in(0x1000);
    const ThreadName five = start_task(5, L4_KMEM_TASK + 1); // task and thread, nothing left
    run(five);
    ipc({.receive = L4_RCV_MAP | L4_FP_WHOLE_SPACE, .partner = root});
    run(root);
    ipc({.send = L4_SND_MAP, .partner = five, .w0 = 0x1000, .w1 = l4_fpage(0x1000, 12, rw)});
    EXPECT_EQ(eax(root), L4_IPC_SEMAPFAILED);
    EXPECT_EQ(eax(five), L4_IPC_REMAPFAILED);
    EXPECT_TRUE(task(5).mappings.empty());
}

class LittleMemory : public Driver {
protected:
    // Root: task, thread slab, node slab, and nothing more.
    LittleMemory() : Driver({.kernel_frames = 100 + L4_KMEM_TASK + 2, .sigma0_frames = 100}) {}
};

TEST_F(LittleMemory, ASplitThatCanNotBePaidFlushesTheWholePage) {
    run(sigma0);
    wait_open();
    handle(Event::page_fault(0, pf_user));
    handle(Event::page_fault(0, pf_user));
    ipc({.send = L4_SND_MAP,
         .receive = L4_RCV_OPEN,
         .partner = root,
         .w1 = l4_fpage(0, L4_FP_SUPERPAGE_SIZE, rw)});
    ASSERT_EQ(system.current(), root);
    ASSERT_EQ(task(L4_TASK_ROOT).mappings.size(), 1u);
    EXPECT_EQ(task(L4_TASK_ROOT).account.used, L4_KMEM_TASK + 2);
    syscall(L4_VEC_FPAGE_UNMAP, {.eax = l4_fpage(0x5000, 12, 0), .ecx = L4_FP_ALL_SPACES});
    EXPECT_TRUE(task(L4_TASK_ROOT).mappings.empty());
    EXPECT_EQ(task(L4_TASK_SIGMA0).mappings.size(), 1u);
}

/// Semantics 10.  Not by events: each would look at all pages.
void expect_end_of_chain(Word log2, Word in_each_task) {
    constexpr Word longest = 65536;
    const auto task = [=](Word n) { return static_cast<TaskNo>(5 + n / in_each_task); };
    const auto item = [=](Word n) { return l4_fpage(n % in_each_task << log2, log2, rw); };
    Memory memory({.kernel_begin = 0xb0000000, .kernel_end = 0xb0400000});
    memory.accounts.open_first(L4_TASK_SIGMA0, 10000);
    for (TaskNo n = L4_TASK_SIGMA0; n <= task(longest); ++n) memory.create(n, L4_TASK_SIGMA0);
    ASSERT_TRUE(memory.sigma0_fault(0));
    const auto map = [&](Word n, Word fpage_options = 0) { // page n from the one before
        return memory.map_item(n == 1 ? TaskNo{L4_TASK_SIGMA0} : task(n - 1), task(n), 0,
                               (n == 1 ? l4_fpage(0, log2, rw) : item(n - 1)) | fpage_options, item(n));
    };
    for (Word n = 1; n < longest; ++n) ASSERT_EQ(map(n), MapResult::something) << n;
    EXPECT_EQ(map(longest), MapResult::no_memory);
    EXPECT_EQ(map(longest, L4_FP_GRANT), MapResult::something);
    EXPECT_EQ(memory.map_item(task(longest), task(longest), 0, item(longest), item(longest + 1)),
              MapResult::no_memory);
    if (log2 == L4_FP_SUPERPAGE_SIZE) {
        EXPECT_EQ(memory.map_item(task(longest), task(longest), 0, l4_fpage(item(longest), 12, rw),
                                  l4_fpage(item(longest + 1), 12, 0)),
                  MapResult::no_memory);
    }
}

TEST(Chain, OfPagesEnds) { expect_end_of_chain(12, 0x10000); }

TEST(Chain, OfSuperpagesEnds) { expect_end_of_chain(L4_FP_SUPERPAGE_SIZE, 700); }

} // namespace
} // namespace spec
