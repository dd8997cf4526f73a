// SPDX-License-Identifier: BSD-2-Clause
#pragma once
// Threads that do what the row says: README.md.
#include "conformance/harness/call.h"

namespace conformance {

/// Root's thread 0 runs the rows (the director), above all actors; root's thread 1 is their pager.
inline constexpr Word director_prio = 100, actor_prio = 50, pager_prio = 200;
inline constexpr Id pager_id = {root_id.low | 1u << L4_ID_LTHREAD_SHIFT, 0};
/// First task number of cast(); rows may use others up to 255, and 2047: all are deleted after a row.
inline constexpr Word first_task = 10;

using Body = void (*)();

struct Spawn {
    Word prio = actor_prio, mcp = 255, quota = 0, flags = 0;
    Id pager = pager_id;
};

/// A fault that the default pager did not answer: it only answers those of the program's own memory.
struct Fault {
    bool seen;
    Word w0, w1;
};

class Actor {
public:
    /// Thread 0 of a new task, made by the director; by `chief`, to whom the number is given before.
    void create(Word task, Spawn s = {});
    void create_below(Actor& chief, Word task, Spawn s = {});
    /// Another thread in the task of `sibling`; in root, if the director makes it.
    void create_thread(Actor& sibling, Word lthread, Spawn s = {});
    void create_in_root(Word lthread, Word prio = actor_prio);

    /// Starts a call or a function; the director goes on. It runs when nobody above it is ready.
    void begin(Regs ipc_registers) { begin_call(L4_VEC_IPC, ipc_registers); }
    void begin_call(Word vector, Regs r);
    void begin(Body body);
    bool busy() const { return busy_; }
    /// Waits until it is over: the registers after the call. Says so if it is not within two seconds.
    Regs end();
    Regs ipc(Regs r) { return call(L4_VEC_IPC, r); }
    Regs call(Word vector, Regs r) {
        begin_call(vector, r);
        return end();
    }
    void run(Body body) {
        begin(body);
        static_cast<void>(end());
    }
    /// Back to its beginning, whatever it does: only for threads that root may control.
    void restart();
    /// The same by a thread of its own task.
    void restart_by(Actor& sibling);

    /// Accesses of its own; false: it faulted. The fault is in `fault` and it was restarted.
    bool can_read(Word at) { return access(read, at, 0); }
    bool can_write(Word at, Word value = 1) { return access(write, at, value); }
    bool can_use_port(Word port) { return access(port_in, port, 0); }
    Word peek(Word at) {
        static_cast<void>(can_read(at));
        return value_;
    }

    void set_prio(Word prio) const;
    void set_pager(Id pager);
    Word query_state() const;

    Id id = {};
    Word task = 0, lthread = 0;
    Fault fault = {};

private:
    enum Kind : int { call_kind, body_kind, read, write, port_in };
    bool access(Kind kind, Word at, Word value);
    void begin_(Kind kind);
    void prepare(Word task_number, Word lthread_number);
    Word stack() const;
    void perform();
    static void loop(Actor* self);

    volatile bool busy_ = false;
    unsigned slot_ = 0;
    Kind kind_ = body_kind;
    Word vector_ = 0, value_ = 0;
    Regs in_ = {}, out_ = {};
    Body body_ = nullptr;
};

extern Actor A, B, C, D, E, F;
/// The first `count` of them, each in a task of its own: A in task 10, B in 11, ...
void cast(int count, Spawn s = {});
/// The director sleeps: all others run until nothing is ready, or for that long.
void settle(std::uint64_t us = 1000);
/// Microseconds of the kernel's clock, after a kernel entry.
std::uint64_t now();

/// An address where nobody has memory; what ends a thread whose pager takes no exceptions.
inline constexpr Word nowhere = 0x40000000;
void die();

/// Writes a letter into the log.
void log(char letter);
void expect_log(const char* wanted, const char* file, int line);

/// Root's own pages: page(i) is writable memory of 4 KiB, superpage(i) of 4 MiB in one piece.
Word page(Word i);
Word superpage(Word i);
Word* words(Word at);
/// Maps root's memory at `from` into the actor, which waits for it, at `to`.
Regs give(Actor& to, Word base, Word from, Word log2 = page_log2, Word options = writable);

struct Passed {
    Regs sent, got;
};
/// `from` sends two words, or what `snd` names, to `to`, who waits for it with `rcv`; as it stands, a
/// flexpage.
Passed pass(Actor& from, Actor& to, Word w0, Word w1, Word rcv = whole_space, Word snd = map_bit);

/// Runs a function of the program as sigma0: what it returns.
Word as_sigma0(Word (*body)());
/// Ports of root's.
/// Root gets all ports from sigma0: at the start, and after a row that took some of root's own.
void take_ports();
Word in8(Word port);
void out8(Word port, Word value);

/// Where a thread lands that gets `landing` as its EIP: its registers there, and how often.
struct Landed {
    Regs r;
    Word esp, count;
};
extern "C" {
extern Landed landed;
void landing();
void thread_entry();
}

} // namespace conformance
