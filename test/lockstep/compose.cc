// SPDX-License-Identifier: BSD-2-Clause
// Message buffers as the running thread leaves them in its memory before it sends or receives: word by word,
// each store an action of its own, so that a page fault can come in between.
#include "ia32/paging.h"
#include "l4/abi/fpage.h"
#include "l4/abi/ipc.h"
#include "l4/abi/limits.h"
#include "sim/calls.h"
#include "test/lockstep/trace.h"

namespace test {

/// A size dope or a send dope: small, for the most part.
std::uint32_t Trace::dope() {
    if (dice_.chance(1)) return dice_.word() & ~(0x7ff00u << L4_MSGDOPE_DWORDS_SHIFT);
    const std::uint32_t dwords = dice_.pick({0u, 1u, 2u, 3u, 4u, 5u, 8u, 20u, 1100u});
    const std::uint32_t strings = dice_.pick({0u, 0u, 1u, 1u, 2u, 3u, 4u, 31u});
    return l4_msgdope(dwords, strings);
}

/// Bytes of a string.
std::uint32_t Trace::size() {
    const std::uint32_t continued = dice_.chance(25) ? 1u << 31 : 0;
    const std::uint32_t bytes = dice_.pick({0u, 1u, 2u, 3u, 4u, 5u, 16u, 100u, 100u, 4095u, 4096u, 6000u});
    return (dice_.chance(1) ? 0x7fffffffu : bytes) | continued;
}

/// An address that the running thread can rather use than not.
std::uint32_t Trace::usable(std::uint32_t address) {
    if (dice_.chance(70))
        if (const auto page = mapped_page()) return page->page + address % ia32::page_size;
    return address;
}

Action Trace::compose() {
    std::uint32_t at = usable(scene_.buffer());
    scene_.composed(at);
    const auto store = [&](std::uint32_t word) {
        plan_.push_back(Action::store(at, word));
        at += 4;
    };
    const std::uint32_t size_dope = dope(), send_dope = dice_.chance(60) ? size_dope : dope();
    store(dice_.chance(30) ? 0 : scene_.window());
    store(size_dope);
    store(send_dope);
    const std::uint32_t dwords = std::min(size_dope >> L4_MSGDOPE_DWORDS_SHIFT, 20u);
    const bool items = dice_.chance(50);
    for (std::uint32_t i = 0; i < std::max(dwords, 2u); ++i) {
        const bool fpage = items && i % 2 == 1, base = items && !fpage;
        store(fpage ? scene_.fpage() : base ? scene_.page() : dice_.word());
    }
    const std::uint32_t strings = (size_dope & L4_MSGDOPE_STRINGS_MASK) >> L4_MSGDOPE_STRINGS_SHIFT;
    for (std::uint32_t i = 0; i < std::min(strings, 4u); ++i)
        for (unsigned side = 0; side < 2; ++side) {
            store(size());
            const std::uint32_t end = dice_.pick({L4_USER_TOP - 1, L4_USER_TOP, ~0u, ~3u});
            store(dice_.chance(97) ? usable(scene_.address()) : end);
        }
    // Rarely written in full: what stood there is a message, too.
    if (dice_.chance(30)) plan_.erase(plan_.begin() + dice_.below(static_cast<std::uint32_t>(plan_.size())));
    const Action first = plan_.front();
    plan_.pop_front();
    switch (dice_.below(4)) {
        case 0: plan_.push_back(call_ipc()); break;
        case 1: plan_.push_back(call_serve()); break;
        case 2: {
            const std::uint32_t receive = scene_.message() | L4_RCV_OPEN;
            const sim::Ipc wait{.receive = receive, .timeout = scene_.timeouts()};
            plan_.push_back(Action::call(L4_VEC_IPC, wait.regs()));
            break;
        }
        default: break;
    }
    return first;
}

} // namespace test
