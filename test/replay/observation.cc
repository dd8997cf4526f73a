// SPDX-License-Identifier: BSD-2-Clause
#include "test/replay/observation.h"

#include <array>
#include <cstring>

#include "ia32/paging.h"
#include "l4/abi/limits.h"
#include "l4/abi/utcb.h"

namespace replay {
namespace {

constexpr std::uint64_t nobody = ~std::uint64_t{0};

std::uint64_t name(kern::ThreadId id) { return std::uint64_t{id.task.raw()} << 8 | id.lthread; }
std::uint64_t name(const kern::Thread* t) { return t ? name(t->id()) : nobody; }
std::uint64_t both(l4_threadid_t id) { return std::uint64_t{id.high} << 32 | id.low; }
std::uint64_t pair(std::uint32_t a, std::uint32_t b) { return std::uint64_t{a} << 32 | b; }
template <class E>
std::uint64_t number(E e) {
    return static_cast<std::uint64_t>(e);
}

template <class T>
T read(const std::byte* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

class Observer {
public:
    Observer(const kern::Kernel& kernel, arch::Machine& machine, Lines& to)
        : kernel_(kernel), machine_(machine), to_(to) {}

    void scheduling() {
        const kern::Thread& current = kernel_.current();
        to_.add("runs", {current.idle() ? nobody : name(&current)});
        const kern::Scheduler& scheduler = kernel_.scheduler();
        to_.add("donation", {name(scheduler.donor()), name(scheduler.donee())});
        to_.add("timer", {kernel_.armed_timer().raw(), kernel_.now().raw()});
        for (unsigned prio = 0; prio < L4_PRIOS; ++prio)
            scheduler.for_each(kern::Prio{static_cast<std::uint8_t>(prio)}, [&](const kern::Thread& t) {
                to_.add("ready", {prio, name(&t)});
            });
        for (unsigned l = 0; l < L4_IRQS; ++l) {
            const kern::IrqTable::Entry& entry = kernel_.irqs()[kern::Line{static_cast<std::uint8_t>(l)}];
            if (entry.owner) to_.add("interrupt", {l, name(entry.owner), entry.pending});
        }
    }

    void task(const kern::Task& task) {
        const kern::Account& a = task.account();
        to_.add("task", {task.no().raw(), kernel_.tasks().chief(task.no()).raw(), task.nest(), task.dying(),
                         task.owns_account()});
        to_.add("account", {a.limit(), a.used(), a.thread_frames(), a.threads(), a.node_frames(), a.nodes()});
        task.present().for_each([&](const kern::Thread& t) { thread(t); });
        space(task.space());
        ports(task.space());
    }

private:
    void thread(const kern::Thread& t) {
        const kern::Wait& w = t.wait();
        const kern::Fault& f = t.fault();
        // Whose message it waits for means nothing when it does not.
        const std::uint64_t peer = w.what == kern::Wait::For::receive ? name(w.peer) : nobody;
        const bool with = w.what == kern::Wait::For::send || w.what == kern::Wait::For::transfer ||
                          w.what == kern::Wait::For::fault_of;
        to_.add("thread", {name(&t), number(w.what), number(t.op()), t.in_kernel(), peer,
                           with ? name(w.with) : nobody, name(t.transfer().to)});
        to_.add("fault", {number(f.kind), pair(f.w0, f.w1), pair(f.trapno, f.err), f.pfa, f.window});
        to_.add("times", {t.timeout.armed() ? t.timeout.deadline.raw() : nobody, t.slice().raw(),
                          t.remaining().raw(), t.consumed().raw(), t.time_limit().raw()});
        to_.add("scheduled", {t.prio().raw(), t.mcp(), both(t.pager()), both(t.internal_preempter()),
                              both(t.external_preempter())});
        to_.add("pending", {t.alien(), t.dealien(), t.reflection(), t.after_call(), t.triggered(),
                            t.time_fault(), t.stop()});
        registers(t);
        t.senders.for_each([&](const kern::Thread& s) { to_.add("sender", {name(&s)}); });
    }

    void registers(const kern::Thread& t) {
        const arch::Frame& r = t.frame;
        to_.add("registers", {pair(r.eax, r.ebx), pair(r.ecx, r.edx), pair(r.esi, r.edi), pair(r.ebp, r.esp),
                              pair(r.eip, r.eflags), pair(r.gs, r.fs)});
        const std::array<std::uint64_t, 3>& tls = t.tls();
        to_.add("tables", {tls[0], tls[1], tls[2], t.idt_base(), t.idt_limit()});
        arch::FpuState state = t.fpu;
        if (kernel_.fpu_owner() == &t) machine_.save_fpu(state);
        constexpr std::size_t st = 32, xmm = 160;
        for (std::size_t i = 0; i < 8; ++i) {
            const std::byte* const x87 = &state.bytes[st + 16 * i];
            const std::byte* const sse = &state.bytes[xmm + 16 * i];
            to_.add("floating-point", {read<std::uint64_t>(x87), read<std::uint16_t>(x87 + 8),
                                       read<std::uint64_t>(sse), read<std::uint64_t>(sse + 8)});
        }
        constexpr std::uint32_t each = ia32::page_size / L4_UTCB_SIZE;
        const auto frame = machine_.page(t.task().utcb_frame(t.lthread() / each));
        const std::byte* const utcb = frame.data() + t.lthread() % each * L4_UTCB_SIZE;
        std::array<std::uint64_t, L4_UTCB_SIZE / 8> words;
        for (std::size_t i = 0; i < words.size(); ++i) words[i] = read<std::uint64_t>(utcb + 8 * i);
        to_.line("utcb", words);
    }

    std::uint32_t word(std::uint32_t table, std::uint32_t index) {
        return read<std::uint32_t>(machine_.page(kern::PAddr{table & ia32::frame_mask}).data() + 4 * index);
    }

    void page(const kern::Space& space, const char* what, std::uint32_t va, std::uint32_t entry) {
        const kern::MapDb::Origin o = kernel_.map_db().origin(space, kern::VAddr{va});
        constexpr std::uint32_t shown =
            ia32::present | ia32::writable | ia32::user | ia32::accessed | ia32::dirty;
        to_.add(what,
                {va, entry & (ia32::frame_mask | shown), o.serial, o.parent_serial, o.split, o.fan_out});
    }

    void space(const kern::Space& space) {
        const std::uint32_t directory = space.directory().raw();
        for (std::uint32_t d = 0; d < L4_USER_TOP >> ia32::super_shift; ++d) {
            const std::uint32_t upper = word(directory, d), region = d << ia32::super_shift;
            if ((upper & ia32::present) == 0) continue;
            if ((upper & ia32::super) != 0)
                page(space, "superpage", region, upper);
            else
                table(space, region, upper);
        }
    }

    void table(const kern::Space& space, std::uint32_t region, std::uint32_t upper) {
        for (std::uint32_t t = 0; t < ia32::entries; ++t) {
            const std::uint32_t entry = word(upper, t), va = region | t << ia32::page_shift;
            const bool utcb = va - L4_UTCB_AREA < L4_UTCB_AREA_SIZE;
            if ((entry & ia32::present) != 0 && !utcb) page(space, "page", va, entry);
        }
    }

    void ports(const kern::Space& space) {
        to_.add("ports", {kernel_.map_db().port_giver(space).raw()});
        for (std::uint32_t half = 0; half < 2; ++half) {
            const kern::PAddr frame = space.port_bitmap(half);
            if (frame == kern::PAddr{}) continue;
            for (std::uint32_t w = 0; w < ia32::entries; ++w) {
                const std::uint32_t denied = word(frame.raw(), w);
                if (denied != ~0u) to_.add("ports from", {half << 15 | w << 5, denied});
            }
        }
    }

    const kern::Kernel& kernel_;
    arch::Machine& machine_;
    Lines& to_;
};

} // namespace

void observe(const kern::Kernel& kernel, arch::Machine& machine, Lines& to) {
    Observer observer(kernel, machine, to);
    observer.scheduling();
    for (std::uint16_t n = 0; n < L4_TASKS; ++n) {
        const kern::TaskNo no{n}, chief = kernel.tasks().chief(no);
        if (const kern::Task* const task = kernel.tasks().task(no))
            observer.task(*task);
        else if (n >= L4_TASK_FIRST_USER && chief != kern::TaskNo{L4_TASK_ROOT})
            to.add("number", {n, chief.raw()});
    }
}

void observe_frame(arch::Machine& machine, std::uint32_t number, Lines& to) {
    const auto bytes = machine.page(kern::PAddr{number << ia32::page_shift});
    for (std::uint32_t at = 0; at < ia32::page_size; at += 64) {
        std::array<std::uint64_t, 9> words{std::uint64_t{number} << ia32::page_shift | at};
        for (std::uint32_t i = 0; i < 8; ++i) words[i + 1] = read<std::uint64_t>(bytes.data() + at + 8 * i);
        to.line("memory", words);
    }
}

} // namespace replay
