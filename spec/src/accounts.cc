// SPDX-License-Identifier: BSD-2-Clause
#include "spec/accounts.h"

#include <algorithm>

namespace spec {
namespace {

/// Frames that a slab with `frames` frames and `live` objects must get to hold `more` objects.
Word growth(Word frames, Word live, Word more, Word per_frame) {
    const Word needed = (live + more + per_frame - 1) / per_frame;
    return more == 0 || needed <= frames ? 0 : needed - frames;
}

} // namespace

void Accounts::open_first(TaskNo owner, Word limit) { accounts_[owner] = {.limit = limit}; }

bool Accounts::open(TaskNo owner, Word limit, TaskNo parent) {
    if (!pay(parent, {.frames = limit})) {
        return false;
    }
    accounts_[owner] = {.limit = limit};
    return true;
}

void Accounts::close(TaskNo owner, TaskNo parent) {
    refund(parent, {.frames = accounts_.at(owner).limit});
    accounts_.erase(owner);
}

Word Accounts::free_frames(TaskNo account) const {
    const AccountView& a = accounts_.at(account);
    return a.limit - a.used;
}

bool Accounts::can_pay(TaskNo account, Bill bill) const {
    const AccountView& a = accounts_.at(account);
    const Word slabs = growth(a.thread_frames, a.threads, bill.threads, threads_per_frame) +
                       growth(a.node_frames, a.nodes, bill.nodes, nodes_per_frame);
    return bill.frames <= free_frames(account) && slabs <= free_frames(account) - bill.frames;
}

void Accounts::take(TaskNo account, Bill bill) {
    AccountView& a = accounts_.at(account);
    const Word thread_growth = growth(a.thread_frames, a.threads, bill.threads, threads_per_frame);
    const Word node_growth = growth(a.node_frames, a.nodes, bill.nodes, nodes_per_frame);
    a.used += bill.frames + thread_growth + node_growth;
    a.thread_frames += thread_growth;
    a.node_frames += node_growth;
    a.threads += bill.threads;
    a.nodes += bill.nodes;
}

bool Accounts::pay(TaskNo account, Bill bill) {
    if (!can_pay(account, bill) || fails_now()) {
        return false;
    }
    take(account, bill);
    return true;
}

bool Accounts::pay(TaskNo account, Bill bill, TaskNo second_account, Bill second) {
    if (account == second_account) {
        return pay(account, bill + second);
    }
    if (!can_pay(account, bill) || !can_pay(second_account, second) || fails_now()) {
        return false;
    }
    take(account, bill);
    take(second_account, second);
    return true;
}

void Accounts::refund(TaskNo account, Bill bill) {
    AccountView& a = accounts_.at(account);
    a.used -= bill.frames;
    a.threads -= bill.threads;
    a.nodes -= bill.nodes;
}

} // namespace spec
