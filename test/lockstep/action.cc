// SPDX-License-Identifier: BSD-2-Clause
#include "test/lockstep/action.h"

#include <cstdio>
#include <iterator>
#include <stdexcept>
#include <type_traits>

#include "test/lockstep/words.h"

namespace test {
namespace {

using Kind = Action::Kind;

constexpr const char* names[] = {"call", "load", "store", "exception", "io",     "emulate", "set",
                                 "fpu",  "irq",  "pass",  "timer",     "resume", "fail"};

constexpr std::uint64_t word_max = ~std::uint32_t{0};
constexpr std::uint64_t code_max = 0xff, line_max = 15, pass_max = std::uint64_t{1} << 48, fail_max = 0xffff;
constexpr std::uint64_t io_max = 4, port_max = 0xffff;
constexpr std::uint64_t emulated_max = static_cast<std::uint64_t>(ia32::Emulated::lldt);
constexpr std::uint64_t register_max = static_cast<std::uint64_t>(Lockstep::Register::ebp);

/// The numbers that follow the name: what they are, where, and the largest; one list for both directions.
template <class A, class F>
void for_each_number(A& a, F visit) {
    switch (a.kind) {
        case Kind::call:
        case Kind::emulate:
            if (a.kind == Kind::call)
                visit("the vector", a.code, code_max);
            else
                visit("the instruction, `lidt` 0 or `lldt` 1,", a.code, emulated_max);
            visit("eax", a.regs.eax, word_max);
            visit("ebx", a.regs.ebx, word_max);
            visit("ecx", a.regs.ecx, word_max);
            visit("edx", a.regs.edx, word_max);
            visit("esi", a.regs.esi, word_max);
            visit("edi", a.regs.edi, word_max);
            visit("ebp", a.regs.ebp, word_max);
            break;
        case Kind::store:
            visit("the address", a.address, word_max);
            visit("the value", a.value, word_max);
            break;
        case Kind::load: visit("the address", a.address, word_max); break;
        case Kind::exception:
            visit("the exception's number", a.code, code_max);
            visit("the error code", a.address, word_max);
            break;
        case Kind::io:
            visit("the number of bytes", a.code, io_max);
            visit("the port", a.address, port_max);
            break;
        case Kind::set:
            visit("the register", a.code, register_max);
            visit("the value", a.value, word_max);
            break;
        case Kind::fpu: visit("the pattern", a.value, word_max); break;
        case Kind::irq: visit("the interrupt line", a.code, line_max); break;
        case Kind::pass: visit("the microseconds", a.time, pass_max); break;
        case Kind::fail: visit("the number of the allocation", a.code, fail_max); break;
        case Kind::timer:
        case Kind::resume: break;
    }
}

} // namespace

void perform(const Action& a, Lockstep& on) {
    if (a.by_user()) {
        for (unsigned most = 100000; on.in_kernel() && on.mismatch().empty() && most != 0; --most)
            on.resume();
        if (on.idle() || on.in_kernel()) return;
    }
    switch (a.kind) {
        case Kind::call: return on.syscall(a.code, a.regs);
        case Kind::load: return static_cast<void>(on.touch(kern::VAddr{a.address & ~3u}, false));
        case Kind::store: return static_cast<void>(on.touch(kern::VAddr{a.address & ~3u}, true, a.value));
        case Kind::exception: return on.exception(a.code, a.address);
        case Kind::io: return on.io(a.address, a.code);
        case Kind::emulate: return on.emulate(static_cast<ia32::Emulated>(a.code), a.regs);
        case Kind::set: return on.set(static_cast<Lockstep::Register>(a.code), a.value);
        case Kind::fpu: return on.set_fpu(a.value);
        case Kind::irq: return on.irq(kern::Line{static_cast<std::uint8_t>(a.code)});
        case Kind::pass: return on.pass(kern::Micros{a.time});
        case Kind::timer: return static_cast<void>(on.timer());
        case Kind::resume:
            if (on.in_kernel()) on.resume();
            return;
        case Kind::fail: on.fail_allocation(a.code);
    }
}

std::string to_string(const Action& a) {
    std::string line = names[static_cast<std::size_t>(a.kind)];
    for_each_number(a, [&](const char*, std::uint64_t n, std::uint64_t) {
        char text[24];
        std::snprintf(text, sizeof text, " %llx", static_cast<unsigned long long>(n));
        line += text;
    });
    return line;
}

Action parse_action(std::string_view text) {
    Words words(text);
    const std::string name(words.next("an action"));
    Action a;
    for (std::size_t i = 0; i < std::size(names); ++i) {
        if (name != names[i]) continue;
        a.kind = static_cast<Kind>(i);
        for_each_number(a, [&](const char* what, auto& n, std::uint64_t most) {
            n = static_cast<std::remove_reference_t<decltype(n)>>(
                words.number(std::string(what) + " of `" + name + "`", 16, most));
        });
        if (a.kind == Kind::fail && a.code == 0)
            throw std::invalid_argument("`0` is no allocation for `fail`; the first is 1");
        if (a.kind == Kind::io && a.code == 3)
            throw std::invalid_argument(
                "`3` bytes are no access of `io`; there are 1, 2 and 4, and 0: `cli`");
        words.expect_end("`" + name + "`");
        return a;
    }
    std::string all;
    for (const char* const n : names) all += std::string(all.empty() ? "" : ", ") + n;
    throw std::invalid_argument(quoted(name) + " is no action; there are " + all);
}

} // namespace test
