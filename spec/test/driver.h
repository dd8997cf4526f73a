// SPDX-License-Identifier: BSD-2-Clause
// Makes the current thread do things.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "l4/abi/fpage.h"
#include "l4/abi/ipc.h"
#include "l4/abi/thread.h"
#include "spec/system.h"

namespace spec {

constexpr ThreadName sigma0{L4_TASK_SIGMA0, 0}, root{L4_TASK_ROOT, 0};

inline Word low(ThreadName name) { return l4_threadid(name.task, name.lthread).low; }

/// Arguments of an ipc call, by name.
struct Ipc {
    Word send = L4_IPC_NO_SEND, receive = L4_IPC_NO_RECV;
    ThreadName partner = nobody;
    Word timeouts = L4_TIMEOUT_NEVER;
    Word w0 = 0, w1 = 0;
    Word partner_low = 0, partner_high = 0; ///< for ids that name no thread
};

/// A system whose every step is checked for consistency.
class Driver : public ::testing::Test {
protected:
    explicit Driver(Config config = {}) : system(config) {}

    void handle(const Event& event) {
        system.handle(event, now);
        EXPECT_EQ(system.check(), "");
    }

    /// A system call loads the general registers only.
    static void keep_special(Registers& r, const Registers& old) {
        r.esp = old.esp;
        r.eip = old.eip;
        r.eflags = old.eflags;
        r.gs = old.gs;
        r.fs = old.fs;
    }

    /// The general registers of the current thread, then the vector.
    void syscall(Word vector, const Registers& in) {
        Registers& r = system.registers();
        const Registers old = r;
        r = in;
        keep_special(r, old);
        handle(Event::syscall(vector));
    }

    void ipc(const Ipc& a) {
        Registers in;
        in.eax = a.send;
        in.ebp = a.receive;
        in.ecx = a.timeouts;
        in.edx = a.w0;
        in.ebx = a.w1;
        in.esi = a.partner.is_none() ? a.partner_low : low(a.partner);
        in.edi = a.partner_high;
        syscall(L4_VEC_IPC, in);
    }

    void send(ThreadName to, Word w0 = 0, Word w1 = 0) {
        ipc({.send = 0, .partner = to, .w0 = w0, .w1 = w1});
    }
    void wait_open() { ipc({.receive = L4_RCV_OPEN}); }

    /// A thread of the current task, started, with the current prio; the caller goes on.
    ThreadName start_thread(std::uint16_t lthread, ThreadName pager = nobody) {
        Registers in;
        in.eax = lthread;
        in.edx = 0x1000u * lthread;
        in.ecx = 0x2000;
        in.esi = low(pager);
        in.ebx = L4_INVALID_LOW;
        const ThreadName me = *system.current();
        syscall(L4_VEC_LTHREAD_EX_REGS, in);
        EXPECT_EQ(system.registers(me).eax, 0u);
        return {me.task, lthread};
    }

    /// A task below the current one whose first thread has the current thread as pager.
    ThreadName start_task(TaskNo number, Word quota = 0) {
        const ThreadName me = *system.current();
        Registers in;
        in.eax = l4_task_new_create(255, quota);
        in.esi = low({number, 0});
        in.ebx = low(me);
        in.edx = 0x1000;
        syscall(L4_VEC_TASK_NEW, in);
        EXPECT_EQ(system.registers(me).esi, low({number, 0}));
        return {number, 0};
    }

    /// Deletes a task; its number stays with the caller.
    void delete_task(TaskNo number) {
        Registers in;
        in.esi = low({number, 0});
        in.eax = low(*system.current());
        syscall(L4_VEC_TASK_NEW, in);
    }

    void yield() { syscall(L4_VEC_THREAD_SWITCH, {}); }

    /// Yields until that thread runs.
    void run(ThreadName name) {
        for (int i = 0; i < 100 && system.current() != name; ++i) {
            yield();
        }
        ASSERT_EQ(to_string(system.current().value_or(nobody)), to_string(name));
    }

    /// Words of a UTCB, whoever is current.
    Word utcb(ThreadName name, std::size_t offset) { return system.ram().word(utcb_address(name, offset)); }
    void set_utcb(ThreadName name, std::size_t offset, Word value) {
        system.ram().set_word(utcb_address(name, offset), value);
    }
    Word state_word(ThreadName name, Word index) { return utcb(name, 4 + 4 * index); }
    void set_state_word(ThreadName name, Word index, Word value) { set_utcb(name, 4 + 4 * index, value); }
    static Physical utcb_address(ThreadName name, std::size_t offset) {
        return Ram::utcb(name.task, name.lthread * L4_UTCB_SIZE + static_cast<Word>(offset));
    }

    Word eax(ThreadName name) { return system.registers(name).eax; }
    ThreadView view(ThreadName name) { return system.observe().threads.at(name); }
    std::string state(ThreadName name) { return to_string(view(name).state); }
    TaskView task(TaskNo number) { return system.observe().tasks.at(number); }

    System system;
    Time now = 0;
};

} // namespace spec
