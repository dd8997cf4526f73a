// SPDX-License-Identifier: BSD-2-Clause
// Boot modules on a kernel that lets everything be.
#include "l4env/roottask/src/boot.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "l4env/roottask/test/elf_file.h"
#include "l4env/sys/test/fake_kernel.h"

namespace l4env::root {
namespace {

std::string log_text;

class BootTest : public testing::Test {
protected:
    static constexpr std::uint32_t frames = 1024, pool_at = 0x200000;

    BootTest() : memory_(frames << 12), owners_(frames), pool_(owners_) {
        log_text.clear();
        pool_.add(pool_at, (frames << 12) - pool_at);
        pool_.use_if([](std::uint32_t at) { return at < pool_at; });
        add("sigma0.elf", "");
        add("roottask.elf exit=0xf4", "");
    }
    void add(const char* command_line, const std::string& file) {
        const std::uint32_t start = put(file.data(), file.size());
        const auto end = start + static_cast<std::uint32_t>(file.size());
        modules_.push_back({start, end, put(command_line, std::strlen(command_line) + 1), 0});
    }
    void add_program(const char* command_line) {
        const ElfFile file({{.vaddr = 0x1000000, .file_size = 0x100, .memory_size = 0x100, .flags = 5}},
                           0x1000000);
        const std::span<const std::byte> bytes = file.bytes();
        add(command_line, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    }
    std::uint32_t start_all() {
        Multiboot info{};
        info.flags = Multiboot::has_modules;
        info.module_count = static_cast<std::uint32_t>(modules_.size());
        info.modules = put(modules_.data(), modules_.size() * sizeof modules_[0]);
        const Memory memory{reinterpret_cast<std::uintptr_t>(memory_.data())};
        Root root(pool_, memory, 0);
        const std::uint32_t failures = Boot(info, memory).start_all(root);
        running = root.running();
        return failures;
    }

    std::uint32_t running = 0;

private:
    /// Its address.
    std::uint32_t put(const void* what, std::size_t size) {
        const std::uint32_t at = next_;
        std::memcpy(&memory_[at], what, size);
        next_ = (next_ + static_cast<std::uint32_t>(size) + 0xfff) & ~0xfffu;
        return at;
    }

    FakeKernel kernel_{[](unsigned, l4_registers_t r) { return r; }};
    std::vector<std::byte> memory_;
    std::vector<std::uint16_t> owners_;
    Pool pool_;
    std::vector<Multiboot::Module> modules_;
    std::uint32_t next_ = 0x1000;
};

TEST_F(BootTest, StartsAllButConfigurationsAndData) {
    add_program("/boot/one.elf data=text --");
    add("x.cfg", "one kmem=10\n* prio=7\n");
    add("text", "hello");
    add_program("two.elf");
    EXPECT_EQ(start_all(), 0u);
    EXPECT_EQ(running, 2u);
    EXPECT_EQ(log_text, "");
}

TEST_F(BootTest, ConfigurationThatCannotBeReadIsToldAndNotUsed) {
    add_program("one.elf");
    add("x.cfg", std::string("one nonsense\n\0", 14));
    add("y.cfg", "one\n");
    EXPECT_EQ(start_all(), 2u);
    EXPECT_EQ(running, 1u);
    EXPECT_EQ(log_text, "root: x.cfg: is no text\nroot: y.cfg: one has no options behind it (line 1)\n");
}

TEST_F(BootTest, NameThatNoModuleHasIsTold) {
    add_program("one.elf");
    add("x.cfg", "oen prio=7\n");
    EXPECT_EQ(start_all(), 0u);
    EXPECT_EQ(running, 1u);
    EXPECT_EQ(log_text, "root: x.cfg: oen is no boot module (line 1)\n");
}

TEST_F(BootTest, PhysicalMemoryInUseIsToldOnce) {
    add_program("one.elf physical=0x3000-0x3fff --");
    add_program("two.elf");
    EXPECT_EQ(start_all(), 1u);
    EXPECT_EQ(running, 1u);
    EXPECT_EQ(log_text.find("root: one: its physical= memory is in use at 0x3000"), 0u) << log_text;
    EXPECT_EQ(log_text.find("root: one", 1), std::string::npos) << log_text;
}

TEST_F(BootTest, OptionsThatAreWrongAreToldOnce) {
    add_program("one.elf memroy=1M --");
    EXPECT_EQ(start_all(), 1u);
    EXPECT_EQ(log_text, "root: one: memroy=1M is no option\n");
}

TEST_F(BootTest, OptionThatIsTooLargeIsToldWithTheMostAndWithItsLine) {
    add_program("one.elf");
    add("x.cfg", "# all\n* prio=300\n");
    EXPECT_EQ(start_all(), 1u);
    EXPECT_EQ(log_text, "root: one: prio=300 is too large, at most 255 (x.cfg, line 2)\n");
}

} // namespace
} // namespace l4env::root

extern "C" void l4c_print(const char* piece, std::size_t length) {
    l4env::root::log_text.append(piece, length);
}
