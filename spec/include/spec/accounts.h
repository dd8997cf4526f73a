// SPDX-License-Identifier: BSD-2-Clause
// Accounts of kernel memory (semantics 5.3, 9.8).
#pragma once

#include <map>

#include "spec/observation.h"
#include "spec/prices.h"

namespace spec {

/// Accounts are named by the task that they were made for.
class Accounts {
public:
    /// At boot: frames out of nowhere.
    void open_first(TaskNo owner, Word limit);

    /// Takes `limit` frames from `parent`; false and nothing happens when it has fewer.
    bool open(TaskNo owner, Word limit, TaskNo parent);

    /// Gives the frames back to `parent`.  Whatever lived there is gone.
    void close(TaskNo owner, TaskNo parent);

    /// All or nothing.
    bool pay(TaskNo account, Bill);
    bool pay(TaskNo account, Bill, TaskNo second_account, Bill second);

    /// For tests: the n-th payment from now on that could be made is not, once; 0: all are.
    void fail_payment(Word n) { fail_in_ = n; }
    bool failure_pending() const { return fail_in_ != 0; }

    /// Slabs keep their frames.
    void refund(TaskNo account, Bill);

    Word free_frames(TaskNo account) const;
    const AccountView& view(TaskNo account) const { return accounts_.at(account); }

private:
    bool can_pay(TaskNo account, Bill) const;
    void take(TaskNo account, Bill);
    bool fails_now() { return fail_in_ != 0 && --fail_in_ == 0; }

    Word fail_in_ = 0;
    std::map<TaskNo, AccountView> accounts_;
};

} // namespace spec
