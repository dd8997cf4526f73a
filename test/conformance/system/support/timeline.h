// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <string>

#include "test/conformance/system/support/world.h"

namespace conformance::system {

/// Who ran from when on, as text: "5@0 6@10000 idle@20000" for task 5 from 0 us on, and so on.  Says nothing
/// of root, sigma0, and spans of no length.
class Timeline : public sim::Observer {
public:
    explicit Timeline(sim::World& world) { world.observe(*this); }

    std::string text() const { return running_ == last_ ? spans_ : spans_ + span(); }

private:
    void after(sim::World& world, const kern::Event&, const kern::Thread& next) override {
        const std::uint64_t now = world.now().raw();
        if (now > since_) commit();
        const std::string name = next.idle() ? "idle" : std::to_string(next.task_no().raw());
        if (name == running_) return;
        running_ = name;
        since_ = now;
    }
    /// What ran until now has run for some time.
    void commit() {
        if (running_ == last_ || running_ == "2" || running_ == "4") return;
        spans_ += span();
        last_ = running_;
    }
    std::string span() const { return (spans_.empty() ? "" : " ") + running_ + '@' + std::to_string(since_); }

    std::string spans_, running_, last_;
    std::uint64_t since_ = 0;
};

} // namespace conformance::system
