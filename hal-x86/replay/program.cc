// SPDX-License-Identifier: BSD-2-Clause
#include "hal-x86/replay/program.h"

#include <cstring>
#include <initializer_list>

#include "arch/fpu_state.h"
#include "l4/abi/exception.h"
#include "l4/abi/ipc.h"

namespace replay {
namespace {

constexpr std::uint32_t fpu_area = 0x800;
constexpr std::uint32_t trap_flag = 1u << 8, interrupt_flag = 1u << 9;

/// Has the IDT a gate for programs?
bool has_gate(std::uint32_t vector) {
    return vector == L4_TRAP_BREAKPOINT || vector == L4_TRAP_OVERFLOW ||
           (vector >= L4_VEC_IPC && vector <= L4_VEC_TASK_NEW);
}

class Writer {
public:
    Writer(std::span<std::byte, 4096> page, std::uint32_t va, arch::Frame& frame)
        : page_(page), va_(va), frame_(frame) {}

    void code(std::initializer_list<std::uint32_t> bytes) {
        for (const std::uint32_t b : bytes) page_[at_++] = static_cast<std::byte>(b);
    }
    void word(std::uint32_t w) {
        std::memcpy(&page_[at_], &w, sizeof w);
        at_ += std::uint32_t{sizeof w};
    }
    /// It faults, and EIP stays where it is.
    Program faults() {
        Program p = done();
        p.trapped = va_;
        return p;
    }
    /// It traps, and EIP is behind it.
    Program traps() {
        Program p = done();
        p.trapped = p.end;
        p.end = 0;
        return p;
    }
    void borrow_eax(std::uint32_t value) {
        borrows_eax_ = true;
        frame_.eax = value;
    }
    void borrow_edx(std::uint32_t value) {
        borrows_edx_ = true;
        frame_.edx = value;
    }

    Program call(const Step& s) {
        if (s.code == L4_TRAP_BREAKPOINT || s.code == L4_TRAP_OVERFLOW) return {}; // these have other gates
        code({0xcd, s.code});
        return has_gate(s.code) ? traps() : faults();
    }

    Program exception(const Step& s) {
        switch (s.code) {
            case L4_TRAP_DIVIDE:
                if (s.address != 0) return {};
                code({0xd4, 0x00}); // aam $0
                return faults();
            case L4_TRAP_DEBUG: {
                if (s.address != 0) return {};
                frame_.eflags |= trap_flag;
                code({0x90});
                Program p = traps();
                p.changes = trap_flag;
                return p;
            }
            case L4_TRAP_BREAKPOINT:
                if (s.address != 0) return {};
                code({0xcc});
                return traps();
            case L4_TRAP_INVALID_OP:
                if (s.address != 0) return {};
                code({0x0f, 0x0b});
                return faults();
            case L4_TRAP_PROTECTION: return protection(s.address);
            default: return {};
        }
    }

    Program io(const Step& s) {
        if (s.code == 0) {
            code({0xfa});
            Program p = faults();
            p.changes = interrupt_flag;
            return p;
        }
        borrow_eax(frame_.eax);
        borrow_edx(s.address);
        if (s.code == 2) code({0x66});
        code({s.code == 1 ? 0xecu : 0xedu});
        return faults();
    }

    Program set(const Step& s) {
        switch (s.code) {
            case Register::gs:
            case Register::fs: {
                borrow_eax(s.value);
                code({0x8e, s.code == Register::gs ? 0xe8u : 0xe0u});
                Program p = faults();
                p.may_be_refused = true;
                return p;
            }
            case Register::esp:
                code({0xbc});
                word(s.value);
                return faults();
            default: return {};
        }
    }

    Program fpu(std::uint32_t pattern) {
        std::byte* const area = &page_[fpu_area];
        constexpr std::uint32_t size = 512, controls = 32;
        const arch::FpuState fresh{};
        for (std::uint32_t i = 0; i < size; ++i)
            area[i] =
                i < controls ? fresh.bytes[i] : static_cast<std::byte>((pattern >> 8 * (i % 4)) ^ i / 4);
        code({0x0f, 0xae, 0x0d}); // fxrstor
        word(va_ + fpu_area);
        return faults();
    }

private:
    Program done() {
        const Program p{
            .real = true, .end = va_ + at_, .borrows_eax = borrows_eax_, .borrows_edx = borrows_edx_};
        code({0xcc});
        return p;
    }

    /// With that error code, if a program can.
    Program protection(std::uint32_t error) {
        const std::uint32_t vector = error >> 3;
        constexpr std::uint32_t code_segment = ia32::user_cs & ~3u;
        if (error == 0) {
            code({0xf4}); // hlt
            return faults();
        }
        if ((error & 7) == 2 && vector < 256 && !has_gate(vector)) {
            code({0xcd, vector});
            return faults();
        }
        if (error != code_segment) return {};
        borrow_eax(code_segment);
        code({0x8e, 0xd0}); // mov %eax, %ss
        return faults();
    }

    std::span<std::byte, 4096> page_;
    const std::uint32_t va_;
    arch::Frame& frame_;
    std::uint32_t at_ = 0;
    bool borrows_eax_ = false, borrows_edx_ = false;
};

} // namespace

Program compose(const Step& s, std::span<std::byte, 4096> page, std::uint32_t va, arch::Frame& frame) {
    Writer w(page, va, frame);
    switch (static_cast<Kind>(s.kind)) {
        case Kind::call: return w.call(s);
        case Kind::load:
            w.borrow_eax(frame.eax);
            w.code({0xa1});
            w.word(s.address & ~3u);
            return w.faults();
        case Kind::store:
            w.code({0xc7, 0x05});
            w.word(s.address & ~3u);
            w.word(s.value);
            return w.faults();
        case Kind::exception: return w.exception(s);
        case Kind::io: return w.io(s);
        case Kind::emulate:
            if (s.code == 0)
                w.code({0x0f, 0x01, 0x18}); // lidt (%eax)
            else
                w.code({0x0f, 0x00, 0xd0}); // lldt %ax
            return w.faults();
        case Kind::set: return w.set(s);
        case Kind::fpu: return w.fpu(s.value);
        default: return {};
    }
}

} // namespace replay
