// SPDX-License-Identifier: BSD-2-Clause
// A plugin of QEMU's translator that measures the windows without interrupts of the kernel that it runs,
// unchanged: stretches of kernel instructions between two moments at which the processor takes interrupts.
//
//   -plugin FILE.so,out=FILE,stubs=ADDRESS[,keep=LOW-HIGH]...
//
// It begins when the kernel leaves for the first program, and knows that the kernel's gates shut interrupts
// out.  They are let in one instruction behind `sti`, and by `iret`, but for those at the addresses of
// `keep`, which return to the kernel.  All else (popf, cli) counts as if interrupts stayed off.
#include <array>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

// The part of qemu-plugin.h, version 1, that is used here; Debian does not ship the header.
extern "C" {
using qemu_plugin_id_t = std::uint64_t;
struct qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
using CallBack = void (*)(unsigned vcpu, void* data);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
                                           void (*cb)(qemu_plugin_id_t id, qemu_plugin_tb* tb));
void qemu_plugin_register_vcpu_tb_exec_cb(qemu_plugin_tb* tb, CallBack cb, qemu_plugin_cb_flags flags,
                                          void* data);
void qemu_plugin_register_vcpu_insn_exec_cb(qemu_plugin_insn* insn, CallBack cb, qemu_plugin_cb_flags flags,
                                            void* data);
std::size_t qemu_plugin_tb_n_insns(const qemu_plugin_tb* tb);
std::uint64_t qemu_plugin_tb_vaddr(const qemu_plugin_tb* tb);
qemu_plugin_insn* qemu_plugin_tb_get_insn(const qemu_plugin_tb* tb, std::size_t index);
const void* qemu_plugin_insn_data(const qemu_plugin_insn* insn);
std::size_t qemu_plugin_insn_size(const qemu_plugin_insn* insn);
std::uint64_t qemu_plugin_insn_vaddr(const qemu_plugin_insn* insn);

[[gnu::visibility("default")]] extern const int qemu_plugin_version;
const int qemu_plugin_version = 1;
[[gnu::visibility("default")]] int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t* info, int argc,
                                                       char** argv);
}

