// SPDX-License-Identifier: BSD-2-Clause
// The longest chain of mappings, each made from the one before (docs/semantics.md 10).
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "l4/abi/sigma0.h"
#include "test/conformance/system/support/memory.h"

namespace conformance::system {
namespace {

constexpr std::uint32_t page = L4_PAGE_SHIFT, super = L4_SUPERPAGE_SHIFT;
constexpr std::uint32_t longest = 65536, rw = L4_FP_WRITE;

/// Pages of one size, each mapped from the one before, the first from sigma0's.  Each task has its share,
/// side by side; in each of them thread 0 receives, and thread 1 maps on.
class Chain {
public:
    static constexpr std::uint32_t pages = longest - 1; ///< sigma0's is another one
    static constexpr l4_threadid_t outsider = l4_threadid(9, 0);

    UncheckedWorld w{bounded({.machine = {.user_pages = 3 * 1024, .kernel_pages = 2048}})};
    std::uint32_t mapped = 0;                   ///< of them
    std::vector<sim::IpcResult> sent, received; ///< of the messages of the last thread to the outsider

    Chain(std::uint32_t log2, std::uint32_t in_each_task) : log2_(log2), each_(in_each_task) {}
    /// Makes it; then the last thread does `more`.  The outsider receives `count` messages of it, side by
    /// side, and sends it the last page that he got.
    void make(const sim::Body& more, std::uint32_t count) {
        for (std::uint32_t i = 0; i < pages; i += each_) {
            w.spawn(task(i), 0, [this, i](User u) { return receive(u, i); });
            const bool last = i + each_ >= pages;
            w.spawn(task(i), 1, [=, this](User u) -> Program {
                co_await u.receive(thread(i, 0));
                for (std::uint32_t n = i; n + 1 < end(i); ++n)
                    co_await u.send_fpage(thread(n + 1, 0), 0, item(n));
                if (!last)
                    co_await u.send_fpage(thread(end(i), 0), 0, item(end(i) - 1));
                else
                    co_await u.jump(w.program(more));
            });
        }
        w.spawn(9, 0, [=, this](User u) -> Program {
            for (std::uint32_t n = 0; n < count; ++n)
                received.push_back(co_await u.receive_fpage(last_thread(), outsiders(n)));
            sent.push_back(co_await u.send_fpage(last_thread(), 0, outsiders(count - 1) | rw));
        });
        EXPECT_EQ(w.run(10000000), sim::End::idle);
    }
    sim::Routine<int> give(User u, std::uint32_t fpage) {
        sent.push_back(co_await u.send_fpage(outsider, 0, fpage));
        co_return 0;
    }
    std::uint32_t at(std::uint32_t i) const { return i % each_ << log2_; }
    std::uint32_t item(std::uint32_t i) const { return l4_fpage(at(i), log2_, rw); }
    std::uint32_t last_item() const { return item(pages - 1); }
    l4_threadid_t last_thread() const { return thread(pages - 1, 1); }
    std::uint32_t outsiders(std::uint32_t n) const { return l4_fpage(n << log2_, log2_, 0); }

private:
    std::uint16_t task(std::uint32_t i) const { return static_cast<std::uint16_t>(100 + i / each_); }
    l4_threadid_t thread(std::uint32_t i, std::uint32_t lthread) const {
        return l4_threadid(task(i), lthread);
    }
    std::uint32_t end(std::uint32_t i) const { return std::min(i + each_, pages); }
    Program receive(User u, std::uint32_t first) {
        for (std::uint32_t i = first; i < end(first); ++i) {
            const std::uint32_t window = l4_fpage(at(i), log2_, 0);
            sim::IpcResult r;
            if (i == 0)
                r = co_await u.call_for_fpage(sigma0, L4_SIGMA0_FPAGE_RAM, l4_fpage(first_super, log2_, 0),
                                              window);
            else
                r = co_await u.receive_fpage(thread(i - 1, 1), window);
            mapped += r.fpage() ? 1 : 0;
            if (i == first) co_await u.send(thread(i, 1), 0, 0);
        }
    }
    const std::uint32_t log2_, each_;
};

void expect_failed(const sim::IpcResult& sent, const sim::IpcResult& received) {
    EXPECT_EQ(sent.dope, L4_IPC_SEMAPFAILED);
    EXPECT_EQ(received.dope, L4_IPC_REMAPFAILED);
}

void expect_mapped(const sim::IpcResult& sent, const sim::IpcResult& received) {
    EXPECT_EQ(sent.dope, L4_IPC_OK);
    EXPECT_EQ(received.dope, dope_mapped);
}

/// Beyond the end goes nothing but a grant; from the page before the last another one may be mapped.
TEST(MappingChain, OfPagesEnds) {
    ABI_ROW(map_chain_deepest);
    Chain chain(page, Chain::pages);
    const auto more = [&](User u) -> Program {
        co_await chain.give(u, chain.last_item());
        co_await chain.give(u, chain.item(Chain::pages - 2));
        co_await chain.give(u, chain.last_item() | L4_FP_GRANT);
        chain.received.push_back(co_await u.receive_fpage(Chain::outsider, chain.last_item()));
    };
    chain.make(more, 3);
    ASSERT_EQ(chain.mapped, Chain::pages);
    ASSERT_EQ(chain.received.size(), 4u);
    ASSERT_EQ(chain.sent.size(), 4u);
    for (const std::size_t i : {0u, 3u}) expect_failed(chain.sent[i], chain.received[i]);
    for (const std::size_t i : {1u, 2u}) expect_mapped(chain.sent[i], chain.received[i]);
}

TEST(MappingChain, OfSuperpagesEnds) {
    ABI_ROW(superpage_chain_deepest);
    Chain chain(super, 700);
    const auto more = [&](User u) -> Program {
        co_await chain.give(u, chain.last_item());
        co_await chain.give(u, l4_fpage(chain.at(Chain::pages - 1), page, rw));
        co_await chain.give(u, chain.item(Chain::pages - 2));
        co_await chain.give(u, chain.last_item() | L4_FP_GRANT);
        chain.received.push_back(co_await u.receive_fpage(Chain::outsider, chain.last_item()));
    };
    chain.make(more, 4);
    ASSERT_EQ(chain.mapped, Chain::pages);
    ASSERT_EQ(chain.received.size(), 5u);
    ASSERT_EQ(chain.sent.size(), 5u);
    for (const std::size_t i : {0u, 1u, 4u}) expect_failed(chain.sent[i], chain.received[i]);
    for (const std::size_t i : {2u, 3u}) expect_mapped(chain.sent[i], chain.received[i]);
    EXPECT_TRUE(walk(chain.w, Chain::outsider, 3u << super).super);
    EXPECT_EQ(walk(chain.w, Chain::outsider, 3u << super).physical, first_super);
}

} // namespace
} // namespace conformance::system
