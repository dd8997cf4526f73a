// SPDX-License-Identifier: BSD-2-Clause
// The program around the rows: root's memory and ports, the actors' pager, TAP.
#include "conformance/harness/world.h"

#include "conformance/harness/handler.h"
#include "conformance/harness/memory.h"
#include "conformance/harness/row.h"
#include "conformance/harness/sigma0.h"
#include "l4/abi/exception.h"
#include "l4/abi/sigma0.h"
#include "l4/sys/io.h"
#include "l4/sys/kdebug.h"

extern "C" {
[[noreturn]] void conformance_main();
/// Of the linker: the rows in their order.
extern const conformance::Row __start_conformance_rows[]; // NOLINT(bugprone-reserved-identifier)
extern const conformance::Row __stop_conformance_rows[];  // NOLINT(bugprone-reserved-identifier)
}

namespace conformance {

AtBoot at_boot;
Landed landed;

namespace {

/// The program's own 4 MiB: where it is, and as one superpage to give to others.
constexpr Word image = 0x1000000, image_alias = 0x30000000;
constexpr Word exit_port = 0xf4;

bool row_good = true;
Word pages_used = 0, superpages_used = 0;
char log_text[256];
volatile unsigned log_length = 0;
alignas(16) char pager_stack[4096];

void print(const char* text) {
    const volatile char* const touched = text; // the kernel takes no page for it
    Word length = 0;
    while (touched[length] != 0) ++length;
    l4_kd_text(text, length);
}

void print_number(Word n, Word base) {
    char digits[12];
    int at = 11;
    digits[at] = 0;
    do {
        digits[--at] = "0123456789abcdef"[n % base];
        n /= base;
    } while (n != 0);
    print(digits + at);
}

void say_place(const char* file, int line) {
    row_good = false;
    print("# ");
    print(file);
    print(":");
    print_number(static_cast<Word>(line), 10);
    print(": ");
}

[[noreturn]] void end(bool good) {
    out8(exit_port, good ? 0x10 : 0x11);
    for (;;) settle(1000000);
}

/// The actors' pager: gives the program's memory, and notes all other faults without an answer.
[[noreturn]] void pager() {
    Regs r = ipc(receive_open());
    for (;;) {
        if (error(r) != L4_IPC_OK) {
            r = ipc(receive_open());
        } else if ((r.edx & ~(super_size - 1)) == image && r.ebx != L4_PF_EIP_NONE) {
            r = ipc(both({r.esi, r.edi}, image, fpage(image_alias, super_log2), L4_TIMEOUT_SND_ZERO, map_bit,
                         L4_RCV_OPEN));
        } else {
            Actor* const actor = world::find({r.esi, r.edi});
            if (actor != nullptr) actor->fault = {true, r.edx, r.ebx};
            r = ipc(receive_open());
        }
    }
}

void clear_memory() {
    for (Word i = 0; i < pages_used; ++i)
        l4_fpage_unmap(fpage(memory::pool + i * page_size), L4_FP_FLUSH | L4_FP_ALL_SPACES);
    for (Word i = 0; i < superpages_used; ++i)
        l4_fpage_unmap(fpage(memory::superpages + i * super_size, super_log2),
                       L4_FP_FLUSH | L4_FP_ALL_SPACES);
    pages_used = superpages_used = 0;
}

/// The director takes no exceptions, and no state with messages.
void clear_utcb() {
    l4_utcb_t* const utcb = l4_my_utcb();
    utcb->status = utcb->snd_size = utcb->rcv_size = utcb->map_count = 0;
}

/// The rows would wait for memory that never comes.
void refuse_small_machine() {
    constexpr Word mib = 20, rounded = 1u << mib; // firmware keeps some
    const Word ram = reinterpret_cast<const l4_kip_t*>(L4_KIP_ADDRESS)->total_ram;
    if ((ram + rounded) >> mib >= memory::least_mib) return;
    print("Bail out! the rows need a machine with ");
    print_number(memory::least_mib, 10);
    print(" MiB of memory at least, and this one has ");
    print_number(ram >> mib, 10);
    print("\n");
    end(false);
}

void start() {
    at_boot.root = call(L4_VEC_THREAD_SCHEDULE, schedule(root_id));
    at_boot.sigma0 = call(L4_VEC_THREAD_SCHEDULE, schedule(sigma0_id));
    at_boot.root_registers = call(L4_VEC_LTHREAD_EX_REGS, ex_regs(0));
    at_boot.root_id = call(L4_VEC_ID_NEAREST, nearest(nil));
    call(L4_VEC_THREAD_SCHEDULE, schedule(sigma0_id, default_slice(220)));
    take_ports();
    refuse_small_machine();
    const Regs own = ipc(both(sigma0_id, image | L4_SIGMA0_SUPERPAGE, L4_SIGMA0_SUPERPAGE_W1, never, 0,
                              fpage(image_alias, super_log2, 0) | L4_RCV_MAP));
    if ((own.eax & got_fpage) == 0) world::fail("sigma0 gives no memory", own.eax);
    call(L4_VEC_THREAD_SCHEDULE, schedule(root_id, default_slice(director_prio)));
    call(L4_VEC_LTHREAD_EX_REGS,
         ex_regs(1, address(pager), address(pager_stack + sizeof pager_stack - 16), sigma0_id));
    call(L4_VEC_THREAD_SCHEDULE, schedule(pager_id, default_slice(pager_prio)));
}

} // namespace

void world::fail(const char* what, Word value) {
    row_good = false;
    print("# ");
    print(what);
    print(": 0x");
    print_number(value, 16);
    print("\n");
}

void expect(Word found, Word wanted, const char* what, const char* file, int line) {
    if (found == wanted) return;
    say_place(file, line);
    print(what);
    print(" is 0x");
    print_number(found, 16);
    print(", not 0x");
    print_number(wanted, 16);
    print("\n");
}

void log(char letter) {
    if (log_length < sizeof log_text - 1) log_text[log_length] = letter;
    log_length = log_length + 1;
}

void expect_log(const char* wanted, const char* file, int line) {
    const unsigned length = log_length;
    log_text[length < sizeof log_text ? length : sizeof log_text - 1] = 0;
    unsigned i = 0;
    while (wanted[i] != 0 && wanted[i] == log_text[i]) ++i;
    if (wanted[i] != log_text[i]) {
        say_place(file, line);
        print("the log is ");
        print(log_text);
        print(", not ");
        print(wanted);
        print("\n");
    }
    log_length = 0;
}

Word other_stack(Word n) {
    alignas(16) static char stacks[8][4096];
    return address(stacks[n % 8] + sizeof stacks[0] - 64);
}

void settle(std::uint64_t us) { static_cast<void>(ipc(sleep_for(us))); }

std::uint64_t now() {
    static_cast<void>(l4_myself());
    return l4_kip_clock(reinterpret_cast<const l4_kip_t*>(L4_KIP_ADDRESS));
}

Word* words(Word at) { return reinterpret_cast<Word*>(static_cast<std::uintptr_t>(at)); }

Word page(Word i) {
    for (; pages_used <= i; ++pages_used)
        for (Word n = 0; n < page_size / 4; ++n) words(memory::pool + pages_used * page_size)[n] = 0;
    return memory::pool + i * page_size;
}

Word superpage(Word i) {
    for (; superpages_used <= i; ++superpages_used) {
        const Word at = memory::superpages + superpages_used * super_size;
        const Regs r =
            ipc(both(sigma0_id, at | L4_SIGMA0_SUPERPAGE, L4_SIGMA0_SUPERPAGE_W1, never, 0, whole_space));
        if ((r.eax & got_fpage) == 0) world::fail("no superpage", r.eax);
    }
    return memory::superpages + i * super_size;
}

Word as_sigma0(Word (*body)()) {
    return ipc(both(sigma0_id, run_as_sigma0, address(body), never, 0, whole_space)).edx;
}

void take_ports() {
    const Regs r = ipc(both(sigma0_id, L4_FP_IO_WHOLE, 0, never, 0, whole_space));
    if ((r.eax & got_fpage) == 0) world::fail("sigma0 gives no ports", r.eax);
}

Word in8(Word port) { return l4_in8(static_cast<std::uint16_t>(port)); }
void out8(Word port, Word value) {
    l4_out8(static_cast<std::uint16_t>(port), static_cast<std::uint8_t>(value));
}

} // namespace conformance

void conformance_main() {
    using namespace conformance; // NOLINT(google-build-using-namespace)
    start();
    Word number = 0, failed = 0;
    for (const Row* row = __start_conformance_rows; row != __stop_conformance_rows; ++row) {
        log_length = 0;
        landed = {};
        row_good = true;
        row->show();
        world::end_of_actors();
        clear_memory();
        clear_utcb();
        failed += row_good ? 0 : 1;
        print(row_good ? "ok " : "not ok ");
        print_number(++number, 10);
        print(" - ");
        print(row->id);
        print("\n");
    }
    print("1..");
    print_number(number, 10);
    print("\n# ");
    print_number(number, 10);
    print(" rows, ");
    print_number(failed, 10);
    print(" failed\n");
    end(failed == 0);
}
