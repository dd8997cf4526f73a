// SPDX-License-Identifier: BSD-2-Clause
// What is compared after each step, and what is said about a difference.
#include "hal-x86/replay/player.h"
#include "x86/kernel.h"

namespace replay {
namespace {

class Printer final : public Lines {
public:
    explicit Printer(x86::Console& console) : console_(console) {}
    void line(const char* what, std::span<const std::uint64_t> numbers) override {
        console_.put(what);
        for (const std::uint64_t n : numbers) {
            console_.put(' ');
            plain(n);
        }
        console_.put('\n');
    }
    /// Hexadecimal without leading zeros.
    void plain(std::uint64_t n) {
        unsigned digits = 1;
        while (digits < 16 && n >> 4 * digits != 0) ++digits;
        if (digits > 8) console_.hex(static_cast<std::uint32_t>(n >> 32), digits - 8);
        console_.hex(static_cast<std::uint32_t>(n), digits > 8 ? 8 : digits);
    }

private:
    x86::Console& console_;
};

constexpr const char* result_registers[] = {"eax", "ebx", "ecx", "edx", "esi",
                                            "edi", "ebp", "esp", "eip", "eflags"};

std::array<std::uint32_t, 10> registers_of(const arch::Frame& f) {
    return {f.eax, f.ebx, f.ecx, f.edx, f.esi, f.edi, f.ebp, f.esp, f.eip, f.eflags};
}

} // namespace

void Player::compare() {
    const std::uint32_t who =
        idle() ? 0 : std::uint32_t{current_->task_no().raw()} << 8 | current_->lthread();
    const std::uint32_t flags =
        (idle() ? std::uint32_t{Step::idle} : 0) | (in_kernel() ? std::uint32_t{Step::in_kernel} : 0);
    const std::uint32_t wanted = step_.flags & (Step::idle | Step::in_kernel);
    if (flags != wanted) differ("is it idle (1), is the thread in the kernel (2)", wanted, flags);
    if (!idle() && who != step_.who) differ("who runs", step_.who, who);
    const std::array<std::uint32_t, 10> is = idle() ? step_.result : registers_of(current_->frame);
    for (std::size_t i = 0; i < is.size(); ++i)
        if (is[i] != step_.result[i]) differ(result_registers[i], step_.result[i], is[i]);
    if ((step_.flags & Step::has_digest) == 0) return;
    Digest digest;
    observe(*x86::running.kernel, x86::machine, digest);
    if (digest.value() != number(step_.digest))
        differ("the state", step_.digest[0], static_cast<std::uint32_t>(digest.value()));
}

void Player::differ(const char* what, std::uint32_t expected, std::uint32_t got) {
    x86::Console& console = x86::machine.console();
    Printer printer(console);
    console.put("replay: trace ");
    console.decimal(trace_);
    console.put(", step ");
    console.decimal(step_number_);
    console.put(" differs: ");
    console.put(what);
    console.put(": expected ");
    printer.plain(expected);
    console.put(", got ");
    printer.plain(got);
    console.put("\nstate\n");
    observe(*x86::running.kernel, x86::machine, printer);
    if (step_number_ == system_.steps)
        for (std::uint32_t i = 0; i < system_.frames; ++i) observe_frame(x86::machine, frames_[i], printer);
    console.put("end of state\n");
    constexpr std::uint8_t failure = 0x11;
    x86::out8(static_cast<std::uint16_t>(x86::running.exit_port), failure);
    for (;;) asm volatile("cli; hlt");
}

} // namespace replay
