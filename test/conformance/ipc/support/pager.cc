// SPDX-License-Identifier: BSD-2-Clause
#include "test/conformance/ipc/support/pager.h"

#include <algorithm>

#include "l4/abi/fpage.h"

namespace conformance::ipc {

Ipc Pager::answer(Reply reply, const IpcResult& m) {
    constexpr Word nowhere = 0x66660000;
    const auto fpage = [&](Word options) {
        return l4_fpage(window + mapped_ * 0x1000, L4_PAGE_SHIFT, options);
    };
    Ipc call{
        .partner = m.from, .w0 = m.w0 & L4_FP_PAGE_MASK, .send = L4_SND_MAP, .timeout = L4_TIMEOUT_SND_ZERO};
    switch (reply) {
        case Reply::map_long: call.send |= nowhere; [[fallthrough]];
        case Reply::map: call.w1 = fpage(L4_FP_WRITE), ++mapped_; break;
        case Reply::map_read_only: call.w1 = fpage(0); break;
        case Reply::grant: call.w1 = fpage(L4_FP_WRITE | L4_FP_GRANT), ++mapped_; break;
        case Reply::words: call.send = 0, call.w0 = 0x11111111, call.w1 = 0x22222222; break;
        case Reply::words_long: call.send = nowhere, call.w0 = 0x11111111, call.w1 = 0x22222222; break;
        case Reply::refuse: call.send = 0, call.w0 = L4_PF_REFUSED; break;
        case Reply::none: call = {}; break;
    }
    return call;
}

Program Pager::run(User u) {
    for (std::size_t i = 0; i < pages; ++i) {
        Bytes page = contents(i);
        co_await u.store_block(window + static_cast<Word>(i) * 0x1000, page.data(), 0x1000);
    }
    for (;;) {
        const IpcResult m = co_await u.wait();
        const Reply reply = replies_[std::min(messages.size(), replies_.size() - 1)];
        messages.push_back(Answer::of(m));
        times.push_back(u.now().raw());
        if (delay_ != 0) co_await until(u, u.now().raw() + delay_);
        const Ipc call = answer(reply, m);
        const IpcResult result = co_await u(call); // of `none`: nothing happens
        if (reply != Reply::none) results.push_back(Answer::of(result));
    }
}

} // namespace conformance::ipc
