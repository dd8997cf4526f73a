// SPDX-License-Identifier: BSD-2-Clause
// The comparison itself: whatever is changed behind its back, it must notice.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "ia32/paging.h"
#include "l4/abi/ipc.h"
#include "l4/abi/limits.h"
#include "l4/abi/utcb.h"
#include "sim/calls.h"
#include "test/lockstep/run.h"
#include "test/support/lockstep.h"

namespace test {
namespace {

constexpr kern::ThreadId root{.task = kern::TaskNo{L4_TASK_ROOT}, .lthread = 0};
constexpr kern::ThreadId sigma0{.task = kern::TaskNo{L4_TASK_SIGMA0}, .lthread = 0};
constexpr std::uint32_t page = 0x1000;

/// sigma0 has stored a word in its page 0x1000, a part of a 4 MiB page; root waits for a message.
class CanaryTest : public ::testing::Test {
protected:
    CanaryTest() {
        lockstep.syscall(L4_VEC_IPC, sim::Ipc{.receive = L4_RCV_OPEN}.regs());
        lockstep.touch(kern::VAddr{page}, true, 1); // a fault, which the kernel resolves
        lockstep.touch(kern::VAddr{page}, true, 1);
        EXPECT_EQ(lockstep.mismatch(), "");
    }
    /// An event that changes hardly anything.
    void look_around() { lockstep.syscall(L4_VEC_ID_NEAREST, sim::IdNearest{}.regs()); }
    void expect_noticed(const std::string& what, const std::function<void()>& harm) {
        look_around();
        ASSERT_EQ(lockstep.mismatch(), "");
        harm();
        look_around();
        lockstep.finish();
        EXPECT_NE(lockstep.mismatch().find(what), std::string::npos) << lockstep.mismatch();
    }
    kern::Thread& thread(kern::ThreadId id) { return *lockstep.kernel().find(id); }
    std::uint32_t& directory_entry() {
        return *reinterpret_cast<std::uint32_t*>(
            lockstep.machine().page(lockstep.machine().mmu().directory()).data());
    }
    Lockstep lockstep;
};

TEST_F(CanaryTest, TheSceneIsAsDescribed) {
    EXPECT_EQ(lockstep.current().id(), sigma0);
    EXPECT_EQ(thread(root).wait().what, kern::Wait::For::receive_any);
    EXPECT_EQ(lockstep.machine().page(kern::PAddr{page})[0], std::byte{1});
    look_around();
    lockstep.finish();
    EXPECT_EQ(lockstep.mismatch(), "");
}

TEST_F(CanaryTest, ARegisterOfAWaitingThread) {
    expect_noticed("thread 4.0 ebx", [&] { thread(root).frame.ebx ^= 1; });
}

TEST_F(CanaryTest, ARightInAPageTable) {
    expect_noticed("page 00000000", [&] { directory_entry() ^= ia32::writable; });
}

TEST_F(CanaryTest, ABitOfUserMemory) {
    expect_noticed("memory at physical address 0x1004",
                   [&] { lockstep.machine().page(kern::PAddr{page})[4] = std::byte{1}; });
}

TEST_F(CanaryTest, AMaskedInterruptLine) {
    expect_noticed("irq", [&] { lockstep.machine().unmask(kern::Line{3}); });
}

TEST_F(CanaryTest, ATimerThatIsNotArmed) {
    expect_noticed("timer", [&] { lockstep.machine().arm_timer(kern::never); });
}

TEST_F(CanaryTest, ATranslationThatShouldHaveBeenForgotten) {
    lockstep.syscall(L4_VEC_FPAGE_UNMAP,
                     sim::Unmap{.fpage = L4_FP_WHOLE_SPACE, .mask = L4_FP_FLUSH | L4_FP_ALL_SPACES}.regs());
    ASSERT_EQ(lockstep.mismatch(), "");
    const std::uint32_t entry = directory_entry();
    directory_entry() = ia32::super | ia32::present | ia32::writable | ia32::user;
    ASSERT_TRUE(lockstep.machine().translate(kern::VAddr{page}, true).ok);
    directory_entry() = entry;
    look_around();
    EXPECT_NE(lockstep.mismatch().find("the TLB remembers of 0x1000"), std::string::npos)
        << lockstep.mismatch();
}

TEST_F(CanaryTest, PortsThatTheMachineWouldDeny) {
    expect_noticed("port", [&] { lockstep.machine().set_ports(kern::PAddr{0}, kern::PAddr{0}); });
}

TEST_F(CanaryTest, AByteOfAUtcb) {
    expect_noticed("UTCB of 4.0 at +0x44",
                   [&] { lockstep.machine().page(thread(root).task().utcb_frame(0))[0x44] = std::byte{1}; });
}

TEST_F(CanaryTest, AFloatingPointRegisterOfAWaitingThread) {
    expect_noticed("thread 4.0 fpu", [&] { thread(root).fpu.bytes[100] ^= std::byte{1}; });
}

/// What a failing trace prints must be enough to see it again.
TEST(Report, AFailingTraceTellsHowToReplayIt) {
    const RunOptions options{.seed = 7, .mode = Mode::stepwise, .steps = 12};
    EXPECT_EQ(replay_command(options),
              "bazel run //tools/trace -- random --mode=stepwise --seed=7 --steps=12 --print");
}

} // namespace
} // namespace test
