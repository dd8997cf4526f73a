// SPDX-License-Identifier: BSD-2-Clause
#include "arch/machine.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>

#include "ia32/paging.h"
#include "kern/ensure.h"
#include "test/sim/page_tables.h"

namespace {
using arch::Machine;
using kern::Line;
using kern::Micros;
using kern::PAddr;
using kern::VAddr;
using sim_test::PageTables;

constexpr std::uint32_t read_fault = ia32::fault_user;
constexpr std::uint32_t write_fault = ia32::fault_user | ia32::fault_write;

TEST(Memory, BanksAreApartAndTheRestIsOpenBus) {
    Machine m({.user_pages = 2, .kernel_pages = 3});
    const auto base = arch::Memory::kernel_base;
    EXPECT_EQ(m.page(PAddr{0x1000})[5], std::byte{0});
    EXPECT_EQ(m.page(base)[5], arch::Memory::rubbish);
    EXPECT_NE(m.page(PAddr{0x1000}).data(), m.page(base).data());
    EXPECT_EQ(m.page(base + 0x2000).data(), m.page(base).data() + 0x2000);
    for (const PAddr hole : {PAddr{0x2000}, base + 0x3000, PAddr{0xfffff000}}) {
        EXPECT_FALSE(m.memory().backed(hole));
        EXPECT_EQ(m.page(hole)[7], std::byte{0xff});
        m.page(hole)[7] = std::byte{1};
        EXPECT_EQ(m.page(hole)[7], std::byte{0xff});
    }
}

TEST(Memory, AddressIsTheInverseOfPage) {
    Machine m;
    const PAddr frame = arch::Memory::kernel_base + 5 * 4096;
    EXPECT_EQ(m.address(m.page(frame).data() + 123), frame + 123);
    EXPECT_EQ(m.address(m.page(PAddr{0x3000}).data() + 1), PAddr{0x3001});
}

TEST(Memory, EveryMachineStartsWithTheSameContents) {
    for (int round = 0; round < 3; ++round) {
        Machine m({.user_pages = 4, .kernel_pages = 4});
        EXPECT_EQ(m.page(PAddr{0x2000})[9], std::byte{0});
        EXPECT_EQ(m.page(arch::Memory::kernel_base)[9], arch::Memory::rubbish);
        m.page(PAddr{0x2000})[9] = m.page(arch::Memory::kernel_base)[9] = std::byte{0x77};
    }
}

TEST(MemoryDeathTest, AddressOfSomethingElseIsABrokenInvariant) {
    Machine m;
    int elsewhere = 0;
    EXPECT_DEATH(static_cast<void>(m.address(&elsewhere)), "not in RAM");
}

TEST(Machine, CopyIsAnotherMachine) {
    Machine a({.user_pages = 4, .kernel_pages = 4});
    PageTables tables(a);
    tables.map(0x5000, 0x1000);
    a.activate(PAddr{PageTables::directory});
    a.put_char('x');
    a.timer().advance(Micros{7});
    Machine b = a;
    const std::array<std::byte, 1> one{std::byte{1}};
    EXPECT_FALSE(b.store(VAddr{0x5000}, one));
    EXPECT_EQ(b.page(PAddr{0x1000})[0], std::byte{1});
    EXPECT_EQ(a.page(PAddr{0x1000})[0], std::byte{0});
    EXPECT_EQ(b.now(), Micros{7});
    EXPECT_EQ(b.console(), "x");
    a = b;
    EXPECT_EQ(a.page(PAddr{0x1000})[0], std::byte{1});
}

TEST(Mmu, NothingIsMappedBeforeTheFirstDirectory) {
    Machine m;
    EXPECT_EQ(m.translate(VAddr{0}, false).error, read_fault);
}

TEST(Mmu, WalksSmallPagesAndReportsFaults) {
    Machine m;
    PageTables tables(m);
    tables.map(0x401000, 0x3000);
    tables.map(0x402000, 0x4000, ia32::present | ia32::user);
    tables.map(0x403000, 0x5000, ia32::present | ia32::writable);
    m.activate(PAddr{PageTables::directory});
    EXPECT_EQ(m.translate(VAddr{0x401234}, true).address, PAddr{0x3234});
    EXPECT_EQ(m.translate(VAddr{0x402234}, false).address, PAddr{0x4234});
    EXPECT_EQ(m.translate(VAddr{0x402234}, true).error, write_fault | ia32::fault_present);
    EXPECT_EQ(m.translate(VAddr{0x403000}, false).error, read_fault | ia32::fault_present);
    EXPECT_EQ(m.translate(VAddr{0x404000}, true).error, write_fault);
    EXPECT_EQ(m.translate(VAddr{0x801000}, false).error, read_fault);
}

TEST(Mmu, WalksSuperpages) {
    Machine m;
    PageTables tables(m);
    tables.map_super(0x800000, 0x400000, ia32::present | ia32::user);
    tables.map_super(0xc00000, 0x400000);
    tables.map_super(0x1000000, 0x402000);
    m.activate(PAddr{PageTables::directory});
    EXPECT_EQ(m.translate(VAddr{0x923456}, false).address, PAddr{0x523456});
    EXPECT_EQ(m.translate(VAddr{0x923456}, true).error, write_fault | ia32::fault_present);
    EXPECT_TRUE(m.translate(VAddr{0xc00000}, true).ok);
    EXPECT_EQ(tables.entry(0xc00000) & (ia32::accessed | ia32::dirty), ia32::accessed | ia32::dirty);
    EXPECT_EQ(tables.entry(0x800000) & (ia32::accessed | ia32::dirty), ia32::accessed);
    EXPECT_EQ(m.translate(VAddr{0x1000000}, false).error,
              read_fault | ia32::fault_present | arch::Mmu::fault_reserved);
}

TEST(Mmu, RightsOfTheDirectoryEntryCountToo) {
    Machine m;
    PageTables tables(m);
    tables.map(0x1000, 0x3000);
    tables.set_entry(0x1000, tables.entry(0x1000) & ~std::uint32_t{ia32::writable});
    tables.map(0x400000, 0x3000);
    tables.set_entry(0x400000, tables.entry(0x400000) & ~std::uint32_t{ia32::user});
    m.activate(PAddr{PageTables::directory});
    EXPECT_TRUE(m.translate(VAddr{0x1000}, false).ok);
    EXPECT_EQ(m.translate(VAddr{0x1000}, true).error, write_fault | ia32::fault_present);
    EXPECT_EQ(m.translate(VAddr{0x400000}, false).error, read_fault | ia32::fault_present);
}

TEST(Mmu, SetsAccessedAndDirtyOnceItMatters) {
    Machine m;
    PageTables tables(m);
    tables.map(0x1000, 0x3000);
    m.activate(PAddr{PageTables::directory});
    EXPECT_EQ(tables.page_entry(0x1000) & ia32::accessed, 0u);
    EXPECT_TRUE(m.translate(VAddr{0x1000}, false).ok);
    EXPECT_EQ(tables.entry(0x1000) & (ia32::accessed | ia32::dirty), ia32::accessed);
    EXPECT_EQ(tables.page_entry(0x1000) & (ia32::accessed | ia32::dirty), ia32::accessed);
    EXPECT_TRUE(m.translate(VAddr{0x1000}, true).ok); // through a clean translation
    EXPECT_EQ(tables.page_entry(0x1000) & ia32::dirty, ia32::dirty);
}

TEST(Mmu, AFailedAccessLeavesTheBitsAlone) {
    Machine m;
    PageTables tables(m);
    tables.map(0x1000, 0x3000, ia32::present | ia32::user);
    m.activate(PAddr{PageTables::directory});
    EXPECT_FALSE(m.translate(VAddr{0x1000}, true).ok);
    EXPECT_EQ(tables.page_entry(0x1000) & (ia32::accessed | ia32::dirty), 0u);
}

TEST(Tlb, RemembersUntilItIsTold) {
    Machine m;
    PageTables tables(m);
    tables.map(0x1000, 0x3000);
    m.activate(PAddr{PageTables::directory});
    EXPECT_TRUE(m.translate(VAddr{0x1000}, true).ok);
    tables.map(0x1000, 0x4000, 0);
    EXPECT_EQ(m.translate(VAddr{0x1008}, true).address, PAddr{0x3008});
    m.invalidate(VAddr{0x1fff});
    EXPECT_FALSE(m.translate(VAddr{0x1000}, false).ok);
}

TEST(Tlb, ForgottenDirtyBitStaysForgottenWithoutAFlush) {
    Machine m;
    PageTables tables(m);
    tables.map(0x1000, 0x3000);
    m.activate(PAddr{PageTables::directory});
    EXPECT_TRUE(m.translate(VAddr{0x1000}, true).ok);
    tables.map(0x1000, 0x3000); // the kernel cleared the status and did not tell
    EXPECT_TRUE(m.translate(VAddr{0x1000}, true).ok);
    EXPECT_EQ(tables.page_entry(0x1000) & ia32::dirty, 0u);
}

TEST(Tlb, OldRightsFaultOnceAfterAnUpgrade) {
    Machine m;
    PageTables tables(m);
    tables.map(0x1000, 0x3000, ia32::present | ia32::user);
    m.activate(PAddr{PageTables::directory});
    EXPECT_TRUE(m.translate(VAddr{0x1000}, false).ok);
    tables.map(0x1000, 0x3000);
    EXPECT_FALSE(m.translate(VAddr{0x1000}, true).ok);
    EXPECT_TRUE(m.translate(VAddr{0x1000}, true).ok); // a fault forgets the translation
}

TEST(Tlb, AbsentPagesAreNotRemembered) {
    Machine m;
    PageTables tables(m);
    tables.map(0x2000, 0x3000);
    m.activate(PAddr{PageTables::directory});
    EXPECT_FALSE(m.translate(VAddr{0x1000}, false).ok);
    tables.map(0x1000, 0x3000);
    EXPECT_TRUE(m.translate(VAddr{0x1000}, false).ok);
}

TEST(Tlb, ActivateForgetsEverything) {
    Machine m;
    PageTables tables(m);
    tables.map(0x1000, 0x3000);
    tables.map_super(0x400000, 0);
    m.activate(PAddr{PageTables::directory});
    EXPECT_TRUE(m.translate(VAddr{0x1000}, false).ok);
    EXPECT_TRUE(m.translate(VAddr{0x400000}, false).ok);
    tables.set_entry(0x1000, 0);
    tables.set_entry(0x400000, 0);
    EXPECT_TRUE(m.translate(VAddr{0x1000}, false).ok);
    EXPECT_TRUE(m.translate(VAddr{0x7fffff}, false).ok);
    m.activate(PAddr{PageTables::directory});
    EXPECT_FALSE(m.translate(VAddr{0x1000}, false).ok);
    EXPECT_FALSE(m.translate(VAddr{0x400000}, false).ok);
}

TEST(Tlb, InvalidateForgetsASuperpageAtAnyOfItsAddresses) {
    Machine m;
    PageTables tables(m);
    tables.map_super(0x400000, 0);
    m.activate(PAddr{PageTables::directory});
    EXPECT_TRUE(m.translate(VAddr{0x400000}, false).ok);
    tables.set_entry(0x400000, 0);
    m.invalidate(VAddr{0x600000});
    EXPECT_FALSE(m.translate(VAddr{0x400000}, false).ok);
}

TEST(Tlb, DirectoryEntriesAreCachedToo) {
    Machine m;
    PageTables tables(m);
    tables.map(0x1000, 0x3000);
    tables.map(0x2000, 0x4000);
    m.activate(PAddr{PageTables::directory});
    EXPECT_TRUE(m.translate(VAddr{0x1000}, false).ok);
    tables.set_entry(0x1000, 0);
    EXPECT_TRUE(m.translate(VAddr{0x2000}, false).ok); // through the cached table
    m.invalidate(VAddr{0x80000000});                   // any address: all directory entries go
    EXPECT_FALSE(m.translate(VAddr{0x3000}, false).ok);
    EXPECT_TRUE(m.translate(VAddr{0x1000}, false).ok); // but no translation
}

TEST(Lookaside, BehavesLikeAMap) {
    arch::Lookaside table;
    std::map<std::uint32_t, std::uint32_t> model;
    std::mt19937 random(1);
    for (int step = 0; step < 200000; ++step) {
        const std::uint32_t key = random() % 3000, what = random() % 1000;
        if (what == 0) {
            table.clear();
            model.clear();
        } else if (what < 600) {
            table.insert(key, static_cast<std::uint32_t>(step));
            model[key] = static_cast<std::uint32_t>(step);
        } else if (what < 800) {
            table.forget(key);
            model.erase(key);
        }
        const auto* found = table.find(key);
        const auto expected = model.find(key);
        ASSERT_EQ(found != nullptr, expected != model.end());
        if (found) {
            ASSERT_EQ(*found, expected->second);
        }
    }
}

TEST(Machine, AccessesAcrossAPageBorderMoveAllOrNothing) {
    Machine m;
    PageTables tables(m);
    tables.map(0x1000, 0x7000);
    tables.map(0x2000, 0x3000, ia32::present | ia32::user);
    m.activate(PAddr{PageTables::directory});
    const std::array<std::byte, 4> word{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
    const arch::AccessFault fault = m.store(VAddr{0x1ffe}, word).value_or(arch::AccessFault{});
    EXPECT_EQ(fault.address, VAddr{0x2000});
    EXPECT_EQ(fault.error, write_fault | ia32::fault_present);
    EXPECT_EQ(m.page(PAddr{0x7000})[0xffe], std::byte{0});
    tables.map(0x2000, 0x3000);
    EXPECT_FALSE(m.store(VAddr{0x1ffe}, word));
    EXPECT_EQ(m.page(PAddr{0x7000})[0xfff], std::byte{2});
    EXPECT_EQ(m.page(PAddr{0x3000})[1], std::byte{4});
    std::array<std::byte, 4> back{};
    EXPECT_FALSE(m.load(VAddr{0x1ffe}, back));
    EXPECT_EQ(back, word);
}

TEST(Timer, FiresOnceAtItsTimeOrAtOnce) {
    Machine m;
    EXPECT_FALSE(m.timer().due());
    m.arm_timer(Micros{10});
    m.timer().advance(Micros{9});
    EXPECT_FALSE(m.timer().due());
    m.timer().advance(Micros{1});
    EXPECT_TRUE(m.timer().due());
    m.timer().fired();
    EXPECT_FALSE(m.timer().due());
    m.arm_timer(Micros{3});
    EXPECT_TRUE(m.timer().due());
    m.arm_timer(kern::never);
    EXPECT_FALSE(m.timer().due());
}

TEST(IrqController, LatchesWhileMasked) {
    Machine m;
    m.irqs().raise(Line{5});
    m.irqs().raise(Line{5});
    EXPECT_FALSE(m.irqs().deliverable());
    m.unmask(Line{5});
    EXPECT_EQ(m.irqs().deliverable(), Line{5});
    m.irqs().take(Line{5});
    EXPECT_FALSE(m.irqs().deliverable());
    m.acknowledge(Line{5});
    EXPECT_FALSE(m.irqs().deliverable());
}

TEST(IrqController, ForgetsWhatCameWhileMasked) {
    Machine m;
    m.irqs().raise(Line{5});
    m.irqs().raise(Line{6});
    m.forget(Line{5});
    m.unmask(Line{5});
    EXPECT_FALSE(m.irqs().deliverable());
    m.irqs().raise(Line{5});
    EXPECT_EQ(m.irqs().deliverable(), Line{5});
    m.irqs().take(Line{5});
    m.acknowledge(Line{5});
    m.unmask(Line{6});
    EXPECT_EQ(m.irqs().deliverable(), Line{6});
}

TEST(IrqController, LowerNumbersFirstAndNoneUntilAcknowledged) {
    Machine m;
    for (const Line l : {Line{3}, Line{7}, Line{15}}) m.unmask(l);
    m.irqs().raise(Line{15});
    m.irqs().raise(Line{7});
    EXPECT_EQ(m.irqs().deliverable(), Line{7});
    m.irqs().take(Line{7});
    EXPECT_FALSE(m.irqs().deliverable()); // 15 waits for the acknowledgement of 7
    m.irqs().raise(Line{3});
    EXPECT_EQ(m.irqs().deliverable(), Line{3});
    m.irqs().take(Line{3});
    m.acknowledge(Line{3});
    m.acknowledge(Line{7});
    EXPECT_EQ(m.irqs().deliverable(), Line{15});
}

TEST(IrqController, OffersAllLinesButTheMachinesOwn) {
    const Machine m;
    for (unsigned l = 0; l < 256; ++l)
        EXPECT_EQ(m.offers(Line{static_cast<std::uint8_t>(l)}), l < 16 && l != 0 && l != 2) << l;
}

TEST(Fpu, LiveRegistersAreSavedAndLoaded) {
    Machine m;
    arch::FpuState one, two;
    one.bytes[3] = std::byte{1};
    m.load_fpu(one);
    EXPECT_EQ(m.fpu(), one);
    m.fpu().bytes[511] = std::byte{9};
    m.save_fpu(two);
    EXPECT_EQ(two.bytes[3], std::byte{1});
    EXPECT_EQ(two.bytes[511], std::byte{9});
    EXPECT_EQ(m.counters().fpu_loads, 1u);
}

TEST(Ports, BitmapDecides) {
    Machine m;
    const PAddr low = arch::Memory::kernel_base, high = low + 4096;
    for (const PAddr p : {low, high})
        for (std::byte& b : m.page(p)) b = std::byte{0xff};
    EXPECT_FALSE(m.port_allowed(0, 1));
    m.set_ports(low, high);
    m.page(low)[0x60 / 8] = std::byte{0xfe};
    m.page(low)[4095] = std::byte{0x7f};
    m.page(high)[0] = std::byte{0xfe};
    m.page(high)[4095] = std::byte{0x7f};
    EXPECT_TRUE(m.port_allowed(0x60, 1));
    EXPECT_FALSE(m.port_allowed(0x60, 2));
    EXPECT_FALSE(m.port_allowed(0x61, 1));
    EXPECT_TRUE(m.port_allowed(0x7fff, 2));
    EXPECT_FALSE(m.port_allowed(0x7fff, 4));
    EXPECT_TRUE(m.port_allowed(0xffff, 1));
    EXPECT_FALSE(m.port_allowed(0xffff, 2));
    m.set_ports(PAddr{}, PAddr{});
    EXPECT_FALSE(m.port_allowed(0x60, 1));
}

TEST(Ports, ScriptedDevicesAndOpenBus) {
    Machine m;
    EXPECT_EQ(m.ports().in(0x60, 1), 0xffu);
    EXPECT_EQ(m.ports().in(0x60, 4), 0xffffffffu);
    m.ports().out(0x60, 1, 0);
    std::uint32_t written = 0;
    m.ports().on_in = [](std::uint16_t port, unsigned) { return port * 0x10000u + 5u; };
    m.ports().on_out = [&](std::uint16_t port, unsigned width, std::uint32_t value) {
        written = port + width + value;
    };
    EXPECT_EQ(m.ports().in(0x60, 2), 5u);
    m.ports().out(1, 2, 3);
    EXPECT_EQ(written, 6u);
}

TEST(BrokenDeathTest, PrintsAndAborts) { EXPECT_DEATH(kern::broken("this one"), "this one"); }

} // namespace
