// SPDX-License-Identifier: BSD-2-Clause
#include "test/conformance/thesis/support/handler.h"

namespace conformance::thesis {

Program Handler::run(User u) {
    for (const Word at : pages) co_await u.store32(at, at);
    co_await u.utcb().store(utcb_);
    for (;;) {
        const IpcResult got = co_await u.wait();
        Message m{.answer = Answer::of(got)};
        co_await u.utcb().load(m.utcb);
        m.at = u.now().raw();
        messages.push_back(m);
        if (!reply_) continue;
        l4_utcb_t mine = m.utcb;
        const Ipc call = reply_(messages.size() - 1, m, mine);
        co_await u.utcb().store(mine);
        const IpcResult result = co_await u(call);
        results.push_back(Answer::of(result));
    }
}

} // namespace conformance::thesis
