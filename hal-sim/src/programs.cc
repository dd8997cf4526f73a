// SPDX-License-Identifier: BSD-2-Clause
#include "sim/programs.h"

#include "sim/user.h"

namespace sim {

Program echo(User u) {
    IpcResult m = co_await u.wait();
    for (;;) {
        if (m.ok())
            m = co_await u.reply_and_wait(m.from, m.w0, m.w1);
        else
            m = co_await u.wait(); // the sender did not wait for the answer
    }
}

Program park(User) { co_return; }

} // namespace sim
