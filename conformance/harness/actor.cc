// SPDX-License-Identifier: BSD-2-Clause
#include "conformance/harness/actor.h"

#include "conformance/harness/world.h"
#include "l4/sys/io.h"

namespace conformance {

Actor A, B, C, D, E, F;

namespace {

constexpr Word go = 0x60606060;
constexpr unsigned most_actors = 256;
constexpr std::uint32_t stack_bytes = 4096;

struct Stack {
    alignas(16) char bytes[stack_bytes];
};
Stack stacks[most_actors];
Actor* actors[most_actors];
unsigned actors_used = 0;

/// A thread that has nothing to do any more; it lets go of an interrupt line.
[[noreturn]] void park() {
    l4_irq_detach();
    for (;;) l4_ipc_sleep(never);
}

} // namespace

namespace world {

Actor* find(Id id) {
    for (unsigned i = 0; i < actors_used; ++i)
        if (actors[i]->id.low == id.low) return actors[i];
    return nullptr;
}

void end_of_actors() {
    for (Word task = L4_TASK_FIRST_USER; task < 256; ++task) l4_task_kill(task, root_id);
    l4_task_kill(2047, root_id);
    for (unsigned i = 0; i < actors_used; ++i)
        if (actors[i]->task == L4_TASK_ROOT && actors[i]->lthread > 1) {
            const Word top = address(stacks[i].bytes + stack_bytes - 16);
            conformance::call(L4_VEC_LTHREAD_EX_REGS,
                              ex_regs(actors[i]->lthread, address(park), top, pager_id));
            actors[i]->set_prio(actor_prio);
        }
    settle(100);
    for (unsigned i = 0; i < actors_used; ++i) *actors[i] = Actor{};
    actors_used = 0;
}

} // namespace world

void Actor::prepare(Word task_number, Word lthread_number) {
    *this = Actor{};
    task = task_number;
    lthread = lthread_number;
    id = l4_threadid(task, lthread);
    actors[actors_used++ % most_actors] = this;
    slot_ = actors_used - 1;
}

/// Where thread_entry finds what to call, and with what.
Word Actor::stack() const {
    char* const end = stacks[slot_].bytes + stack_bytes - 32;
    auto* const top = reinterpret_cast<Word*>(end + 12);
    top[0] = address(&Actor::loop);
    top[1] = address(this);
    return address(top);
}

void Actor::create(Word number, Spawn s) {
    prepare(number, 0);
    const Regs r =
        conformance::call(L4_VEC_TASK_NEW, task_new(task, l4_task_new_create(s.mcp, s.quota) | s.flags,
                                                    address(thread_entry), stack(), s.pager));
    if (r.esi == 0) world::fail("task_new in create", r.eax);
    id = {r.esi, r.edi};
    set_prio(s.prio);
}

void Actor::create_below(Actor& chief, Word number, Spawn s) {
    prepare(number, 0);
    l4_task_give(number, chief.id);
    const Regs r = chief.call(L4_VEC_TASK_NEW, task_new(task, l4_task_new_create(s.mcp, s.quota) | s.flags,
                                                        address(thread_entry), stack(), s.pager));
    if (r.esi == 0) world::fail("task_new in create_below", r.eax);
    id = {r.esi, r.edi};
    set_prio(s.prio);
}

void Actor::create_thread(Actor& sibling, Word number, Spawn s) {
    prepare(sibling.task, number);
    const Regs r =
        sibling.call(L4_VEC_LTHREAD_EX_REGS, ex_regs(number, address(thread_entry), stack(), s.pager));
    if (r.eax == L4_EX_REGS_ERROR) world::fail("ex_regs in create_thread", r.eax);
    id.high = sibling.id.high;
    set_prio(s.prio);
}

void Actor::create_in_root(Word number, Word prio) {
    prepare(L4_TASK_ROOT, number);
    conformance::call(L4_VEC_LTHREAD_EX_REGS, ex_regs(number, address(thread_entry), stack(), pager_id));
    set_prio(prio);
}

void Actor::set_prio(Word prio) const {
    conformance::call(L4_VEC_THREAD_SCHEDULE, schedule(id, default_slice(prio)));
}

Word Actor::query_state() const { return state(conformance::call(L4_VEC_THREAD_SCHEDULE, schedule(id))); }

void Actor::set_pager(Id pager) { call(L4_VEC_LTHREAD_EX_REGS, ex_regs(lthread, ~0u, ~0u, pager)); }

/// Also takes what the director maps: that is no order.
void Actor::loop(Actor* self) {
    for (;;) {
        const Regs r = conformance::ipc(receive(root_id, never, whole_space));
        if (r.eax == two_words && r.edx == go && r.ebx == 0) self->perform();
    }
}

void Actor::perform() {
    auto* const memory = reinterpret_cast<volatile Word*>(static_cast<std::uintptr_t>(in_.eax));
    switch (kind_) {
        case call_kind: out_ = conformance::call(vector_, in_); break;
        case body_kind: body_(); break;
        case read: value_ = *memory; break;
        case write: *memory = value_; break;
        case port_in: value_ = l4_in8(static_cast<std::uint16_t>(in_.eax)); break;
    }
    busy_ = false;
}

void Actor::begin_(Kind kind) {
    kind_ = kind;
    fault.seen = false;
    busy_ = true;
    Regs r = conformance::ipc(send(id, go, 0, zero, L4_SND_DECEIT));
    // To the tail of its queue. It may not have come to its loop yet.
    for (int i = 0; i < 100 && error(r) == L4_IPC_SETIMEOUT; ++i) {
        settle(100);
        r = conformance::ipc(send(id, go, 0, zero, L4_SND_DECEIT));
    }
    if (error(r) != L4_IPC_OK) world::fail("actor does not take orders", r.eax);
}

void Actor::begin_call(Word vector, Regs r) {
    vector_ = vector;
    in_ = r;
    begin_(call_kind);
}

void Actor::begin(Body body) {
    body_ = body;
    begin_(body_kind);
}

Regs Actor::end() {
    for (int i = 0; i < 2000 && busy_; ++i) settle(i < 20 ? 50 : 1000);
    if (busy_) world::fail("actor is not ready in time", fault.seen ? fault.w0 : 0);
    return out_;
}

void Actor::restart() {
    conformance::call(L4_VEC_LTHREAD_EX_REGS,
                      ex_regs(l4_ex_regs_target(task, lthread), address(thread_entry), stack()));
    busy_ = false;
    settle(50);
}

void Actor::restart_by(Actor& sibling) {
    sibling.call(L4_VEC_LTHREAD_EX_REGS, ex_regs(lthread, address(thread_entry), stack()));
    busy_ = false;
    settle(50);
}

bool Actor::access(Kind kind, Word at, Word value) {
    in_.eax = at;
    value_ = value;
    begin_(kind);
    for (int i = 0; i < 200 && busy_ && !fault.seen; ++i) settle(50);
    if (!busy_) return true;
    restart();
    return false;
}

void die() { asm volatile("ud2"); }

void cast(int count, Spawn s) {
    Actor* const all[] = {&A, &B, &C, &D, &E, &F};
    for (int i = 0; i < count; ++i) all[i]->create(first_task + static_cast<Word>(i), s);
    settle();
}

Passed pass(Actor& from, Actor& to, Word w0, Word w1, Word rcv, Word snd) {
    to.begin(receive(from.id, after(100000), rcv));
    settle(50);
    Passed p = {};
    p.sent = from.ipc(send(to.id, w0, w1, after(100000), snd));
    p.got = to.end();
    return p;
}

Regs give(Actor& to, Word base, Word from, Word log2, Word options) {
    Regs r = ipc(send_map(to.id, base, fpage(from, log2, options), zero));
    for (int i = 0; i < 100 && error(r) == L4_IPC_SETIMEOUT; ++i) {
        settle(100);
        r = ipc(send_map(to.id, base, fpage(from, log2, options), zero));
    }
    settle(50);
    return r;
}

} // namespace conformance
