// SPDX-License-Identifier: BSD-2-Clause
// Words as users pass them: the kernel's decoders against the specification's, or against the interface as it
// stands.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include "fuzz/support/session.h"
#include "kern/fpage.h"
#include "kern/ids.h"
#include "kern/ipc_args.h"
#include "kern/timeout.h"
#include "spec/flexpage.h"
#include "spec/times.h"
#include "test/lockstep/dice.h"

namespace fuzz {
namespace {

void same(std::uint64_t kernel, std::uint64_t wanted, const char* what, std::uint64_t word) {
    if (kernel == wanted) return;
    char text[160];
    std::snprintf(text, sizeof text, "%s of %llx: %llx <> %llx", what, static_cast<unsigned long long>(word),
                  static_cast<unsigned long long>(kernel), static_cast<unsigned long long>(wanted));
    expect(false, "fuzz_abi_decode", text);
}

/// `never` is none.
std::uint64_t raw(const spec::Deadline& deadline) { return deadline ? *deadline : kern::never.raw(); }

void check_flexpage(std::uint32_t word) {
    const kern::Fpage kernel(word);
    const spec::Flexpage wanted = spec::decode_flexpage(word);
    same(static_cast<unsigned>(kernel.kind()), static_cast<unsigned>(wanted.kind), "kind of flexpage", word);
    same(kernel.is_whole(), wanted.is_whole_space(), "wholeness of flexpage", word);
    if (wanted.kind == spec::Flexpage::Kind::nothing) return;
    same(kernel.size_log2(), wanted.size, "size of flexpage", word);
    same(kernel.first(), wanted.base, "begin of flexpage", word);
    same(kernel.end(), wanted.end, "end of flexpage", word);
    same(kernel.write(), (word & 2) != 0, "write bit of flexpage", word);
    same(kernel.grant(), (word & 1) != 0, "grant bit of flexpage", word);
}

void check_timeouts(std::uint32_t timeouts, std::uint32_t id_high, std::uint64_t time) {
    const kern::Micros now{time};
    spec::IpcCall call;
    call.timeouts = timeouts;
    call.partner.high = id_high;
    same(kern::send_deadline(timeouts, id_high, now).raw(), raw(spec::send_deadline(call, time)),
         "send deadline", timeouts);
    same(kern::receive_deadline(timeouts, id_high, now).raw(), raw(spec::receive_deadline(call, time)),
         "receive deadline", timeouts);
    same(kern::send_fault_deadline(timeouts, now).raw(), raw(spec::fault_deadline(timeouts >> 12 & 15, time)),
         "send page-fault deadline", timeouts);
    same(kern::receive_fault_deadline(timeouts, now).raw(),
         raw(spec::fault_deadline(timeouts >> 8 & 15, time)), "receive page-fault deadline", timeouts);
}

void check_slice(std::uint32_t param) {
    const kern::Micros kernel = kern::decode_slice(param);
    const spec::Time wanted = spec::decode_slice(param);
    same(kernel == kern::never ? 0 : kernel.raw(), wanted, "time slice", param);
    same(kern::encode_slice(kernel), spec::encode_slice(wanted), "reported time slice", param);
}

/// abi.md: registers and flags of an IPC.
void check_ipc(const arch::Frame& f) {
    const kern::IpcArgs a = kern::IpcArgs::decode(f);
    const bool send = f.eax + 1 != 0, receive = f.ebp + 1 != 0;
    same(a.send, send, "send phase", f.eax);
    same(a.receive, receive, "receive phase", f.ebp);
    same(a.no_switch, send && f.eax % 2 == 1, "deceit bit", f.eax);
    same(a.map, send && f.eax / 2 % 2 == 1, "map bit", f.eax);
    same(a.send_buffer, send ? f.eax / 4 * 4 : 0, "send buffer", f.eax);
    same(a.open, receive && f.ebp % 2 == 1, "open bit", f.ebp);
    const bool window = receive && f.ebp / 2 % 2 == 1;
    same(a.window, window ? f.ebp / 4 * 4 : 0, "receive window", f.ebp);
    same(a.receive_buffer, receive && !window ? f.ebp / 4 * 4 : 0, "receive buffer", f.ebp);
    same(a.is_transfer(), a.map || a.send_buffer != 0, "transfer", f.eax);
    same(a.w0, f.edx, "word 0", f.edx);
    same(a.w1, f.ebx, "word 1", f.ebx);
    same(a.timeouts, f.ecx, "timeouts", f.ecx);
    same(a.partner.low, f.esi, "partner", f.esi);
    same(a.partner.high, f.edi, "partner", f.edi);
}

void check_id(std::uint32_t low, std::uint32_t high) {
    const kern::ThreadId kernel = kern::ThreadId::of({low, high});
    const spec::ThreadName wanted = spec::name_in({low, high});
    same(kernel.task.raw(), wanted.task, "task of id", low);
    same(kernel.lthread, wanted.lthread, "lthread of id", low);
    same(kern::is_nil({low, high}), low == 0, "nil", low);
    same(kern::is_invalid({low, high}), low == 0xffffffff, "invalid", low);
    const bool irq = low != 0 && low <= 255 && (high & ~(0x3fu << 17)) == 0; // docs/semantics.md 2.4
    same(kern::is_irq({low, high}), irq, "interrupt", low);
    if (irq) same(kern::irq_line({low, high}).raw(), low - 1, "line", low);
}

} // namespace
} // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    test::Dice dice(std::span(data, size));
    while (!dice.exhausted()) {
        arch::Frame f{};
        for (auto* const reg : {&f.eax, &f.ebx, &f.ecx, &f.edx, &f.esi, &f.edi, &f.ebp}) *reg = dice.word();
        fuzz::check_ipc(f);
        fuzz::check_id(f.esi, f.edi);
        fuzz::check_flexpage(f.ebx);
        fuzz::check_timeouts(f.ecx, f.edi, dice.next() >> dice.below(64) >> 2);
        fuzz::check_slice(f.eax);
    }
    return 0;
}
