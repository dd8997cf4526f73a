// SPDX-License-Identifier: BSD-2-Clause
#include "conformance/harness/crowd.h"

namespace conformance::crowd {
namespace {

constexpr Word stack_words = 256;
alignas(16) Word stacks[most][stack_words];
void (*crowd_body)(Word);
Actor leaders[most / per_task];
volatile Word first, last;

void member(Word i) {
    crowd_body(i);
    for (;;) l4_ipc_sleep(never);
}

void make_members() {
    for (Word i = first; i < last; ++i) {
        Word* const top = stacks[i] + stack_words - 5;
        top[0] = address(member);
        top[1] = i;
        conformance::call(L4_VEC_LTHREAD_EX_REGS,
                          ex_regs(l4_id_lthread(id(i)), address(thread_entry), address(top), pager_id));
    }
}

} // namespace

void start(Word count, void (*body)(Word), Word quota) {
    crowd_body = body;
    for (Word t = (count + per_task - 1) / per_task; t-- > 0;) {
        first = t * per_task;
        last = first + per_task < count ? first + per_task : count;
        leaders[t].create(task_of_first + t, {.quota = quota});
        settle();
        leaders[t].run(make_members);
    }
}

Word state(Word i) { return conformance::state(call(L4_VEC_THREAD_SCHEDULE, schedule(id(i)))); }

} // namespace conformance::crowd
