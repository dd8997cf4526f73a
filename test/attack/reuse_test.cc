// SPDX-License-Identifier: BSD-2-Clause
// Kernel objects that were deleted can not be used by mistake (testing V9).
#include <gtest/gtest.h>

#include "test/attack/support/world.h"

#if defined(__SANITIZE_ADDRESS__)
#define ATTACK_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ATTACK_ASAN 1
#endif
#endif

namespace attack {
namespace {

/// Task A with some threads, deleted.
class Reuse : public ::testing::Test {
protected:
    Reuse() : w({.machine = {.kernel_pages = 256, .spoil = true}}) {
        for (std::uint8_t i = 0; i < 10; ++i) w.spawn(5, i, sim::park);
        w.run();
        thread = w.find(l4_threadid(5, 9));
        task = w.kernel().tasks().task(kern::TaskNo{5});
        directory = task->space().directory();
        w.spawn(L4_TASK_ROOT, 1, [](User u) -> Program { co_await u(deletion(a)); });
        w.run();
        EXPECT_FALSE(exists(w, a));
    }
    /// Looked at in a copy of the machine, where nothing is out of use.
    void expect_rubbish(const void* object, std::size_t size) {
        const kern::PAddr at = w.machine().address(object);
        arch::Machine copy = w.machine();
        const auto bytes = copy.page(kern::PAddr{at.raw() & ~(arch::Memory::frame_size - 1)});
        for (std::size_t i = 8; i < size; ++i)
            ASSERT_EQ(bytes[at.raw() % arch::Memory::frame_size + i], arch::Memory::rubbish) << i;
    }
    Watched w;
    kern::Thread* thread = nullptr;
    kern::Task* task = nullptr;
    kern::PAddr directory{};
};

TEST_F(Reuse, OfDeletedObjectsFindsRubbish) {
    expect_rubbish(thread, sizeof *thread);
    expect_rubbish(task, sizeof *task);
    arch::Machine copy = w.machine();
    EXPECT_EQ(copy.page(directory)[100], std::byte{0}) << "it is kept for another task, and leads nowhere";
}

#ifdef ATTACK_ASAN
using ReuseDeathTest = Reuse;
TEST_F(ReuseDeathTest, OfDeletedObjectsEndsTheProcess) {
    EXPECT_DEATH(static_cast<void>(thread->ready() ? w.stop() : void()), "use-after-poison");
    EXPECT_DEATH(static_cast<void>(task->dying() ? w.stop() : void()), "use-after-poison");
}
#endif

} // namespace
} // namespace attack
