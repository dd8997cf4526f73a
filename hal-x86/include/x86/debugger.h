// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "arch/frame.h"
#include "kdb/output.h"
#include "kdb/ring.h"

namespace x86 {

/// The kernel debugger (docs/debugger.md) on the console, with interrupts off while it talks.
///
/// Words of the kernel's command line: `trace` keeps the ring, of which the assembly shortcut would know
/// nothing, so it is left out then; `kdb` lets programs and the serial line enter the debugger, and keeps the
/// ring, too.
class Debugger {
public:
    explicit constexpr Debugger(kdb::Ring ring) : ring_(ring) {}
    /// Before the first event.
    void init(const char* command_line);
    bool wanted() const { return wanted_; }
    bool traced() const { return traced_; }

    /// Talks until `go`, if it is wanted and there is a kernel to look at.  `at`: what the processor has
    /// pushed in the kernel, nullptr: the debugger was called.
    [[gnu::noinline]] void enter(const char* why, const arch::Frame* at = nullptr);
    /// Where the kernel was and how it came there, and the last events.
    [[gnu::noinline]] void put_state(const arch::Frame* at, std::uint32_t events) const;

    /// Around each event, if it is traced().
    void before(const kern::Event& event, const kern::Thread& running) { ring_.before(event, running); }
    void after(const kern::Thread& next, kern::Micros now) { ring_.after(next, now); }

private:
    static constexpr std::uint32_t longest = 128;
    static bool read_line(kdb::Output& out, char (&line)[longest]);

    bool wanted_ = false, traced_ = false;
    kdb::Ring ring_;
};
extern Debugger debugger;

} // namespace x86
