// SPDX-License-Identifier: BSD-2-Clause
#include "kern/account.h"

namespace kern {

Result<PAddr> Account::take_any_frame() {
    return pay([&] { return pool_.take(); });
}

Result<PAddr> Account::take_table(std::uint32_t first) {
    return pay([&] { return pool_.take_table(first); });
}

void Account::give_frame(PAddr frame) {
    unreserve(1);
    pool_.give(frame);
}

void Account::give_frame(PAddr frame, Fill full_of) {
    unreserve(1);
    pool_.give(frame, full_of);
}

Status Account::reserve(std::uint32_t frames) {
    if (frames > limit_ - used_) return Err::no_memory;
    used_ += frames;
    return Done{};
}

void Account::unreserve(std::uint32_t frames) {
    ensure(frames <= used_, "an account got back more than it had spent");
    used_ -= frames;
}

void Account::give_thread(void* slot) { threads_.give(pool_, slot); }

bool Account::release(Steps& steps) {
    return threads_.release(*this, pool_, steps) && nodes_.release(*this, pool_, steps);
}

} // namespace kern
