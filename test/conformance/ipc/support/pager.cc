// SPDX-License-Identifier: BSD-2-Clause
#include "test/conformance/ipc/support/pager.h"

#include <algorithm>

namespace conformance::ipc {

Ipc Pager::answer(Reply reply, const IpcResult& m) {
    const Word page = m.w0 & L4_FP_PAGE_MASK, own = window + mapped_ * 0x1000;
    switch (reply) {
    case Reply::map:
    case Reply::map_long: ++mapped_; [[fallthrough]];
    case Reply::map_read_only:
        return {.partner = m.from,
                .w0 = page,
                .w1 = l4_fpage(own, L4_PAGE_SHIFT, reply == Reply::map_read_only ? 0 : L4_FP_WRITE),
                .send = (reply == Reply::map_long ? 0x66660000 : 0) | L4_SND_MAP,
                .timeout = L4_TIMEOUT_SND_ZERO};
    case Reply::refuse: return send_to(m.from, L4_PF_REFUSED, 0, L4_TIMEOUT_SND_ZERO);
    case Reply::words: break;
    case Reply::none: return {};
    }
    return send_to(m.from, 0x11111111, 0x22222222, L4_TIMEOUT_SND_ZERO);
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
