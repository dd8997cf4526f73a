// SPDX-License-Identifier: BSD-2-Clause
#include "test/conformance/ipc/support/script.h"

#include <ios>
#include <ostream>

namespace conformance::ipc {

std::ostream& operator<<(std::ostream& out, const Answer& x) {
    return out << std::hex << "dope " << x.dope << ", words " << x.w0 << ' ' << x.w1 << ", id " << x.id.low
               << ':' << x.id.high << std::dec;
}

Program Script::run(User u) {
    for (const Step& step : steps_) {
        co_await until(u, step.at);
        const IpcResult result = co_await u(step.call);
        ends_.push_back({Answer::of(result), u.now().raw(), u.world().instructions()});
    }
}

Program Landing::run(User u) {
    arch::Frame frame{};
    co_await u.look(frame);
    arrived.push_back(frame);
    turn = u.world().instructions();
}

sim::Body ex_regs_at(Time when, Word lthread, sim::Entry entry, Word flags) {
    return [=](User u) -> Program {
        co_await until(u, when);
        co_await u(sim::ExRegs{.target = lthread | flags, .eip = entry.eip});
    };
}

} // namespace conformance::ipc
