// SPDX-License-Identifier: BSD-2-Clause
// The machine and the kernel, and numbers of C++ for assembly, as symbols: offsets, and addresses in these
// two. Nothing to generate, nothing to keep in step by hand.
#include <bit>
#include <cstddef>

#include "ia32/paging.h"
#include "kern/kernel.h"
#include "l4/abi/exception.h"
#include "l4/abi/fpage.h"
#include "l4/abi/ipc.h"
#include "l4/abi/limits.h"
#include "x86/entry.h"
#include "x86/kernel.h"
#include "x86/layout.h"
#include "x86/segments.h"

// Not of standard layout, for they have private members; both compilers lay them out as if they were.
#pragma GCC diagnostic ignored "-Winvalid-offsetof"

namespace kern {

/// Where things are that are private; the shortcut writes them as the kernel would.
struct Layout {
    using ReadyLink = Link<Thread>;
    static constexpr std::size_t link_next = offsetof(ReadyLink, next_),
                                 link_prev = offsetof(ReadyLink, prev_);

    static constexpr std::size_t thread_id = offsetof(Thread, id_), thread_task = offsetof(Thread, task_),
                                 thread_utcb = offsetof(Thread, utcb_), thread_prio = offsetof(Thread, prio_),
                                 thread_rare = offsetof(Thread, op_),
                                 thread_wait = offsetof(Thread, wait_) + offsetof(Wait, what),
                                 thread_peer = offsetof(Thread, wait_) + offsetof(Wait, peer),
                                 thread_fault = offsetof(Thread, fault_) + offsetof(Fault, kind),
                                 thread_deferred = offsetof(Thread, deferred_),
                                 thread_extras = offsetof(Thread, has_tls_),
                                 thread_reported =
                                     offsetof(Thread, entry_words_) + offsetof(arch::EntryWords, reported),
                                 thread_sees_utcb =
                                     offsetof(Thread, entry_words_) + offsetof(arch::EntryWords, utcb),
                                 thread_time_limit = offsetof(Thread, has_time_limit_),
                                 thread_tls = offsetof(Thread, tls_), thread_pager = offsetof(Thread, pager_),
                                 thread_slice = offsetof(Thread, slice_),
                                 thread_remaining = offsetof(Thread, remaining_),
                                 thread_idt_limit = offsetof(Thread, idt_limit_),
                                 thread_consumed = offsetof(Thread, consumed_),
                                 thread_senders = offsetof(Thread, senders);
    static_assert(thread_rare % 4 == 0 && offsetof(Thread, alien_) == thread_rare + 3);
    static_assert(thread_extras % 4 == 0 && offsetof(Thread, has_time_limit_) == thread_extras + 1 &&
                  offsetof(Thread, hidden_) == thread_extras + 3);
    // Whoever was in virtual-8086 mode seems to be this much lower (entry.S), and not to be 0 there.
    static constexpr std::size_t vm86_bytes = 16;
    static_assert(thread_rare - vm86_bytes == thread_id);
    static_assert(sizeof(ThreadId) == 4 && sizeof(Deferred) == 4);
    static_assert(offsetof(Thread, frame) == 0);

    static constexpr std::size_t task_dying = offsetof(Task, dying_), task_space = offsetof(Task, space_),
                                 task_directory = task_space + offsetof(Space, directory_),
                                 task_ports = task_space + offsetof(Space, io_) + offsetof(IoRights, bitmap),
                                 task_threads = offsetof(Task, threads_);
    static_assert(task_dying % 4 == 0 && offsetof(Task, numbers_returned_) == task_dying + 2);

    static constexpr std::size_t kernel_tasks = offsetof(Kernel, tasks_) + offsetof(TaskTable, entries_) +
                                                offsetof(TaskTable::Entry, task),
                                 kernel_running =
                                     offsetof(Kernel, scheduler_) + offsetof(Scheduler, running_),
                                 kernel_current = kernel_running + offsetof(ReadyLink, owner_),
                                 kernel_ready_next = kernel_running + link_next,
                                 kernel_ready_prev = kernel_running + link_prev,
                                 kernel_idle = offsetof(Kernel, idle_), kernel_now = offsetof(Kernel, now_),
                                 kernel_armed = offsetof(Kernel, armed_),
                                 kernel_fpu_owner = offsetof(Kernel, fpu_owner_),
                                 kernel_tls_loaded = offsetof(Kernel, tls_loaded_),
                                 kernel_active = offsetof(Kernel, map_db_) + offsetof(MapDb, mappings_) +
                                                 offsetof(Mappings, tables) + offsetof(PageTables, active_);
    static_assert(sizeof(TaskTable::Entry) == 8);

