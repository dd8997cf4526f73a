// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <cstring>
#include <span>

#include "kern/event.h"
#include "kern/thread.h"

namespace kdb {

class Output;

/// One kernel entry: what came, from whom, and what it left behind.  The same on every machine.
struct Record {
    /// A thread: task << 8 | lthread, and these.
    static constexpr std::uint32_t idle = 1u << 31, in_kernel = 1u << 30, unfinished = 1u << 29;
    struct Block {
        std::uint32_t edi, esi, ebp, ebx, edx, ecx, eax;
    };

    std::uint32_t time = 0; ///< low word of the clock in microseconds
    std::uint32_t kind = 0; ///< kern::Event::Kind
    std::uint32_t code = 0, addr = 0;
    std::uint32_t who = 0;  ///< ran when it came
    std::uint32_t next = 0; ///< runs after it; `unfinished` while the kernel is at it
    Block before{};         ///< of `who`
    Block after{};          ///< of `next`, and the three
    std::uint32_t esp = 0, eip = 0, eflags = 0;
};
static_assert(sizeof(Record) == 23 * 4);

/// The last events, kept by a hardware layer around Kernel::handle.  Written for speed: it runs at every
/// event.
class Ring {
public:
    explicit constexpr Ring(std::span<Record> records) : records_(records), at_(records.data()) {}

    void before(const kern::Event& event, const kern::Thread& running) {
        ++count_;
        if (++at_ == records_.data() + records_.size()) at_ = records_.data();
        Record& r = *at_;
        r.kind = static_cast<std::uint32_t>(event.kind);
        r.code = event.code;
        r.addr = event.addr.raw();
        r.who = name(running);
        r.next = Record::unfinished;
        copy(r.before, running.frame);
    }
    void after(const kern::Thread& next, kern::Micros now) {
        Record& r = *at_;
        r.time = static_cast<std::uint32_t>(now.raw());
        r.next = name(next) | (next.in_kernel() ? Record::in_kernel : 0u);
        copy(r.after, next.frame);
        r.esp = next.frame.esp;
        r.eip = next.frame.eip;
        r.eflags = next.frame.eflags;
    }

    std::uint32_t count() const { return count_; } ///< of all events so far; wraps around
    std::uint32_t kept() const {
        const auto size = static_cast<std::uint32_t>(records_.size());
        return count_ < size ? count_ : size;
    }
    /// The last but `back`, which is less than kept().
    const Record& last(std::uint32_t back) const {
        const auto newest = static_cast<std::size_t>(at_ - records_.data());
        return records_[newest >= back ? newest - back : newest + records_.size() - back];
    }

private:
    static std::uint32_t name(const kern::Thread& t) {
        return std::uint32_t{t.task_no().raw()} << 8 | t.lthread() | (t.idle() ? Record::idle : 0u);
    }
    static void copy(Record::Block& to, const arch::Frame& from) {
        to.edi = from.edi, to.esi = from.esi, to.ebp = from.ebp, to.ebx = from.ebx;
        to.edx = from.edx, to.ecx = from.ecx, to.eax = from.eax;
    }

    std::span<Record> records_;
    Record* at_; ///< the newest
    std::uint32_t count_ = 0;
};

/// The event as a step of docs/traces.md.  What a store wrote is not known: 0.
void put_step(Output& out, const Record& record);
/// And its result as there, but for the hash: ` = WHO - EAX ...`.
void put_result(Output& out, const Record& record);

} // namespace kdb
