// SPDX-License-Identifier: BSD-2-Clause
// Raw system calls: the words of the input in the registers of whoever runs, between accesses, interrupts and
// time.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz/support/session.h"
#include "l4/abi/ipc.h"
#include "l4/abi/timeout.h"
#include "test/lockstep/dice.h"

namespace fuzz {
namespace {

using test::Action;

constexpr unsigned most_operations = 50;

/// Words that mean something more often than others would: ids, descriptors, flexpages, addresses,
/// parameters.
constexpr std::array<std::uint32_t, 48> known = {
    0x00000000, 0xffffffff, 0x00040000, 0x00080000, 0x00080400, 0x000a0000, 0x000a0400, 0x000c0000,
    0x000c0400, 0x000e0000, 0x00000004, 0x00000001, 0x00000002, 0x00000003, 0x00001000, 0x00002000,
    0x00400000, 0x00001030, 0x00001032, 0x00001033, 0x00400032, 0x00000032, 0x00000080, 0x00000082,
    0x0000005a, 0x00400058, 0x0040005a, 0x0040005b, 0x00001800, 0x00001ff0, 0x00402000, 0x00403ffc,
    0x80000000, 0x80000002, 0x00000100, 0x00000010, 0x00000011, 0x00f00000, 0x01f00010, 0x64100010,
    0xf0000040, 0xf00000c0, 0xf0001030, 0xbff00000, 0xbfff2000, 0xc0000000, 0x0000f0f0, 0x010000f1};

class Player {
public:
    Player(std::span<const std::uint8_t> input, Session& session) : dice_(input), session_(session) {}

    void play() {
        for (unsigned n = 0; n < most_operations && !dice_.exhausted(); ++n)
            if (!session_.step(next())) return;
    }

private:
    Action next() {
        test::Lockstep& on = session_.lockstep();
        const std::uint32_t what = dice_.below(16);
        if (on.idle() && on.kernel().armed_timer() != kern::never && what < 12) {
            const auto now = on.machine().now(), then = on.kernel().armed_timer();
            return then > now ? Action::pass((then - now).raw()) : Action{.kind = Action::Kind::timer};
        }
        switch (what) {
            case 0: return Action::load(word());
            case 1: return Action::store(word(), word());
            case 2: return {.kind = Action::Kind::irq, .code = dice_.below(16)};
            case 3: return Action::pass(dice_.below(0x10000));
            case 4: return {.kind = Action::Kind::timer};
            case 5: return Action::fail(1 + dice_.below(6));
            case 6: return {.kind = Action::Kind::resume};
            case 7:
                return dice_.below(8) ? call()
                                      : Action{.kind = Action::Kind::exception, .code = dice_.below(32)};
            default: return call();
        }
    }

    Action call() {
        const std::uint32_t vector = L4_VEC_IPC + dice_.below(14) % 7;
        sim::Regs r = sim::Regs::of(session_.lockstep().current().frame);
        for (std::uint32_t* const reg : {&r.eax, &r.ebx, &r.ecx, &r.edx, &r.esi, &r.edi, &r.ebp})
            *reg = word_or(*reg);
        return Action::call(vector, r);
    }

    std::uint32_t word() { return word_or(0); }
    /// A known word, or what was there before, or any.
    std::uint32_t word_or(std::uint32_t before) {
        const std::uint32_t how = dice_.below(0x100);
        if (how < 4 * known.size()) return known[how / 4];
        return how < 0xd0 ? before : dice_.word();
    }

    test::Dice dice_;
    Session& session_;
};

} // namespace
} // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    constexpr std::uint32_t memory[] = {68, 96, 72, 256};
    const bool alone = (data[0] & 1) != 0;
    fuzz::Session session(FUZZ_TARGET, {.mode = alone ? test::Mode::alone : test::Mode::free,
                                        .kernel_pages = memory[data[0] >> 1 & 3],
                                        .steps_per_entry = alone ? 1u + (data[0] >> 3 & 3) : 1u});
    fuzz::Player({data + 1, size - 1}, session).play();
    return 0;
}
