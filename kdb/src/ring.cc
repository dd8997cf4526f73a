// SPDX-License-Identifier: BSD-2-Clause
#include "kdb/ring.h"

#include "ia32/paging.h"
#include "kdb/output.h"

namespace kdb {
namespace {

using Kind = kern::Event::Kind;

kern::ThreadId id_of(std::uint32_t who) {
    return {.task = kern::TaskNo{static_cast<std::uint16_t>(who >> 8)},
            .lthread = static_cast<std::uint8_t>(who)};
}

void put_words(Output& out, std::initializer_list<std::uint32_t> words) {
    for (const std::uint32_t word : words) out << ' ' << Hex{word};
}

void put_registers(Output& out, const Record::Block& r) {
    put_words(out, {r.eax, r.ebx, r.ecx, r.edx, r.esi, r.edi, r.ebp});
}

} // namespace

void put_step(Output& out, const Record& r) {
    switch (static_cast<Kind>(r.kind)) {
        case Kind::syscall: out << "call " << Hex{r.code}; return put_registers(out, r.before);
        case Kind::page_fault:
            if ((r.code & ia32::fault_write) != 0)
                out << "store " << Hex{r.addr & ~3u} << " 0";
            else
                out << "load " << Hex{r.addr & ~3u};
            return;
        case Kind::exception: out << "exception " << Hex{r.code} << ' ' << Hex{r.addr}; return;
        case Kind::io_fault: out << "io " << Hex{r.code} << ' ' << Hex{r.addr}; return;
        case Kind::emulate: out << "emulate " << Hex{r.code}; return put_registers(out, r.before);
        case Kind::irq: out << "irq " << Hex{r.code}; return;
        case Kind::timer: out << "timer"; return;
        case Kind::resume: out << "resume"; return;
    }
    out << "kind " << Hex{r.kind};
}

void put_result(Output& out, const Record& r) {
    out << " = ";
    if ((r.next & Record::unfinished) != 0) {
        out << "not finished";
    } else if ((r.next & Record::idle) != 0) {
        out << "idle -";
    } else {
        out << id_of(r.next) << ((r.next & Record::in_kernel) != 0 ? "k -" : " -");
        put_registers(out, r.after);
        put_words(out, {r.esp, r.eip, r.eflags});
    }
}

} // namespace kdb
