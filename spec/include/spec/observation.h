// SPDX-License-Identifier: BSD-2-Clause
// Everything of a system's state that can be observed, as one plain comparable value.  The kernel's state is
// put into the same form and compared after every event.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spec/ids.h"

namespace spec {

/// A trap frame, as far as the interface knows it.
struct Registers {
    Word eax = 0, ebx = 0, ecx = 0, edx = 0, esi = 0, edi = 0, ebp = 0;
    Word esp = 0, eip = 0, eflags = 0;
    Word gs = 0, fs = 0;
    bool operator==(const Registers&) const = default;
};

/// What a thread is doing.  In a page-fault IPC the state is that of the page-fault IPC; what it interrupts
/// is told by `fault` and `role`.
enum class ThreadState : std::uint8_t {
    dead,           ///< never started or killed by a fault
    ready,          ///< runs in user mode when it is dispatched
    in_kernel,      ///< ready, wants `resume` when it is dispatched (1.4)
    send,           ///< queued at the partner
    receive_closed, ///< from the partner
    receive_open,
    sleep,         ///< closed wait for nil
    irq,           ///< closed wait for an interrupt, the partner
    driver,        ///< of a transfer, waiting while a page of the receiver is brought in
    partner,       ///< receiving side of a transfer
    fault_send,    ///< page-fault message queued at the pager, the partner
    fault_receive, ///< waiting for the pager's answer
    fault_partner, ///< the answer is a transfer that has begun (here it is done at once)
    stopped,       ///< by ex_regs (14)
};

enum class FaultKind : std::uint8_t { none, user, exception, transfer }; ///< user: page and I/O faults

/// The part in a transfer that has begun, whatever the state.
enum class Role : std::uint8_t { none, driver, partner };

struct ThreadView {
    ThreadState state = ThreadState::dead;
    Word partner = 0;                  ///< low word of the partner's id, or an interrupt id; 0: none (3.5)
    FaultKind fault = FaultKind::none; ///< not none in fault_* states only
    Role role = Role::none;
    ThreadName peer; ///< other side of that transfer
    std::optional<Time> deadline;
    Word prio = 0, mcp = 0;
    Time slice = 0; ///< 0: infinite; then `remaining` is 0 too
    Time remaining = 0;
    Time consumed = 0;
    Id pager, internal_preempter, external_preempter; ///< as they were given, all 64 bits
    Registers registers;
    Word trapno = 0, err = 0, pfa = 0;   ///< state words (11.4)
    bool alien = false, dealien = false; ///< dealien: its next system call is executed (12.7)
    Word reflection = 0;                 ///< vector of a trap whose reflection is pending; 0: none
    Word after_call = 0;                 ///< error code of a pending after-call exception; 0: none
    bool triggered = false, time_fault = false, stop = false; ///< pending (12.5, 14.6)
    std::optional<Time> time_limit;
    std::array<std::uint64_t, 3> tls{};
    Word idt_base = 0, idt_limit = 0; ///< of lidt; limit 0: none
    std::array<std::uint8_t, 512> fpu{};
    std::vector<ThreadName> senders; ///< queued here, head first
    bool operator==(const ThreadView&) const = default;
};

/// Rights and status of one page or of one 4 KiB part of a split 4 MiB page.
struct PageBits {
    bool present = true;
    bool writable = false;
    bool accessed = false;
    bool dirty = false;
    bool operator==(const PageBits&) const = default;
};

/// `count` consecutive parts of a split page that look the same.
struct PartRun {
    std::uint16_t first = 0, count = 0;
    PageBits bits;
    bool operator==(const PartRun&) const = default;
};

/// A page in an address space: one node of the mapping tree.
struct MappingView {
    Word va = 0;
    Word phys = 0;
    bool super = false; ///< 4 MiB
    bool split = false; ///< 4 MiB with a table of its own; then `parts` holds, and `bits` is the default
    PageBits bits;
    std::vector<PartRun> parts; ///< all 1024 of them, absent ones too, merged by add_part()
    TaskNo parent_task = 0;     ///< 0: made by the kernel for sigma0, the root of a tree
    Word parent_va = 0;
    bool fanout = false; ///< 4 MiB page for which a fan-out has been paid
    bool operator==(const MappingView&) const = default;

    /// Call for parts 0 to 1023 in order.
    void add_part(std::uint16_t index, PageBits part);
};

struct AccountView {
    Word limit = 0, used = 0;            ///< frames
    Word thread_frames = 0, threads = 0; ///< slab: its frames, objects that live in it
    Word node_frames = 0, nodes = 0;
    bool operator==(const AccountView&) const = default;
};

/// An active task.
struct TaskView {
    TaskNo chief = 0;
    Word nest = 0;
    TaskNo account_of = 0; ///< the task whose account it uses: itself, or the one above that has an own one
    AccountView account;   ///< if it is its own; else the default
    std::vector<ThreadName> present;                            ///< in the order of the present list (2.6)
    std::vector<MappingView> mappings;                          ///< by address
    std::vector<std::pair<std::uint16_t, std::uint16_t>> ports; ///< first and last of each run
    TaskNo port_giver = 0;                                      ///< 0: the kernel, or no ports at all
    bool operator==(const TaskView&) const = default;
};

struct IrqView {
    ThreadName owner;
    bool pending = false;
    bool masked = true;
    bool operator==(const IrqView&) const = default;
};

struct Observation {
    std::optional<ThreadName> current; ///< none: idle
    std::map<ThreadName, ThreadView> threads;
    std::map<Word, std::vector<ThreadName>> ready;             ///< by prio, head first; no empty ones
    std::optional<std::pair<ThreadName, ThreadName>> donation; ///< donor, donee
    std::map<TaskNo, TaskView> tasks;                          ///< the active ones
    std::map<TaskNo, TaskNo> chiefs; ///< of inactive numbers above 4, where it is not root
    std::map<Word, IrqView> irqs;    ///< by line: those that are not free and masked
    std::optional<Time> timer;       ///< what it is armed for
    bool operator==(const Observation&) const = default;
};

/// Empty when equal; else up to `max_lines` lines "what: a <> b", the most telling first.
std::string diff(const Observation& a, const Observation& b, int max_lines = 12);

/// The whole observation, for people.
std::string to_string(const Observation&);

std::string to_string(ThreadName);
std::string to_string(ThreadState);

} // namespace spec