namespace {

using Address = std::uintptr_t;

constexpr Address kernel_base = 0xc0000000, shown = 0xeacfd000, shown_size = 3 * 4096; // x86/layout.h
constexpr Address vectors = 0x50;                                                      // x86/entry.h
constexpr std::size_t most_kept = 4, places = 64;
constexpr std::uint8_t opcode_sti = 0xfb, opcode_iret = 0xcf;

struct Range {
    Address low, high;
};

/// From the moment at which interrupts were shut out.
struct Window {
    std::uint64_t instructions = 0;
    Address first = 0, last = 0;
    std::uint64_t between = 1; ///< two places of the sample
    std::size_t sampled = 0;
    std::array<Address, places> sample{}; ///< where it was, at equal distances
};

std::array<Range, most_kept> kept;
std::size_t kept_count = 0;
std::array<char, 512> out_name{}; ///< a copy: QEMU does not keep its arguments
bool started = false;             ///< the kernel has left for a program
bool after_sti = false;           ///< interrupts come behind the next instruction
std::uint64_t windows = 0;
Window now;
std::array<Window, 256> longest; ///< by the number of the stub that began it; 255: all others
Address stubs = 0;               ///< where the stubs of the vectors begin, 16 bytes each

std::size_t kind_of(Address first) {
    const Address vector = (first - stubs) / 16;
    return first >= stubs && vector < vectors ? vector : 255;
}

void end_window() {
    if (now.instructions == 0) return;
    ++windows;
    Window& most = longest[kind_of(now.first)];
    if (now.instructions > most.instructions) most = now;
    now.instructions = 0;
}

/// Every place until there is no room, then every other one of those, and so on.
void take_sample(Address at) {
    if (now.instructions % now.between != 0) return;
    if (now.sampled == places) {
        for (std::size_t i = 0; i < places / 2; ++i) now.sample[i] = now.sample[2 * i];
        now.sampled = places / 2;
        now.between *= 2;
        if (now.instructions % now.between != 0) return;
    }
    now.sample[now.sampled++] = at;
}

void count(void* data) {
    const auto at = reinterpret_cast<Address>(data);
    if (now.instructions == 0) {
        now.first = at;
        now.between = 1;
        now.sampled = 0;
    }
    take_sample(at);
    now.last = at;
    ++now.instructions;
    if (after_sti) {
        after_sti = false;
        end_window();
    }
}

void on_kernel(unsigned, void* data) {
    if (started) count(data);
}

void on_sti(unsigned, void* data) {
    if (!started) return;
    count(data);
    after_sti = true;
}

void on_iret(unsigned, void* data) {
    if (started) count(data);
    started = true;
    end_window();
}

void on_user(unsigned, void*) { end_window(); }

bool is_kept(Address at) {
    for (std::size_t i = 0; i < kept_count; ++i)
        if (at >= kept[i].low && at < kept[i].high) return true;
    return false;
}

/// Calls of the kernel have their instructions in a page of the kernel that programs execute, and nothing
/// keeps them from executing what else the kernel shows them: counters and the UTCB's address.
bool is_user(Address at) { return at < kernel_base || at - shown < shown_size; }

void on_translation(qemu_plugin_id_t, qemu_plugin_tb* tb) {
    if (is_user(static_cast<Address>(qemu_plugin_tb_vaddr(tb)))) {
        qemu_plugin_register_vcpu_tb_exec_cb(tb, on_user, QEMU_PLUGIN_CB_NO_REGS, nullptr);
        return;
    }
    for (std::size_t i = 0; i < qemu_plugin_tb_n_insns(tb); ++i) {
        qemu_plugin_insn* const insn = qemu_plugin_tb_get_insn(tb, i);
        const auto at = static_cast<Address>(qemu_plugin_insn_vaddr(insn));
        std::uint8_t opcode;
        std::memcpy(&opcode, qemu_plugin_insn_data(insn), 1);
        CallBack cb = on_kernel;
        if (qemu_plugin_insn_size(insn) == 1 && opcode == opcode_sti) cb = on_sti;
        if (qemu_plugin_insn_size(insn) == 1 && opcode == opcode_iret && !is_kept(at)) cb = on_iret;
        qemu_plugin_register_vcpu_insn_exec_cb(insn, cb, QEMU_PLUGIN_CB_NO_REGS, reinterpret_cast<void*>(at));
    }
}

/// A line for each way in, after one with the number of all: `window VECTOR INSTRUCTIONS PLACE...`, the first
/// and the last instruction's among the places. QEMU's own call back does not come when isa-debug-exit ends
/// it.
[[gnu::destructor]] void on_exit() {
    if (out_name[0] == 0) return;
    std::FILE* const out = std::fopen(out_name.data(), "w");
    if (out == nullptr) return;
    std::fprintf(out, "windows %" PRIu64 "\n", windows);
    for (std::size_t kind = 0; kind < longest.size(); ++kind) {
        const Window& w = longest[kind];
        if (w.instructions == 0) continue;
        std::fprintf(out, "window %zu %" PRIu64 " %" PRIxPTR, kind, w.instructions, w.first);
        for (std::size_t i = 0; i < w.sampled; ++i) std::fprintf(out, " %" PRIxPTR, w.sample[i]);
        std::fprintf(out, " %" PRIxPTR "\n", w.last);
    }
    std::fclose(out);
}

bool take_argument(const char* argument) {
    char* rest = nullptr;
    if (std::strncmp(argument, "out=", 4) == 0) {
        const std::size_t length = std::strlen(argument + 4);
        if (length >= out_name.size()) return false;
        std::memcpy(out_name.data(), argument + 4, length + 1);
    } else if (std::strncmp(argument, "stubs=", 6) == 0) {
        stubs = std::strtoull(argument + 6, nullptr, 16);
    } else if (std::strncmp(argument, "keep=", 5) == 0 && kept_count < most_kept) {
        const Address low = std::strtoull(argument + 5, &rest, 16);
        if (*rest != '-') return false;
        kept[kept_count++] = {low, std::strtoull(rest + 1, nullptr, 16)};
    } else {
        return false;
    }
    return true;
}

} // namespace

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t*, int argc, char** argv) {
    for (int i = 0; i < argc; ++i)
        if (!take_argument(argv[i])) {
            std::fprintf(stderr, "irqs_off: what is `%s`? There are out=FILE, stubs=ADDRESS, keep=LOW-HIGH\n",
                         argv[i]);
            return 1;
        }
    if (out_name[0] == 0 || stubs == 0) {
        std::fprintf(stderr, "irqs_off: it needs out=FILE and stubs=ADDRESS\n");
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    return 0;
}
