// SPDX-License-Identifier: BSD-2-Clause
// sigma0's protocol: what a client gets for which two words.
#include <gtest/gtest.h>

#include <vector>

#include "l4/abi/kip.h"
#include "l4/abi/sigma0.h"
#include "test/conformance/system/support/memory.h"
#include "test/conformance/system/support/ports.h"

namespace conformance::system {
namespace {

constexpr std::uint32_t page = L4_PAGE_SHIFT, super = L4_SUPERPAGE_SHIFT;
constexpr std::uint32_t page_size = 1u << page, super_size = 1u << super;
constexpr std::uint32_t at = 0x40000000, elsewhere = 0x50000000; // where clients have windows
constexpr Right none = Right::none, readable = Right::read, writable = Right::write;

/// The clients a and b.
struct Clients : Stage {
    explicit Clients(const sim::WorldConfig& config = {}) : Stage(config) {
        for (const std::uint16_t task : {5, 6}) spawn(task);
    }
    sim::Routine<sim::IpcResult> ask(User u, l4_threadid_t who, std::uint32_t w0, std::uint32_t w1,
                                     std::uint32_t window) {
        return call(
            u, who,
            sim::Ipc{.partner = sigma0, .w0 = w0, .w1 = w1, .send = 0, .receive = User::rmap(window)});
    }
    Walked walk(l4_threadid_t of, std::uint32_t va) { return system::walk(world(), of, va); }
};

constexpr std::uint32_t window(std::uint32_t base, std::uint32_t log2 = page) {
    return l4_fpage(base, log2, 0);
}

/// The answer that gives nothing.
void expect_refused(const sim::IpcResult& r) {
    EXPECT_EQ(r.dope, dope_nothing);
    EXPECT_EQ(r.w0, 0u);
    EXPECT_EQ(r.w1, 0u);
}

TEST(Sigma0, GivesAnyFreePage) {
    ABI_ROW(sigma0_any_page);
    Clients s;
    sim::IpcResult to_a, to_b;
    std::uint32_t seen = 0;
    s.play([&](User u) -> Program {
        to_a = co_await s.ask(u, a, L4_SIGMA0_ANY_PAGE, 0, window(at));
        to_b = co_await s.ask(u, b, L4_SIGMA0_ANY_PAGE, 0, window(at));
        co_await s.store(u, a, at, 77);
        co_await s.store(u, b, at, 88);
        seen = co_await s.load(u, a, at);
    });
    EXPECT_EQ(to_a.dope, dope_mapped);
    EXPECT_EQ(to_b.dope, dope_mapped);
    EXPECT_EQ(s.walk(a, at).right, writable);
    EXPECT_NE(s.walk(a, at).physical, s.walk(b, at).physical);
    EXPECT_EQ(seen, 77u);
}

TEST(Sigma0, GivesAPageByItsAddressToOneTaskOnly) {
    ABI_ROW(sigma0_page);
    constexpr std::uint32_t wanted = 0x30000;
    Clients s;
    sim::IpcResult first, again, other;
    s.play([&](User u) -> Program {
        first = co_await s.ask(u, a, wanted, 0, window(at));
        again = co_await s.ask(u, a, wanted, 0, window(elsewhere));
        other = co_await s.ask(u, b, wanted, 0, window(at));
        co_await s.store(u, a, at, 1);
    });
    EXPECT_EQ(first.dope, dope_mapped);
    EXPECT_EQ(again.dope, dope_mapped);
    expect_refused(other);
    EXPECT_EQ(s.walk(a, at).right, writable);
    EXPECT_EQ(s.walk(a, at).physical, wanted);
    EXPECT_EQ(s.walk(a, elsewhere).physical, wanted);
    EXPECT_EQ(s.walk(b, at).right, none);
}

/// With the whole space as window a page arrives at the address that it has.
TEST(Sigma0, GivesAPageOneToOne) {
    ABI_ROW(sigma0_page);
    constexpr std::uint32_t wanted = 0x30000;
    Clients s;
    sim::IpcResult got;
    s.play([&](User u) -> Program {
        got = co_await s.ask(u, a, wanted, 0, L4_FP_WHOLE_SPACE);
        co_await s.store(u, a, wanted, 1);
    });
    EXPECT_EQ(got.dope, dope_mapped);
    EXPECT_EQ(s.walk(a, wanted).physical, wanted);
}

TEST(Sigma0, GivesASuperpageOrAPageOfIt) {
    ABI_ROW(sigma0_superpage);
    constexpr std::uint32_t part = first_super + super_size + 7 * page_size;
    Clients s(with_superpages());
    sim::IpcResult whole, taken, rest;
    s.play([&](User u) -> Program {
        whole = co_await s.ask(u, a, first_super | L4_SIGMA0_SUPERPAGE, L4_SIGMA0_SUPERPAGE_W1,
                               window(at, super));
        taken = co_await s.ask(u, b, part + page_size, 0, window(at));
        rest = co_await s.ask(u, a, part | L4_SIGMA0_SUPERPAGE, L4_SIGMA0_SUPERPAGE_W1,
                              window(elsewhere, super));
    });
    EXPECT_EQ(whole.dope, dope_mapped);
    EXPECT_TRUE(s.walk(a, at).super);
    EXPECT_EQ(s.walk(a, at).physical, first_super);
    EXPECT_EQ(s.walk(a, at).right, writable);
    EXPECT_EQ(taken.dope, dope_mapped);
    EXPECT_EQ(rest.dope, dope_mapped);
    const std::uint32_t there = elsewhere + part % super_size;
    EXPECT_FALSE(s.walk(a, there).super);
    EXPECT_EQ(s.walk(a, there).physical, part);
    EXPECT_EQ(s.walk(a, there + page_size).right, none);
}

TEST(Sigma0, GivesDeviceMemory) {
    ABI_ROW(sigma0_adapter);
    constexpr std::uint32_t physical = 0x90000000;
    Clients s;
    sim::IpcResult aligned, inside, second;
    s.play([&](User u) -> Program {
        aligned = co_await s.ask(u, a, physical - L4_SIGMA0_ADAPTER_OFFSET, 0, window(at, super));
        inside = co_await s.ask(u, a, physical + super_size + 5 * page_size - L4_SIGMA0_ADAPTER_OFFSET, 0,
                                window(elsewhere, super));
        second = co_await s.ask(u, b, physical - L4_SIGMA0_ADAPTER_OFFSET, 0, window(at, super));
    });
    EXPECT_EQ(aligned.dope, dope_mapped);
    EXPECT_EQ(inside.dope, dope_mapped);
    EXPECT_EQ(second.dope, dope_mapped); // devices are not handed out to one only
    EXPECT_TRUE(s.walk(a, at).super);
    EXPECT_EQ(s.walk(a, at).physical, physical);
    EXPECT_EQ(s.walk(a, elsewhere).physical, physical + super_size);
    EXPECT_EQ(s.walk(b, at).physical, physical);
}

TEST(Sigma0, GivesTheInfoPage) {
    ABI_ROW(sigma0_kip);
    Clients s;
    sim::IpcResult classic, newer;
    std::uint32_t magic = 0, version = 0, ram = 0, where = 0;
    l4_kip_mem_t first{}, second{};
    s.play([&](User u) -> Program {
        classic = co_await s.ask(u, a, L4_SIGMA0_KERNEL_INFO, L4_SIGMA0_W1_KIP, window(at));
        newer = co_await s.ask(u, b, L4_SIGMA0_KIP, 0, window(at));
        magic = co_await s.load(u, a, at + offsetof(l4_kip_t, magic));
        version = co_await s.load(u, b, at + offsetof(l4_kip_t, version));
        ram = co_await s.load(u, a, at + offsetof(l4_kip_t, total_ram));
        const std::uint32_t info = co_await s.load(u, a, at + offsetof(l4_kip_t, mem_info));
        EXPECT_EQ(info & L4_KIP_MEM_COUNT_MASK, 2u);
        where = at + (info >> L4_KIP_MEM_OFFSET_SHIFT);
        first.start = co_await s.load(u, a, where), first.end = co_await s.load(u, a, where + 4);
        second.start = co_await s.load(u, a, where + 8), second.end = co_await s.load(u, a, where + 12);
    });
    const arch::MachineConfig machine;
    constexpr std::uint32_t kernel = arch::Memory::kernel_base.raw();
    for (const sim::IpcResult& r : {classic, newer}) EXPECT_EQ(r.dope, dope_mapped);
    for (const l4_threadid_t who : {a, b}) EXPECT_EQ(s.walk(who, at).right, readable);
    EXPECT_EQ(s.walk(a, at).physical, s.walk(b, at).physical);
    EXPECT_EQ(magic, L4_KIP_MAGIC);
    EXPECT_EQ(version >> 24, L4_KIP_VERSION_TOP);
    EXPECT_EQ(ram, (machine.user_pages + machine.kernel_pages) * page_size);
    EXPECT_EQ(first.start, L4_KIP_MEM_CONVENTIONAL);
    EXPECT_EQ(first.end, machine.user_pages * page_size - 1);
    EXPECT_EQ(second.start, kernel | L4_KIP_MEM_RESERVED);
    EXPECT_EQ(second.end, kernel + machine.kernel_pages * page_size - 1);
}

/// It is in a page of RAM, which is sigma0's from then on; and is not given out when it is somebody's.
TEST(Sigma0, KeepsThePageThatTheInfoIsIn) {
    ABI_ROW(sigma0_kip);
    for (const bool before : {false, true}) {
        Clients s;
        sim::IpcResult page_0, info;
        s.play([&](User u) -> Program {
            if (before) page_0 = co_await s.ask(u, b, 0, 0, window(at));
            info = co_await s.ask(u, a, L4_SIGMA0_KIP, 0, window(at));
            if (!before) page_0 = co_await s.ask(u, b, 0, 0, window(at));
        });
        EXPECT_EQ((before ? page_0 : info).dope, dope_mapped);
        expect_refused(before ? info : page_0);
    }
}

TEST(Sigma0, GivesPorts) {
    ABI_ROW(sigma0_io);
    Clients s;
    sim::IpcResult some, all;
    s.play([&](User u) -> Program {
        some = co_await s.ask(u, a, l4_io_fpage(0x3f8, 3, 0), 0, L4_FP_WHOLE_SPACE);
        all = co_await s.ask(u, b, L4_FP_IO_WHOLE, 0, L4_FP_WHOLE_SPACE);
    });
    EXPECT_EQ(some.dope, dope_mapped);
    EXPECT_EQ(all.dope, dope_mapped);
    EXPECT_EQ(Ports::of(s.world(), a), (Ports{{0x3f8, 0x3ff}}));
    EXPECT_EQ(Ports::of(s.world(), b), (Ports{{0, 0xffff}}));
}

TEST(Sigma0, GivesRangesOfAnySize) {
    ABI_ROW(sigma0_newer_requests);
    for (const std::uint32_t log2 : {page, 14u, 21u, super}) {
        Clients s(with_superpages());
        sim::IpcResult named, any;
        s.play([&](User u) -> Program {
            named = co_await s.ask(u, a, L4_SIGMA0_FPAGE_RAM, l4_fpage(2 * first_super, log2, 0),
                                   window(at, log2));
            any = co_await s.ask(u, b, L4_SIGMA0_FPAGE_ANY, l4_fpage(0, log2, 0), window(at, log2));
            co_await s.store(u, a, at + (1u << log2) - 4, 1);
            co_await s.store(u, b, at + (1u << log2) - 4, 2);
        });
        EXPECT_EQ(named.dope, dope_mapped);
        EXPECT_EQ(any.dope, dope_mapped);
        for (const std::uint32_t offset : {0u, (1u << log2) - page_size}) {
            EXPECT_EQ(s.walk(a, at + offset).physical, 2 * first_super + offset);
            EXPECT_EQ(s.walk(b, at + offset).physical, s.walk(b, at).physical + offset);
        }
        EXPECT_EQ(s.walk(b, at).physical % (1u << log2), 0u);
        EXPECT_NE(s.walk(b, at).physical, s.walk(a, at).physical);
        EXPECT_EQ(s.walk(a, at).super, log2 == super);
    }
}

TEST(Sigma0, RefusesWithTwoZeroWords) {
    ABI_ROW(sigma0_refusal);
    constexpr std::uint32_t taken = 0x30000, behind_ram = first_super;
    struct Request {
        std::uint32_t w0, w1;
    };
    const std::vector<Request> requests{
        {taken, 0},
        {L4_SIGMA0_FPAGE_RAM, l4_fpage(taken, page, 0)},
        {L4_SIGMA0_FPAGE_RAM, l4_fpage(taken, 14, 0)}, // in part
        {behind_ram, 0},
        {L4_SIGMA0_FPAGE_ANY, l4_fpage(0, super, 0)}, // more than there is
        {L4_SIGMA0_FPAGE_ANY, l4_fpage(0, 11, 0)},
        {L4_SIGMA0_KERNEL_INFO, L4_SIGMA0_W1_RECOMMENDED},
        {L4_SIGMA0_KERNEL_INFO, L4_SIGMA0_W1_TBUF},
        {L4_SIGMA0_TBUF, 0},
        {L4_SIGMA0_DEBUG_DUMP, 0},
        {L4_SIGMA0_REQUEST, 0},
        {L4_SIGMA0_REQUEST + 1, l4_fpage(0x20000, page, 0)},
        {0x7fc00000, 0}, // of a device where every space has its UTCBs, and above all spaces
        {L4_SIGMA0_ADAPTER_LIMIT - super_size, 0},
        {L4_SIGMA0_ADAPTER_LIMIT, 0},
        {arch::Memory::kernel_base.raw(), 0},
    };
    Clients s;
    std::vector<sim::IpcResult> answers;
    sim::IpcResult alive;
    s.play([&](User u) -> Program {
        co_await s.ask(u, b, taken, 0, window(at));
        for (const Request& r : requests)
            answers.push_back(co_await s.ask(u, a, r.w0, r.w1, window(at, super)));
        alive = co_await s.ask(u, a, taken + page_size, 0, window(at));
    });
    ASSERT_EQ(answers.size(), requests.size());
    for (std::size_t i = 0; i < answers.size(); ++i) {
        SCOPED_TRACE(i);
        expect_refused(answers[i]);
    }
    EXPECT_EQ(alive.dope, dope_mapped);
}

} // namespace
} // namespace conformance::system
