// SPDX-License-Identifier: BSD-2-Clause
#pragma once
// The root task on a kernel that only keeps books.
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "l4/abi/exception.h"
#include "l4/abi/fpage.h"
#include "l4/abi/ipc.h"
#include "l4/abi/sigma0.h"
#include "l4/abi/thread.h"
#include "l4env/roottask/src/arguments.h"
#include "l4env/roottask/src/root.h"
#include "l4env/roottask/test/elf_file.h"
#include "l4env/sys/test/fake_kernel.h"

namespace l4env::root {

extern std::string log_text; ///< what it says

/// Task numbers with their chiefs, interrupt lines, and what was unmapped.
class Books {
public:
    std::map<unsigned, l4_registers_t> created;
    std::map<unsigned, unsigned> chief; ///< of what is not root's
    std::map<unsigned, unsigned> prio;
    std::set<unsigned> lines_of_others;
    std::vector<l4_word_t> unmapped;
    std::set<l4_word_t> sigma0_gives; ///< addresses
    std::optional<l4_word_t> refuse;
    l4_word_t frames_free = 0;

private:
    static constexpr unsigned lines_offered = 0xfffe; // 0 is the timer's

    unsigned chief_of(unsigned n) const { return chief.contains(n) ? chief.at(n) : L4_TASK_ROOT; }

    l4_registers_t task_new(l4_registers_t r) {
        const unsigned n = l4_id_task({r.esi, r.edi});
        if (refuse || chief_of(n) != L4_TASK_ROOT)
            return {refuse.value_or(L4_TASK_NEW_EPERM), frames_free, 0, 0, 0, 0, 0};
        created.erase(n);
        if (r.ebx != 0)
            created[n] = r;
        else
            chief[n] = l4_id_task({r.eax, 0});
        return r;
    }
    l4_registers_t ipc(l4_registers_t r) {
        const l4_threadid_t to{r.esi, r.edi};
        if (l4_id_task(to) == L4_TASK_SIGMA0) {
            if (r.edx == L4_SIGMA0_FPAGE_IOMEM && sigma0_gives.contains(r.ebx & L4_FP_PAGE_MASK))
                r.eax = l4_msgdope(2, 0) | L4_MSGDOPE_FPAGE_RECEIVED;
            else
                r.eax = l4_msgdope(2, 0);
            return r;
        }
        EXPECT_EQ(l4_id_task(to), L4_TASK_ROOT);
        EXPECT_EQ(l4_id_lthread(to), Irqs::first_lthread + r.ebx);
        const bool offered = (lines_offered >> r.ebx & 1) != 0;
        const bool refused = r.edx == Irqs::attach && (!offered || lines_of_others.contains(r.ebx));
        r.edx = refused ? L4_IPC_ENOT_EXISTENT : L4_IPC_OK;
        r.eax = l4_msgdope(2, 0);
        return r;
    }

    FakeKernel kernel_{[this](unsigned vector, l4_registers_t r) {
        switch (vector) {
            case L4_VEC_TASK_NEW: return task_new(r);
            case L4_VEC_IPC: return ipc(r);
            case L4_VEC_THREAD_SCHEDULE:
                prio[l4_id_task({r.esi, r.edi})] = r.eax & L4_SCHED_PRIO_MASK;
                return r;
            case L4_VEC_FPAGE_UNMAP: unmapped.push_back(r.eax); return r;
            default: ADD_FAILURE() << "vector " << vector; return r;
        }
    }};
};

class RootTest : public testing::Test {
protected:
    static constexpr std::uint32_t frames = 1024, info = 0xb0000000, entry = 0x1000000;

    RootTest() : memory_(frames << 12), owners_(frames), pool_(owners_) {
        log_text.clear();
        pool_.add(0x100000, (frames << 12) - 0x100000);
        root.emplace(pool_, Memory{reinterpret_cast<std::uintptr_t>(memory_.data())}, info);
        root->irqs().hold_all();
        initially_free_ = pool_.free_frames();
    }
    void TearDown() override { EXPECT_EQ(pool_.free_frames() + used_, initially_free_); }

    /// Starts a program of 2 pages text and 3 pages data; its task is the next number from 5 on.
    const char* start(const char* name, const Options& options = {}, Data data = {}) {
        const ElfFile file({{.vaddr = entry, .file_size = 0x1800, .memory_size = 0x1800, .flags = 5},
                            {.vaddr = entry + 0x2000, .file_size = 0x10, .memory_size = 0x3000, .flags = 6}},
                           entry);
        return root->start(name, options, file.bytes(), "arg", data);
    }
    PagerAnswer page(unsigned task, l4_word_t w0, l4_word_t w1 = entry) {
        return root->page(l4_threadid(task, 0), w0, w1, {});
    }
    /// A page fault as the kernel tells of it.
    PagerAnswer fault(unsigned task, l4_word_t address, l4_word_t eip = entry) {
        l4_utcb_state_t state{};
        state.trapno = L4_TRAP_PAGE_FAULT;
        state.pfa = address;
        state.eip = eip;
        return root->page(l4_threadid(task, 0), address & L4_PF_ADDR_MASK, eip, state);
    }
    std::pair<l4_word_t, l4_word_t> ask(unsigned task, l4_word_t request, l4_word_t argument = 0,
                                        Text text = {}) {
        ServiceCall call{
            .client = l4_threadid(task, 0), .request = request, .argument = argument, .text = text};
        root->serve(call);
        gone = call.none;
        return {call.status, call.value};
    }
    std::byte byte_at(std::uint32_t physical) const { return memory_[physical]; }
    /// Frames that tasks still have at the end of the test.
    void still_used(std::uint32_t frames_used) { used_ = frames_used; }

    Pool& pool() { return pool_; }

    Books kernel;
    std::optional<Root> root;
    bool gone = false;

private:
    std::vector<std::byte> memory_;
    std::vector<std::uint16_t> owners_;
    Pool pool_;
    std::uint32_t initially_free_ = 0, used_ = 0;
};

inline constexpr std::uint32_t image_and_stack = 5 + 16; ///< frames

} // namespace l4env::root
