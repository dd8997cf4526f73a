// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "sim/regs.h"
#include "test/support/lockstep.h"

namespace test {

/// One step of a trace: what the running thread does, or what happens to it.
struct Action {
    enum class Kind : std::uint8_t {
        call,      ///< int code, with regs
        load,      ///< at address
        store,     ///< value at address
        exception, ///< code, error code in address
        io,        ///< at port address, of code bytes; 0: cli
        emulate,   ///< code (ia32::Emulated), with regs
        set,       ///< register code (Lockstep::Register) := value
        fpu,       ///< its floating-point registers, filled by value
        irq,       ///< line code
        pass,      ///< time goes by
        timer,     ///< the timer's event, if it is due
        resume,    ///< the window for interrupts in the kernel is over
        fail,      ///< the code-th allocation of the next event fails
    };
    Kind kind = Kind::timer;
    std::uint32_t code = 0, address = 0, value = 0;
    std::uint64_t time = 0;
    sim::Regs regs{};

    static Action call(std::uint32_t vector, const sim::Regs& regs) {
        return {.kind = Kind::call, .code = vector, .regs = regs};
    }
    static Action load(std::uint32_t at) { return {.kind = Kind::load, .address = at}; }
    static Action store(std::uint32_t at, std::uint32_t value) {
        return {.kind = Kind::store, .address = at, .value = value};
    }
    static Action pass(std::uint64_t us) { return {.kind = Kind::pass, .time = us}; }
    static Action fail(std::uint32_t k) { return {.kind = Kind::fail, .code = k}; }

    static Action set(Lockstep::Register which, std::uint32_t value) {
        return {.kind = Kind::set, .code = static_cast<std::uint32_t>(which), .value = value};
    }

    bool by_user() const { return kind <= Kind::fpu; }
    bool operator==(const Action&) const = default;
};

/// Does it, or nothing if it can not be done now.  What a thread does is done when that is back in user mode.
void perform(const Action& action, Lockstep& lockstep);

/// Its name and its numbers, as traces have them.
std::string to_string(const Action& action);
/// And back; throws std::invalid_argument that says what is wrong and what would be right.
Action parse_action(std::string_view text);

} // namespace test
