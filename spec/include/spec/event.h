// SPDX-License-Identifier: BSD-2-Clause
// What enters the kernel (semantics 1.1).
#pragma once

#include <cstdint>

#include "spec/ids.h"

namespace spec {

enum class EventKind : std::uint8_t {
    syscall,    ///< code: vector
    page_fault, ///< code: IA-32 error code, addr: address
    exception,  ///< code: vector, addr: error code
    io_fault,   ///< code: bytes (1, 2, 4), addr: port; code 0: cli or sti
    emulate,    ///< code: Emulated
    irq,        ///< code: line
    timer,
    resume, ///< instead of user mode, when the current thread is in the kernel (1.4)
};

/// Privileged instructions that the kernel executes for user programs (17).
enum class Emulated : std::uint8_t { lidt, lldt };

struct Event {
    EventKind kind = EventKind::timer;
    Word code = 0;
    Word addr = 0;
    bool operator==(const Event&) const = default;

    static Event syscall(Word vector) { return {EventKind::syscall, vector, 0}; }
    static Event page_fault(Word address, Word error_code) {
        return {EventKind::page_fault, error_code, address};
    }
    static Event exception(Word vector, Word error_code = 0) {
        return {EventKind::exception, vector, error_code};
    }
    static Event io_fault(Word port, Word bytes) { return {EventKind::io_fault, bytes, port}; }
    static Event emulate(Emulated what) { return {EventKind::emulate, static_cast<Word>(what), 0}; }
    static Event irq(Word line) { return {EventKind::irq, line, 0}; }
    static Event timer() { return {EventKind::timer, 0, 0}; }
    static Event resume() { return {EventKind::resume, 0, 0}; }
};

/// Bits of an IA-32 page-fault error code.
constexpr Word pf_present = 1, pf_write = 2, pf_user = 4;

} // namespace spec
