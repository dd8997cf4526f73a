// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <iosfwd>
#include <vector>

#include "test/conformance/ipc/support/world.h"

namespace conformance::ipc {

/// What an ipc call leaves in the registers, to be compared and printed.
struct Answer {
    Word dope = 0, w0 = 0, w1 = 0;
    l4_threadid_t id{};
    static Answer of(const IpcResult& r) { return {r.dope, r.w0, r.w1, r.from}; }
    static Answer of(const arch::Frame& f) { return {f.eax, f.edx, f.ebx, {f.esi, f.edi}}; }
    Word error() const { return l4_msgdope_error(dope); }
    friend bool operator==(const Answer& x, const Answer& y) {
        return x.dope == y.dope && x.w0 == y.w0 && x.w1 == y.w1 && sim::same(x.id, y.id);
    }
    friend std::ostream& operator<<(std::ostream& out, const Answer& x);
};

/// A message from a thread that root has made; in registers unless `dope` says more.
constexpr Answer message(l4_threadid_t from, Word w0, Word w1, Word dope = 0x4000) {
    return {dope, w0, w1, from_root(from)};
}
/// The end of a call that receives nothing: its own words and id, and this code.
constexpr Answer only(Word code, const Ipc& call) { return {code, call.w0, call.w1, call.partner}; }
/// What an interrupt leaves: as before, but for the id.
constexpr Answer interrupt(unsigned line, const Ipc& call) {
    return {L4_IPC_OK, call.w0, call.w1, l4_irq_id(line)};
}

// Calls as values.  The words are different from any that another call sends.

constexpr Ipc send_to(l4_threadid_t to, Word w0, Word w1, Word timeout = L4_TIMEOUT_NEVER) {
    return {.partner = to, .w0 = w0, .w1 = w1, .send = 0, .timeout = timeout};
}
constexpr Ipc receive_from(l4_threadid_t from, Word timeout = L4_TIMEOUT_NEVER) {
    return {.partner = from, .w0 = 0xdead0, .w1 = 0xdead1, .receive = 0, .timeout = timeout};
}
constexpr Ipc wait_open(Word timeout = L4_TIMEOUT_NEVER) {
    return {.partner = {0x5eed, 0x600d},
            .w0 = 0xdead2,
            .w1 = 0xdead3,
            .receive = L4_RCV_OPEN,
            .timeout = timeout};
}
constexpr Ipc call_to(l4_threadid_t to, Word w0, Word w1, Word timeout = L4_TIMEOUT_NEVER) {
    return {.partner = to, .w0 = w0, .w1 = w1, .send = 0, .receive = 0, .timeout = timeout};
}
constexpr Ipc reply_and_wait(l4_threadid_t to, Word w0, Word w1, Word timeout = L4_TIMEOUT_SND_ZERO) {
    return {.partner = to, .w0 = w0, .w1 = w1, .send = 0, .receive = L4_RCV_OPEN, .timeout = timeout};
}
constexpr Ipc sleep_for(Word timeout) { return receive_from({}, timeout); }
constexpr Ipc poll() { return wait_open(L4_TIMEOUT_RCV_ZERO); }

/// A thread that makes ipc calls, each not before its time, and what they returned.
class Script {
public:
    struct Step {
        Time at = 0;
        Ipc call{};
    };
    explicit Script(std::vector<Step> steps) : steps_(std::move(steps)) {}
    /// One call, at once.
    explicit Script(const Ipc& call) : Script(std::vector<Step>{{0, call}}) {}
    Script(const Script&) = delete;
    Script& operator=(const Script&) = delete;

    sim::Body body() {
        return [this](User u) { return run(u); };
    }
    const Ipc& call(std::size_t i = 0) const { return steps_.at(i).call; }
    std::size_t returned() const { return ends_.size(); }
    const Answer& operator[](std::size_t i) const { return ends_.at(i).answer; }
    Time time(std::size_t i = 0) const { return ends_.at(i).time; }
    /// A place in the order of all that the world's programs did.
    std::uint64_t turn(std::size_t i = 0) const { return ends_.at(i).turn; }
    /// How call `i` looks when it ended with this code and left its registers alone.
    Answer only(Word code, std::size_t i = 0) const { return ipc::only(code, call(i)); }

private:
    struct End {
        Answer answer;
        Time time;
        std::uint64_t turn;
    };
    Program run(User u);
    std::vector<Step> steps_;
    std::vector<End> ends_;
};

/// A place for lthread_ex_regs to send a thread to: notes the registers that it arrives with.
struct Landing {
    std::vector<arch::Frame> arrived;
    std::uint64_t turn = 0; ///< of the last arrival, see Script
    sim::Body body() {
        return [this](User u) { return run(u); };
    }
    Answer answer(std::size_t i = 0) const { return Answer::of(arrived.at(i)); }

private:
    Program run(User u);
};

/// At that time, sends thread `lthread` of its own task to `entry`.
sim::Body ex_regs_at(Time when, Word lthread, sim::Entry entry, Word flags = 0);

} // namespace conformance::ipc
