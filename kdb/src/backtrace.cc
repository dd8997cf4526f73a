// SPDX-License-Identifier: BSD-2-Clause
#include "commands.h"

namespace kdb {
namespace {

std::uint8_t byte_of(const Code& code, std::uint32_t address) {
    return static_cast<std::uint8_t>(code.text[address - code.text_base]);
}

/// What stands before an address: no call, one through a register or memory, or one to `target`.
struct Call {
    enum class Kind : std::uint8_t { none, indirect, direct } kind = Kind::none;
    std::uint32_t target = 0;
};

Call call_before(const Code& code, std::uint32_t address) {
    constexpr std::uint32_t longest = 6;
    constexpr std::uint8_t near = 0xe8, group = 0xff, operation = 0x38, call = 0x10;
    if (address < code.text_base + longest || address - code.text_base >= code.text.size()) return {};
    if (byte_of(code, address - 5) == near) {
        std::uint32_t offset = 0;
        for (std::uint32_t i = 0; i < 4; ++i)
            offset |= std::uint32_t{byte_of(code, address - 4 + i)} << 8 * i;
        if (address + offset - code.text_base < code.text.size())
            return {Call::Kind::direct, address + offset};
    }
    for (const std::uint32_t length : {2u, 3u, longest})
        if (byte_of(code, address - length) == group &&
            (byte_of(code, address - length + 1) & operation) == call)
            return {Call::Kind::indirect, 0};
    return {};
}

void put_place(const Code& code, Output& out, std::uint32_t address) {
    const Symbols::Found f = code.symbols.find(address);
    out << Hex{address, 8};
    if (f.name) out << ' ' << f.name << "+0x" << Hex{address - f.start};
}

/// By the chain that EBP begins, of programs that are compiled with frame pointers.
void put_user(const View& view, Output& out, const kern::Thread& t) {
    out << "  " << Hex{t.frame.eip, 8} << '\n';
    std::uint32_t ebp = t.frame.ebp;
    for (unsigned i = 0; i < 32; ++i) {
        const auto up = user_word(view, t.task(), ebp), eip = user_word(view, t.task(), ebp + 4);
        if (!up || !eip || *eip == 0) return;
        out << "  " << Hex{*eip, 8} << '\n';
        if (*up <= ebp) return;
        ebp = *up;
    }
}

} // namespace

void put_backtrace(const Code& code, Output& out) {
    // The next call should be to the function of the one before; or of the last good one.
    std::uint32_t last = code.eip, good = code.eip;
    if (code.eip != 0) {
        out << "    ";
        put_place(code, out, code.eip);
        out << '\n';
    }
    unsigned shown = 0;
    for (const std::uint32_t word : code.stack) {
        const Call call = call_before(code, word);
        if (call.kind == Call::Kind::none) continue;
        const bool fits = call.kind == Call::Kind::indirect || last == 0 ||
                          call.target == code.symbols.find(last).start ||
                          call.target == code.symbols.find(good).start;
        out << (fits ? "    " : "  ? ");
        put_place(code, out, word);
        out << '\n';
        last = word;
        if (fits) good = word;
        if (++shown == 40) return;
    }
}

void backtrace(const View& view, Output& out, Words& words) {
    const auto id = words.thread();
    if (!words.empty()) return;
    if (!id) {
        if (view.code.stack.empty()) out << "no stack of the kernel's own is known here\n";
        return put_backtrace(view.code, out);
    }
    const kern::Thread* const t = view.kernel.find(*id);
    if (t)
        put_user(view, out, *t);
    else
        out << "there is no such thread\n";
}

} // namespace kdb
