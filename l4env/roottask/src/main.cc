// SPDX-License-Identifier: BSD-2-Clause
// The root task: takes all memory and ports from sigma0, starts the boot modules, and is their pager.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "l4/abi/fpage.h"
#include "l4/abi/kip.h"
#include "l4/abi/sigma0.h"
#include "l4/c/stdio.h"
#include "l4/roottask/protocol.h"
#include "l4/sys/fpage.h"
#include "l4/sys/io.h"
#include "l4/sys/ipc.h"
#include "l4/sys/kdebug.h"
#include "l4/sys/kip.h"
#include "l4/sys/thread.h"
#include "l4/sys/timeout.h"
#include "l4/sys/utcb.h"
#include "l4env/roottask/src/boot.h"
#include "l4env/roottask/src/root.h"
#include "l4env/roottask/src/threads.h"
#include "l4env/sigma0/src/memory_map.h"

extern "C" void l4c_print(const char* piece, std::size_t length) { l4_kd_text(piece, length); }

namespace l4env::root {
namespace {

constexpr l4_threadid_t sigma0 = l4_threadid(L4_TASK_SIGMA0, 0);
constexpr std::uint32_t prio = 200; ///< above what it starts, if they are not to be above it

/// Where the kernel info page is here: an address where no memory is.
constexpr std::uint32_t info_at = 0xb0000000;

/// A flexpage of sigma0's, one to one; 0: there is none.
std::uint32_t block_of_sigma0(std::uint32_t log2) {
    const l4_ipc_result_t r = l4_ipc_call(sigma0, 0, L4_SIGMA0_FPAGE_ANY, l4_fpage(0, log2, 0),
                                          l4_rcv_anywhere(), L4_TIMEOUT_NEVER);
    return l4_ipc_error(r) == L4_IPC_OK && l4_ipc_got_fpage(r) ? r.w1 & L4_FP_PAGE_MASK : 0;
}

l4env::sigma0::MemoryMap memory_map() { return l4env::sigma0::MemoryMap::of(*l4_kernel_info()); }

/// A table for all frames of the machine, out of sigma0's first block, of which the rest is in the pool.
Pool make_pool() {
    const std::uint32_t frames = memory_map().end() >> L4_PAGE_SHIFT;
    const std::uint32_t bytes = l4_page_ceil(frames * std::uint32_t{sizeof(std::uint16_t)});
    std::uint32_t log2 = L4_PAGE_SHIFT;
    while (1u << log2 < bytes) ++log2;
    const std::uint32_t at = block_of_sigma0(log2);
    if (at == 0) {
        L4C(printf)("root: sigma0 has no memory\n");
        return Pool({});
    }
    Pool pool({reinterpret_cast<std::uint16_t*>(at), frames});
    pool.add(at + bytes, (1u << log2) - bytes);
    return pool;
}

void take_memory(Pool& pool) {
    for (std::uint32_t log2 = L4_SUPERPAGE_SHIFT; log2 >= L4_PAGE_SHIFT; --log2)
        for (std::uint32_t at = block_of_sigma0(log2); at != 0; at = block_of_sigma0(log2))
            pool.add(at, 1u << log2);
    // The first frame is for those only who name it.
    const l4_ipc_result_t r = l4_ipc_call(sigma0, 0, L4_SIGMA0_FPAGE_RAM, l4_fpage(0, L4_PAGE_SHIFT, 0),
                                          l4_rcv_anywhere(), L4_TIMEOUT_NEVER);
    if (l4_ipc_error(r) == L4_IPC_OK && l4_ipc_got_fpage(r)) pool.add(0, 1u << L4_PAGE_SHIFT);
    // What sigma0 has not given is the kernel's, sigma0's own, or boot modules and ourselves.
    const l4env::sigma0::MemoryMap map = memory_map();
    pool.use_if([&](std::uint32_t at) { return map.is_ram(at); });
}

void take_ports() { l4_ipc_call(sigma0, 0, L4_FP_IO_WHOLE, 0, l4_rcv_anywhere(), L4_TIMEOUT_NEVER); }

std::uint32_t take_info() {
    const l4_word_t window = l4_rcv_fpage(l4_fpage(info_at, L4_PAGE_SHIFT, 0));
    const l4_ipc_result_t r =
        l4_ipc_call(sigma0, 0, L4_SIGMA0_KERNEL_INFO, L4_SIGMA0_W1_KIP, window, L4_TIMEOUT_NEVER);
    return l4_ipc_error(r) == L4_IPC_OK && l4_ipc_got_fpage(r) ? info_at : 0;
}

/// The root task's own options: exit=PORT of QEMU's isa-debug-exit, which is told when all tasks have ended.
/// QEMU's status is then 33 or 35.
struct OwnOptions {
    static constexpr std::uint8_t success = 16, failure = 17;
    std::uint32_t exit_port = 0;
};

OwnOptions own_options(Text words) {
    OwnOptions o;
    for (Text word = take_word(words); !word.empty(); word = take_word(words))
        if (!(word.first(5) == Text("exit=") && read_number(word.without(5), o.exit_port)))
            L4C(printf)("root: %.*s is no option\n", static_cast<int>(word.size), word.at);
    return o;
}

/// Once, when all that was to end has.
void finish(const Root& root, std::uint32_t not_started, const OwnOptions& options) {
    const std::uint32_t failures = root.failures() + not_started;
    L4C(printf)("root: all tasks have ended, %u failed\n", static_cast<unsigned>(failures));
    if (options.exit_port == 0) return;
    l4_out8(static_cast<std::uint16_t>(options.exit_port),
            failures == 0 ? OwnOptions::success : OwnOptions::failure);
}

/// The flexpages of an answer beyond the first lie in the UTCB, in pairs with their hot spots.
void put_more(const PagerAnswer& answer) {
    l4_utcb_t& utcb = *l4_my_utcb();
    l4_word_t words[2 * PagerAnswer::more_max] = {};
    for (std::size_t i = 0; i < answer.more_count; ++i) words[2 * i + 1] = answer.more[i];
    std::memcpy(&utcb.state, words, sizeof words);
    utcb.map_count = answer.more_count;
}

[[noreturn]] void serve(Root& root, std::uint32_t not_started, const OwnOptions& options) {
    bool finished = false;
    PagerAnswer answer{.none = true};
    l4_threadid_t to = l4_nil_id();
    for (;;) {
        if (!finished && root.running() == 0) {
            finished = true;
            finish(root, not_started, options);
        }
        put_more(answer);
        l4_my_utcb()->state.trapno = 0;
        const l4_ipc_result_t m =
            answer.none ? l4_ipc_wait(0, L4_TIMEOUT_SERVER)
                        : l4_ipc_reply_and_wait(to, answer.map ? l4_snd_fpage() : 0, answer.w0, answer.w1, 0);
        answer = {.none = true};
        if (l4_ipc_error(m) != L4_IPC_OK) continue; // the client did not wait for its answer
        to = m.from;
        if (l4_same_thread(to, l4_root_service())) {
            root.serve(*reinterpret_cast<ServiceCall*>(m.w0));
            answer = {};
        } else if (l4_id_task(to) != L4_TASK_ROOT) {
            answer = root.page(to, m.w0, m.w1, l4_my_utcb()->state);
        }
    }
}

} // namespace

extern "C" [[noreturn]] void root_main();

extern "C" void root_main() {
    l4_thread_schedule(l4_root_pager(), l4_sched_param_us(prio, L4_SLICE_DEFAULT_US));
    l4_utcb_take_exceptions(L4_UTCB_PF_STATE); // faults can be told from requests
    Pool pool = make_pool();
    take_ports();
    const std::uint32_t info = take_info();
    const Memory memory;
    static Root root(pool, memory, info);
    const Boot boot(*reinterpret_cast<const Multiboot*>(l4_kernel_info()->user_ptr), memory);
    const OwnOptions options = own_options(boot.arguments());
    take_memory(pool);
    start_threads();
    root.irqs().hold_all();
    L4C(printf)("root: %u MiB\n", static_cast<unsigned>(pool.free_frames() >> 8));
    const std::uint32_t not_started = boot.start_all(root);
    serve(root, not_started, options);
}

} // namespace l4env::root
