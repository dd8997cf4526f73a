// SPDX-License-Identifier: BSD-2-Clause
#include "test/lockstep/action.h"

#include <cstdio>
#include <iterator>
#include <sstream>

namespace test {
namespace {

using Kind = Action::Kind;

constexpr const char* names[] = {"call", "load", "store", "exception", "io",    "emulate",
                                 "set",  "fpu",  "irq",   "pass",      "timer", "resume"};

/// The numbers that follow the name, as pointers: one list for both directions.
template <class A, class F>
void for_each_number(A& a, F visit) {
    switch (a.kind) {
        case Kind::call:
        case Kind::emulate:
            visit(a.code);
            for (auto* r :
                 {&a.regs.eax, &a.regs.ebx, &a.regs.ecx, &a.regs.edx, &a.regs.esi, &a.regs.edi, &a.regs.ebp})
                visit(*r);
            break;
        case Kind::store:
            visit(a.address);
            visit(a.value);
            break;
        case Kind::load: visit(a.address); break;
        case Kind::exception:
        case Kind::io:
            visit(a.code);
            visit(a.address);
            break;
        case Kind::set: visit(a.code); [[fallthrough]];
        case Kind::fpu: visit(a.value); break;
        case Kind::irq: visit(a.code); break;
        case Kind::pass: visit(a.time); break;
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
        case Kind::emulate:
            return on.emulate(a.code == 0 ? ia32::Emulated::lidt : ia32::Emulated::lldt, a.regs);
        case Kind::set: return on.set(static_cast<Lockstep::Register>(a.code), a.value);
        case Kind::fpu: return on.set_fpu(a.value);
        case Kind::irq: return on.irq(kern::Line{static_cast<std::uint8_t>(a.code)});
        case Kind::pass: return on.pass(kern::Micros{a.time});
        case Kind::timer: return static_cast<void>(on.timer());
        case Kind::resume:
            if (on.in_kernel()) on.resume();
    }
}

std::string to_string(const Action& a) {
    std::string line = names[static_cast<std::size_t>(a.kind)];
    for_each_number(a, [&](std::uint64_t n) {
        char text[24];
        std::snprintf(text, sizeof text, " %llx", static_cast<unsigned long long>(n));
        line += text;
    });
    return line;
}

std::optional<Action> parse_action(const std::string& line) {
    std::istringstream in(line);
    std::string name;
    in >> name;
    Action a;
    for (std::size_t i = 0; i < std::size(names); ++i) {
        if (name != names[i]) continue;
        a.kind = static_cast<Kind>(i);
        for_each_number(a, [&](auto& n) {
            std::uint64_t value = 0;
            in >> std::hex >> value;
            n = static_cast<std::remove_reference_t<decltype(n)>>(value);
        });
        if (in.fail()) return {};
        return a;
    }
    return {};
}

} // namespace test
