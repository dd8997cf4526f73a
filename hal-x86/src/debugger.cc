// SPDX-License-Identifier: BSD-2-Clause
#include "x86/debugger.h"

#include <array>

#include "kdb/debugger.h"
#include "x86/boot_stop.h"
#include "x86/entry.h"
#include "x86/kdebug.h"
#include "x86/kernel.h"

extern "C" const char text_start[], text_end[], symbols_start[], symbols_end[];

namespace x86 {
namespace {

constinit std::array<kdb::Record, 512> records{};

void put(void* to, char c) { static_cast<Console*>(to)->put(c); }

std::span<const std::byte> bytes_between(const char* from, const char* end) {
    return std::as_bytes(std::span(from, end));
}

/// What is on the kernel's stack from `esp` on; nothing if that is another stack.
std::span<const std::uint32_t> stack_from(std::uint32_t esp) {
    const auto end = reinterpret_cast<std::uint32_t>(kernel_stack_end);
    if (esp < end - kernel_stack_size || esp >= end) return {};
    return {at_address<const std::uint32_t>(esp & ~3u), (end - esp) / sizeof(std::uint32_t)};
}

/// Where the kernel was, and its stack from there on.
struct Place {
    std::uint32_t eip, esp;
};

/// In the kernel the processor pushes no stack pointer: the frame's last words are the stack.
Place place_of(const arch::Frame& at) { return {at.eip, reinterpret_cast<std::uint32_t>(&at.esp)}; }

/// Of whoever has called the function in which this stands.
[[gnu::always_inline]] inline Place caller() {
    constexpr std::uint32_t saved_ebp_and_return = 8;
    return {reinterpret_cast<std::uint32_t>(__builtin_return_address(0)),
            reinterpret_cast<std::uint32_t>(__builtin_frame_address(0)) + saved_ebp_and_return};
}

kdb::Code code_at(Place place) {
    return {.text = bytes_between(text_start, text_end),
            .text_base = reinterpret_cast<std::uint32_t>(text_start),
            .stack = stack_from(place.esp),
            .eip = place.eip,
            .symbols = kdb::Symbols(bytes_between(symbols_start, symbols_end))};
}

} // namespace

constinit Debugger debugger{kdb::Ring(records)};

void Debugger::init(const char* command_line) {
    wanted_ = option_given(command_line, "kdb");
    traced_ = wanted_ || option_given(command_line, "trace");
    if (wanted_) machine.listen();
}

/// False: there is no serial line to read from.
bool Debugger::read_line(kdb::Output& out, char (&line)[longest]) {
    constexpr char backspace = 8, rubout = 127;
    Console& console = machine.console();
    std::uint32_t length = 0;
    for (;;) {
        int c;
        do {
            if (!console.has_input()) return false;
            c = console.poll();
        } while (c < 0);
        if (c == '\r' || c == '\n') break;
        if (c == backspace || c == rubout) {
            if (length != 0) out << "\b \b", --length;
        } else if (c >= ' ' && c < rubout && length < longest - 1) {
            out << (line[length++] = static_cast<char>(c));
        }
    }
    line[length] = 0;
    out << '\n';
    return true;
}

void Debugger::enter(const char* why, const arch::Frame* at) {
    if (!wanted_ || !running.kernel) return;
    Console& console = machine.console();
    machine.text().put_all(console);
    kdb::Output out(put, &console);
    const kdb::View view{.kernel = *running.kernel,
                         .machine = machine,
                         .ring = traced_ ? &ring_ : nullptr,
                         .code = code_at(at ? place_of(*at) : caller())};
    out << "\nkdb: " << why << "; `help` lists the commands\n";
    char line[longest];
    do out << "kdb> ";
    while (read_line(out, line) && kdb::execute(view, out, line));
}

void Debugger::put_state(const arch::Frame* at, std::uint32_t events) const {
    Console& console = machine.console();
    kdb::Output out(put, &console);
    const kdb::Code code = code_at(at ? place_of(*at) : caller());
    out << "called from\n";
    kdb::put_backtrace(code, out);
    if (!traced_) {
        out << "no trace events: the kernel was started without `trace`\n";
        return;
    }
    out << "the last trace events\n";
    kdb::put_ring(ring_, out, events);
}

void enter_debugger(const char* why) { debugger.enter(why); }

} // namespace x86
