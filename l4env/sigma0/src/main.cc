// SPDX-License-Identifier: BSD-2-Clause
// sigma0: the first pager, who has all memory and all ports.
#include <cstddef>
#include <cstdint>
#include <span>

#include "l4/abi/fpage.h"
#include "l4/abi/kip.h"
#include "l4/sys/ipc.h"
#include "l4/sys/kdebug.h"
#include "l4env/sigma0/src/answers.h"
#include "l4env/sigma0/src/memory_map.h"

namespace l4env::sigma0 {
namespace {

template <std::size_t n>
void say(const char (&text)[n]) {
    l4_kd_text(text, n - 1);
}

/// The kernel maps what sigma0 touches, as a superpage where it can.
void touch(l4_word_t fpage) {
    const std::uint64_t first = fpage & L4_FP_PAGE_MASK,
                        end = first + (std::uint64_t{1} << l4_fpage_size(fpage));
    for (std::uint64_t at = first; at < end; at += 1u << L4_PAGE_SHIFT)
        static_cast<void>(*reinterpret_cast<volatile char*>(static_cast<std::uintptr_t>(at)));
}

[[noreturn]] void serve(Answers& answers) {
    l4_ipc_result_t m = l4_ipc_wait(0, L4_TIMEOUT_SERVER);
    for (;;) {
        // Its client did not wait for the answer, or a message was cut: there is none to answer.
        while (l4_ipc_error(m) != L4_IPC_OK) m = l4_ipc_wait(0, L4_TIMEOUT_SERVER);
        const Answer a = answers.to(static_cast<std::uint16_t>(l4_id_task(m.from)), m.w0, m.w1);
        if (a.touch) touch(a.w1);
        m = l4_ipc_reply_and_wait(m.from, a.map ? l4_snd_fpage() : 0, a.w0, a.w1, 0);
    }
}

/// A table for all frames, out of the memory that it describes.
Frames make_frames(const MemoryMap& map) {
    constexpr std::uint32_t page_mask = (1u << L4_PAGE_SHIFT) - 1;
    const std::uint32_t count = map.end() >> L4_PAGE_SHIFT;
    const std::uint32_t bytes = (count * std::uint32_t{sizeof(std::uint16_t)} + page_mask) & ~page_mask;
    const std::uint32_t at = map.place(bytes);
    if (count == 0 || at == 0) {
        say("sigma0: no memory for the table of frames\n");
        return Frames({});
    }
    auto* const owners = reinterpret_cast<std::uint16_t*>(at);
    for (std::uint32_t f = 0; f < count; ++f) owners[f] = Frames::absent;
    Frames frames({owners, count});
    map.apply(frames);
    frames.set(at, at + bytes, Frames::kept);
    return frames;
}

} // namespace

extern "C" [[noreturn]] void sigma0_main(std::uint32_t kip);

extern "C" void sigma0_main(std::uint32_t kip) {
    Frames frames = make_frames(MemoryMap::of(*reinterpret_cast<const l4_kip_t*>(kip)));
    Answers answers(frames, kip);
    serve(answers);
}

} // namespace l4env::sigma0
