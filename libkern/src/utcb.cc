// SPDX-License-Identifier: BSD-2-Clause
// UTCBs (docs/semantics.md 11): frames of kernel memory that a task's threads read and write at a fixed
// address. The kernel reaches them by frame, never by a user's address, so they can not fault.
#include <algorithm>
#include <cstring>
#include "faults.h"
#include "kern/fpage.h"
#include "kern/kernel.h"

namespace kern {
namespace {

constexpr VAddr utcb_page(std::uint32_t index) { return VAddr{L4_UTCB_AREA + index * ia32::page_size}; }

} // namespace

/// The area of a new task, and the info page in the same 4 MiB.  On failure drop_utcbs() takes back what was
/// made.
Status Kernel::make_utcbs(Task& task) {
    if (boot_.kip.raw() != 0)
        KTRY(map_db_.fix(task.space_, VAddr{L4_KIP_ADDRESS}, {&boot_.kip, 1}, Access::read));
    if constexpr (!Ext::utcb) return Done{};
    for (std::uint32_t i = 0; i < Task::utcb_pages; ++i) {
        task.utcb_frames_[i] = KTRY(task.account().take_frame());
        task.utcbs_[i] = frames_.at<l4_utcb_t>(task.utcb_frames_[i]);
    }
    return map_db_.fix(task.space_, utcb_page(0), task.utcb_frames_, Access::write);
}

void Kernel::drop_utcbs(Task& task) {
    map_db_.unfix(task.space_, VAddr{L4_KIP_ADDRESS});
    for (std::uint32_t i = 0; i < Task::utcb_pages; ++i) {
        if (task.utcb_frames_[i].raw() == 0) continue;
        map_db_.unfix(task.space_, utcb_page(i));
        task.account().give_frame(task.utcb_frames_[i]);
    }
}

/// A message from `from` to `to` completes: the state words that go along with it, and what an answer to the
/// kernel sets (docs/semantics.md 11.2, 12.2, 15, 17.4).
void Kernel::move_state(Thread& from, Thread& to, std::uint32_t w0) {
    if constexpr (!Ext::utcb) return;
    if (!from.fault_.any() && !to.fault_.any()) {
        const l4_utcb_t& source = utcb(from);
        l4_utcb_t& target = utcb(to);
        const std::uint32_t n = std::min(state_words(source.snd_size), state_words(target.rcv_size));
        std::memcpy(&target.state, &source.state, n * sizeof(l4_word_t));
        return;
    }
    if (from.fault_.with_state) {
        l4_utcb_t& target = utcb(to);
        from.read_state(target.state, state_words(target.rcv_size));
    }
    if (to.fault_.of_program() && !to.fault_.refused_by(w0)) take_state(to, utcb(from), to.fault_.with_state);
}

/// What the UTCB of whoever is in charge of t says about it.
void Kernel::take_state(Thread& t, const l4_utcb_t& from, bool words) {
    if (words) t.write_state(from.state, state_words(from.snd_size));
    if (Ext::time_limit && (from.status & L4_UTCB_TIME_LIMIT) != 0)
        t.set_time_limit(Micros{std::uint64_t{from.time_limit[1]} << 32 | from.time_limit[0]});
}

} // namespace kern