    using Machine = arch::Machine;
    static constexpr std::size_t timer = offsetof(Machine, timer_),
                                 timer_start = timer + offsetof(x86::Timer, start_),
                                 timer_scale = timer + offsetof(x86::Timer, micros_per_tick_),
                                 timer_deadline = timer + offsetof(x86::Timer, deadline_),
                                 timer_hardware = timer + offsetof(x86::Timer, hardware_),
                                 timer_same_until = timer + offsetof(x86::Timer, same_until_),
                                 timer_left = timer + offsetof(x86::Timer, left_),
                                 fpu = offsetof(Machine, fpu_),
                                 fpu_wanted = fpu + offsetof(x86::Fpu, wanted_),
                                 fpu_loaded = fpu + offsetof(x86::Fpu, loaded_),
                                 fixed = offsetof(Machine, fixed_),
                                 gdt = offsetof(Machine, gdt_) + offsetof(x86::Gdt, entries_);
};

} // namespace kern

constinit x86::CountersPage event_counters;

namespace x86 {

constinit arch::Machine machine;
constinit Running running;
alignas(kern::Kernel) constinit std::byte kernel_storage[sizeof(kern::Kernel)] = {};

} // namespace x86

#define PUBLISH_IN(object, name, value) \
    asm volatile(".globl " #name "\n.set " #name ", " #object " + %c0" ::"i"(value))
#define PUBLISH(name, value) asm volatile(".globl " #name "\n.set " #name ", %c0" ::"i"(value))

namespace {

// An NMI pushes three words below the stack pointer before it changes it: at the worst, below a thread, and
// what lies below that in virtual-8086 mode.
static_assert(kern::Account::thread_slot - sizeof(kern::Thread) >=
              sizeof(x86::Interrupted) + kern::Layout::vm86_bytes);

[[gnu::used]] void publish_offsets() {
    PUBLISH(FRAME_CS, offsetof(arch::Frame, cs));
    PUBLISH(FRAME_SS, offsetof(arch::Frame, ss));
    PUBLISH(USER_CS, ia32::user_cs);
    PUBLISH(USER_DS, ia32::user_ds);
    PUBLISH(TSS_ESP0, x86::tss_base + offsetof(x86::Tss, esp0));
    PUBLISH(SYSENTER_VECTOR, x86::sysenter_vector);
}

// shortcut.S and fault_entry.S
[[gnu::used]] void publish_offsets_of_shortcut() {
    using L = kern::Layout;
    PUBLISH(VECTOR_IPC, L4_VEC_IPC);
    PUBLISH(VECTOR_SWITCH, L4_VEC_THREAD_SWITCH);
    PUBLISH(VECTOR_PROTECTION, L4_TRAP_PROTECTION);
    PUBLISH(VECTOR_PAGE_FAULT, L4_TRAP_PAGE_FAULT);
    PUBLISH(USER_TOP, L4_USER_TOP);
    PUBLISH(FRAME_CR2, offsetof(arch::Frame, cr2));
    PUBLISH(FRAME_ERR, offsetof(arch::Frame, err));
    PUBLISH(FRAME_EBX, offsetof(arch::Frame, ebx));
    PUBLISH(FRAME_EAX, offsetof(arch::Frame, eax));
    PUBLISH(FRAME_ECX, offsetof(arch::Frame, ecx));
    PUBLISH(FRAME_EDX, offsetof(arch::Frame, edx));
    PUBLISH(FRAME_EBP, offsetof(arch::Frame, ebp));
    PUBLISH(FRAME_ESI, offsetof(arch::Frame, esi));
    PUBLISH(FRAME_TRAPNO, offsetof(arch::Frame, trapno));
    PUBLISH(FRAME_EIP, offsetof(arch::Frame, eip));
    PUBLISH(FRAME_EFLAGS, offsetof(arch::Frame, eflags));
    PUBLISH(FRAME_SIZE, sizeof(arch::Frame));
    PUBLISH(THREAD_ID, L::thread_id);
    PUBLISH(THREAD_REPORTED, L::thread_reported);
    PUBLISH(THREAD_SEES_UTCB, L::thread_sees_utcb);
    PUBLISH(THREAD_TASK, L::thread_task);
    PUBLISH(THREAD_UTCB, L::thread_utcb);
    PUBLISH(THREAD_PRIO, L::thread_prio);
    PUBLISH(THREAD_RARE, L::thread_rare);
    PUBLISH(THREAD_WAIT, L::thread_wait);
    PUBLISH(THREAD_PEER, L::thread_peer);
    PUBLISH(THREAD_FAULT, L::thread_fault);
    PUBLISH(THREAD_DEFERRED, L::thread_deferred);
    PUBLISH(THREAD_EXTRAS, L::thread_extras);
    PUBLISH(THREAD_HAS_TLS, L::thread_extras);
    PUBLISH(THREAD_TIME_LIMIT, L::thread_time_limit);
    PUBLISH(THREAD_TLS, L::thread_tls);
    PUBLISH(RARE_BUT_ALIEN, 0x00ffffff);
    PUBLISH(THREAD_ALIEN, L::thread_rare + 3);
    PUBLISH(THREAD_HAS_IOPL, L::thread_extras + 2);
    PUBLISH(VM86_BYTES, L::vm86_bytes);
    PUBLISH(FRAME_WORDS, sizeof(arch::Frame) / 4);
    PUBLISH(THREAD_REMAINING, L::thread_remaining);
    PUBLISH(THREAD_SLICE, L::thread_slice);
    PUBLISH(THREAD_CONSUMED, L::thread_consumed);
    PUBLISH(THREAD_SENDERS, L::thread_senders);
    PUBLISH(THREAD_SENDERS_NEXT, L::thread_senders + L::link_next);
    PUBLISH(THREAD_TIMEOUT, offsetof(kern::Thread, timeout) + offsetof(kern::Timeout, rank));
    PUBLISH(THREAD_FPU, offsetof(kern::Thread, fpu));
    PUBLISH(WAIT_NOTHING, static_cast<int>(kern::Wait::For::nothing));
    PUBLISH(WAIT_RECEIVE, static_cast<int>(kern::Wait::For::receive));
    PUBLISH(WAIT_RECEIVE_ANY, static_cast<int>(kern::Wait::For::receive_any));
}

/// The first word of a Fault.
struct FaultHead {
    std::uint8_t kind, with_state, trapno, zero;
};
constexpr std::uint32_t fault_head(kern::Fault::Kind kind, bool with_state, std::uint8_t trapno) {
    return std::bit_cast<std::uint32_t>(FaultHead{static_cast<std::uint8_t>(kind), with_state, trapno, 0});
}
static_assert(offsetof(kern::Fault, kind) == 0 && offsetof(kern::Fault, with_state) == 1 &&
              offsetof(kern::Fault, trapno) == 2 && offsetof(kern::Fault, err) == 4);

[[gnu::used]] void publish_offsets_of_exceptions() {
    using L = kern::Layout;
    PUBLISH(THREAD_PAGER, L::thread_pager);
    PUBLISH(THREAD_IDT_LIMIT, L::thread_idt_limit);
    PUBLISH(TASK_SIGMA0, L4_TASK_SIGMA0);
    PUBLISH(FAULT_EXCEPTION, static_cast<int>(kern::Fault::Kind::exception));
    PUBLISH(HEAD_OF_PROTECTION, fault_head(kern::Fault::Kind::exception, true, L4_TRAP_PROTECTION));
    PUBLISH(HEAD_OF_ALIEN_FAULT, fault_head(kern::Fault::Kind::exception, true, L4_TRAP_PAGE_FAULT));
    PUBLISH(HEAD_OF_USER_FAULT_WITH_STATE, fault_head(kern::Fault::Kind::user, true, L4_TRAP_PAGE_FAULT));
    PUBLISH(HEAD_OF_USER_FAULT, fault_head(kern::Fault::Kind::user, false, L4_TRAP_PAGE_FAULT));
    PUBLISH(THREAD_FAULT_ERR, L::thread_fault + offsetof(kern::Fault, err));
    PUBLISH(THREAD_FAULT_PAGER, L::thread_fault + offsetof(kern::Fault, pager));
    PUBLISH(THREAD_FAULT_W0, L::thread_fault + offsetof(kern::Fault, w0));
    PUBLISH(THREAD_FAULT_W1, L::thread_fault + offsetof(kern::Fault, w1));
    PUBLISH(THREAD_FAULT_PFA, L::thread_fault + offsetof(kern::Fault, pfa));
    PUBLISH(THREAD_FAULT_WINDOW, L::thread_fault + offsetof(kern::Fault, window));
    PUBLISH(THREAD_FAULT_DRIVER, L::thread_fault + offsetof(kern::Fault, driver));
    PUBLISH(THREAD_FAULT_DEADLINE, L::thread_fault + offsetof(kern::Fault, deadline));
    PUBLISH(COOKIE_0, L4_EXC_COOKIE_0);
    PUBLISH(COOKIE_1, L4_EXC_COOKIE_1);
    PUBLISH(DEALIEN, L4_EXC_DEALIEN);
    PUBLISH(UTCB_STATUS, x86::direct_base + offsetof(l4_utcb_t, status));
    PUBLISH(UTCB_STATE, x86::direct_base + offsetof(l4_utcb_t, state));
    PUBLISH(UTCB_STATE_GS, x86::direct_base + offsetof(l4_utcb_t, state.gs));
    PUBLISH(UTCB_STATE_FS, x86::direct_base + offsetof(l4_utcb_t, state.fs));
    PUBLISH(UTCB_RCV_SIZE, x86::direct_base + offsetof(l4_utcb_t, rcv_size));
    PUBLISH(STATE_WORDS, L4_UTCB_STATE_WORDS);
    PUBLISH(STATUS_EXCEPTIONS, L4_UTCB_EXCEPTIONS);
    PUBLISH(STATUS_PF_STATE, L4_UTCB_PF_STATE);
    PUBLISH(FAULT_PRESENT_OR_WRITE, ia32::fault_present | ia32::fault_write);
    PUBLISH(WHOLE_SPACE, L4_FP_WHOLE_SPACE);
    PUBLISH(STATUS_TIME_LIMIT, L4_UTCB_TIME_LIMIT);
    PUBLISH(EFLAGS_OF_USER, ia32::eflags_of_user);
    PUBLISH(USER_EFLAGS, ia32::user_eflags);
}

[[gnu::used]] void publish_more_of_them() {
    using L = kern::Layout;
    PUBLISH(TASK_DYING, L::task_dying);
    PUBLISH(TASK_SPACE, L::task_space);
    PUBLISH(TASK_DIRECTORY, L::task_directory);
    PUBLISH(TASK_PORTS, L::task_ports);
    PUBLISH(TASK_THREADS, L::task_threads);
    PUBLISH_IN(kernel_storage, KERNEL_TASKS, L::kernel_tasks);
    PUBLISH_IN(kernel_storage, KERNEL_CURRENT, L::kernel_current);
    PUBLISH_IN(kernel_storage, KERNEL_READY_NEXT, L::kernel_ready_next);
    PUBLISH_IN(kernel_storage, KERNEL_READY_PREV, L::kernel_ready_prev);
    PUBLISH_IN(kernel_storage, KERNEL_IDLE, L::kernel_idle);
    PUBLISH_IN(kernel_storage, KERNEL_NOW, L::kernel_now);
    PUBLISH_IN(kernel_storage, KERNEL_ARMED, L::kernel_armed);
    PUBLISH_IN(kernel_storage, KERNEL_FPU_OWNER, L::kernel_fpu_owner);
    PUBLISH_IN(kernel_storage, KERNEL_TLS_LOADED, L::kernel_tls_loaded);
    PUBLISH_IN(kernel_storage, KERNEL_ACTIVE, L::kernel_active);
    PUBLISH_IN(machine, MACHINE_TIMER_START, L::timer_start);
    PUBLISH_IN(machine, MACHINE_TIMER_SCALE, L::timer_scale);
    PUBLISH_IN(machine, MACHINE_TIMER_DEADLINE, L::timer_deadline);
    PUBLISH_IN(machine, MACHINE_TIMER_HARDWARE, L::timer_hardware);
    PUBLISH_IN(machine, MACHINE_TIMER_SAME_UNTIL, L::timer_same_until);
    PUBLISH_IN(machine, MACHINE_TIMER_LEFT, L::timer_left);
    PUBLISH_IN(machine, MACHINE_FPU_WANTED, L::fpu_wanted);
    PUBLISH_IN(machine, MACHINE_FPU_LOADED, L::fpu_loaded);
    PUBLISH_IN(machine, MACHINE_FIXED, L::fixed);
    PUBLISH_IN(machine, GDT_TLS, L::gdt + ia32::tls_selectors[0] / 8 * sizeof(std::uint64_t));
    PUBLISH(IO_BITMAP_ENTRY, ia32::table_index(x86::io_bitmap_base) * sizeof(std::uint32_t));
    PUBLISH(FRAME_MASK, ia32::frame_mask);
    PUBLISH(TSS_HAS_BITMAP, x86::Tss::bitmap);
    PUBLISH(TSS_NO_BITMAP, x86::Tss::no_bitmap);
    PUBLISH(FRAME_GS, offsetof(arch::Frame, gs));
    PUBLISH(FRAME_FS, offsetof(arch::Frame, fs));
    PUBLISH(NULL_SELECTORS, 4);
    PUBLISH_IN(running, RUNNING_KIP, offsetof(x86::Running, kip));
    PUBLISH_IN(event_counters, COUNTER_SYSCALLS,
               offsetof(l4_counters_t, events) + L4_COUNT_SYSCALL * sizeof(l4_word_t));
    PUBLISH_IN(event_counters, COUNTER_SHORT,
               offsetof(l4_counters_t, messages) + L4_COUNT_SHORT * sizeof(l4_word_t));
    PUBLISH_IN(event_counters, COUNTER_EXCEPTIONS,
               offsetof(l4_counters_t, events) + L4_COUNT_EXCEPTION * sizeof(l4_word_t));
    PUBLISH_IN(event_counters, COUNTER_PAGE_FAULTS,
               offsetof(l4_counters_t, events) + L4_COUNT_PAGE_FAULT * sizeof(l4_word_t));
    PUBLISH_IN(event_counters, COUNTER_FAULTS,
               offsetof(l4_counters_t, messages) + L4_COUNT_FAULT * sizeof(l4_word_t));
    PUBLISH_IN(event_counters, COUNTER_EXCEPTION_IPC,
               offsetof(l4_counters_t, messages) + L4_COUNT_EXCEPTION_IPC * sizeof(l4_word_t));
    PUBLISH_IN(event_counters, COUNTER_SWITCHES, offsetof(l4_counters_t, switches));
    PUBLISH_IN(event_counters, COUNTER_CR3_LOADS, offsetof(l4_counters_t, cr3_loads));
    PUBLISH(KIP_CLOCK, offsetof(l4_kip_t, clock));
    PUBLISH(TSS_BITMAP, x86::tss_base + offsetof(x86::Tss, bitmap_offset));
    PUBLISH(UTCB_SND_SIZE, x86::direct_base + offsetof(l4_utcb_t, snd_size));
    PUBLISH(IPC_DONE, l4_msgdope(L4_MSG_REGISTER_DWORDS, 0));
    PUBLISH(IPC_NOBODY, L4_IPC_ENOT_EXISTENT);
}

static_assert(L4_ID_LTHREAD_SHIFT == 10 && L4_ID_TASK_SHIFT == 17);
static_assert((L4_ID_LTHREAD_MASK >> L4_ID_LTHREAD_SHIFT) == 0x7f &&
              (L4_ID_TASK_MASK >> L4_ID_TASK_SHIFT) == 0x7ff);

} // namespace
