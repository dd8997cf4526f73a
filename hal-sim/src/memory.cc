// SPDX-License-Identifier: BSD-2-Clause
#include "arch/memory.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

#include "kern/ensure.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARCH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARCH_ASAN 1
#endif
#endif
#ifdef ARCH_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace arch {
namespace {

constexpr std::align_val_t alignment{Memory::frame_size};

/// A clean bank that no machine uses at the moment.
struct Spare {
    std::uint32_t user = 0, kernel = 0;
    std::byte* bytes = nullptr;
};

/// Banks handed from one machine to the next, for programs that make thousands in a second: fresh memory from
/// the host costs a page fault a frame.  Trivially destructible, because static machines may outlive it.
thread_local std::array<Spare, 4> spares;

constexpr std::size_t link = 8; ///< of memory out of use stays usable: a granule of AddressSanitizer's

/// What the kernel's pools declared unusable.
void poison([[maybe_unused]] const std::byte* p, [[maybe_unused]] std::size_t n) {
#ifdef ARCH_ASAN
    __asan_poison_memory_region(p, n);
#endif
}

/// It is usable again.
void unpoison([[maybe_unused]] const std::byte* p, [[maybe_unused]] std::size_t n) {
#ifdef ARCH_ASAN
    __asan_unpoison_memory_region(p, n);
#endif
}

/// Out of use or not.
#ifdef ARCH_ASAN
__attribute__((no_sanitize("address"))) void copy_any(std::byte* to, const std::byte* from) {
    for (std::uint32_t i = 0; i < Memory::frame_size; ++i) const_cast<volatile std::byte*>(to)[i] = from[i];
}
#else
void copy_any(std::byte* to, const std::byte* from) { std::memcpy(to, from, Memory::frame_size); }
#endif

} // namespace

Memory::Memory(std::uint32_t user_frames, std::uint32_t kernel_frames)
    : user_(user_frames), kernel_(kernel_frames) {
    kern::ensure(user_ <= kernel_base.raw() / frame_size, "the users' bank ends below the kernel's");
    kern::ensure(kernel_ <= (0xffffffff - kernel_base.raw()) / frame_size,
                 "the kernel's bank is inside 32 bits");
    acquire();
}

Memory::Memory(const Memory& other) : user_(other.user_), kernel_(other.kernel_) {
    acquire();
    copy(other);
}

Memory& Memory::operator=(const Memory& other) {
    if (this == &other) return *this;
    if (user_ != other.user_ || kernel_ != other.kernel_) {
        release();
        user_ = other.user_, kernel_ = other.kernel_;
        acquire();
    }
    copy(other);
    return *this;
}

Memory::~Memory() { release(); }

void Memory::acquire() {
    const std::size_t size = frames() * frame_size;
    const auto spare = std::find_if(spares.begin(), spares.end(), [&](const Spare& s) {
        return s.bytes != nullptr && s.user == user_ && s.kernel == kernel_;
    });
    if (spare != spares.end()) {
        bytes_ = std::exchange(spare->bytes, nullptr);
    } else {
        bytes_ = static_cast<std::byte*>(::operator new(size + frame_size + frames(), alignment));
        std::memset(bytes_, 0, std::size_t{user_} * frame_size);
        std::memset(bytes_ + std::size_t{user_} * frame_size, int(rubbish),
                    std::size_t{kernel_} * frame_size);
        std::memset(bytes_ + size + frame_size, 0, frames());
    }
    touched_ = reinterpret_cast<std::uint8_t*>(bytes_ + size + frame_size);
}

void Memory::release() {
    const auto place =
        std::find_if(spares.begin(), spares.end(), [](const Spare& s) { return s.bytes == nullptr; });
    unpoison(bytes_, frames() * frame_size);
    if (place == spares.end()) {
        ::operator delete(bytes_, alignment);
        return;
    }
    for (std::size_t i = 0; i < frames(); ++i)
        if (touched_[i]) clean(i);
    *place = {user_, kernel_, bytes_};
}

void Memory::clean(std::size_t frame) {
    std::memset(bytes_ + frame * frame_size, frame < user_ ? 0 : int(rubbish), frame_size);
    touched_[frame] = 0;
}

void Memory::copy(const Memory& other) {
    for (std::size_t i = 0; i < frames(); ++i) {
        if (!other.touched_[i] && !touched_[i]) continue;
        unpoison(bytes_ + i * frame_size, frame_size);
        if (other.touched_[i])
            copy_any(bytes_ + i * frame_size, other.bytes_ + i * frame_size);
        else
            clean(i);
        touched_[i] = other.touched_[i];
    }
}

void Memory::discard(std::span<std::byte> bytes, bool spoil) {
    unpoison(bytes.data(), bytes.size());
    if (spoil) std::memset(bytes.data(), int(rubbish), bytes.size());
    poison(bytes.data() + link, bytes.size() - link);
}

void Memory::hand_out(std::span<std::byte> bytes) { unpoison(bytes.data(), bytes.size()); }

kern::PAddr Memory::address(const void* p) const {
    const auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(p) - bytes_);
    kern::ensure(offset < frames() * frame_size, "address() of something that is not in RAM");
    const auto at = static_cast<std::uint32_t>(offset);
    return at < user_ * frame_size ? kern::PAddr{at} : kernel_base + (at - user_ * frame_size);
}

std::span<std::byte, Memory::frame_size> Memory::open_bus() {
    std::byte* scratch = bytes_ + frames() * frame_size;
    std::memset(scratch, 0xff, frame_size);
    return std::span<std::byte, frame_size>(scratch, frame_size);
}

} // namespace arch
