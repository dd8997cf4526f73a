// SPDX-License-Identifier: BSD-2-Clause
// abi/table/page_fault.toml
#include "conformance/harness/memory.h"
#include "conformance/harness/message.h"
#include "conformance/harness/row.h"
#include "l4/abi/exception.h"

namespace conformance {
namespace {

constexpr Word patience = after(50000);
Word got_value;

void read_nowhere() { got_value = *at<volatile Word>(nowhere + 8); }
void write_nowhere() { *at<volatile Word>(nowhere + 8) = 7; }

/// A, whose pager is P: a thread of root that does nothing else.
Actor P;
void prepare(int actors = 1) {
    cast(actors);
    P.create_in_root(2);
    A.set_pager(P.id);
}

/// P takes the next message, which is a fault of `from`.
Regs take(const Actor& from, Word w0) {
    const Regs r = P.ipc(receive_open(patience));
    EQ(r.eax, two_words);
    EQ(r.esi, from.id.low);
    EQ(r.edi, from.id.high);
    EQ(r.edx, w0);
    return r;
}
Regs map_answer(const Actor& to, Word base, Word from, Word options = writable, Word log2 = page_log2) {
    return send_map(to.id, base, fpage(from, log2, options), zero);
}

extern "C" {
/// The instructions that fault.
extern char fault_read[], fault_write[];
}
void read_at_label() {
    asm volatile(".globl fault_read\nfault_read: movl (%1), %0"
                 : "=r"(got_value)
                 : "r"(nowhere + 8)
                 : "memory");
}
void write_at_label() {
    asm volatile(".globl fault_write\nfault_write: movl %0, (%1)" : : "r"(7), "r"(nowhere + 8) : "memory");
}

ROW(pf_message) {
    prepare();
    P.begin(receive_open());
    settle();
    A.begin(read_at_label);
    Regs r = P.end();
    EQ(r.eax, two_words);
    EQ(r.edx, nowhere + 8);
    EQ(r.ebx, address(fault_read));
    EQ(r.esi, A.id.low);
    P.ipc(map_answer(A, nowhere, page(0), 0));
    static_cast<void>(A.end());
    A.begin(write_at_label);
    r = take(A, (nowhere + 8) | L4_PF_WRITE | L4_PF_PRESENT);
    EQ(r.ebx, address(fault_write));
    P.ipc(map_answer(A, nowhere, page(0)));
    static_cast<void>(A.end());
    A.begin([] { *at<volatile Word>(nowhere + page_size + 3) = 1; });
    take(A, nowhere + page_size + L4_PF_WRITE);
    P.ipc(map_answer(A, nowhere + page_size, page(1)));
    static_cast<void>(A.end());
    A.begin(reinterpret_cast<Body>(nowhere + 0x10010));
    EQ(take(A, nowhere + 0x10010).ebx, nowhere + 0x10010);
}

ROW(pf_message_kernel_address) {
    prepare();
    A.begin([] { got_value = *at<volatile Word>(L4_USER_TOP + 8); });
    take(A, L4_USER_TOP + 8);
    EQ(P.ipc(map_answer(A, L4_USER_TOP, page(0))).eax, L4_IPC_OK);
    take(A, L4_USER_TOP + 8);
    YES(A.busy());
}

/// All registers but the one that is read, before and after.
struct Registers {
    Word eax, ecx, edx, ebx, esi, edi;
};
Registers seen;

ROW(pf_answer_maps) {
    prepare();
    *words(page(0) + 8) = 4711;
    A.begin([] {
        Word ebx = 0x2b, ecx = 0x2c, edx = nowhere + 8, esi = 0x2e, edi = 0x2f, eax;
        asm volatile("movl (%%edx), %%eax"
                     : "=a"(eax), "+b"(ebx), "+c"(ecx), "+d"(edx), "+S"(esi), "+D"(edi));
        seen = {eax, ecx, edx, ebx, esi, edi};
    });
    take(A, nowhere + 8);
    EQ(P.ipc(map_answer(A, nowhere + 0xfff, page(0))).eax, L4_IPC_OK);
    static_cast<void>(A.end());
    EQ(seen.eax, 4711);
    EQ(seen.ebx, 0x2b);
    EQ(seen.ecx, 0x2c);
    EQ(seen.edx, nowhere + 8);
    EQ(seen.esi, 0x2e);
    EQ(seen.edi, 0x2f);
}

ROW(pf_answer_grants_or_superpage) {
    prepare();
    *words(page(0) + 8) = 11;
    A.begin(read_nowhere);
    take(A, nowhere + 8);
    EQ(P.ipc(map_answer(A, nowhere, page(0), writable | L4_FP_GRANT)).eax, L4_IPC_OK);
    static_cast<void>(A.end());
    EQ(got_value, 11);
    // Root's page has gone: root gets it again from sigma0, A keeps its own until root's parent takes it.
    A.begin([] { got_value = *at<volatile Word>(0x70000000 + 5 * page_size); });
    const Word large = superpage(0);
    *words(large + 5 * page_size) = 22;
    take(A, 0x70000000 + 5 * page_size);
    EQ(P.ipc(map_answer(A, 0x70000000 + 5 * page_size, large, writable, super_log2)).eax, L4_IPC_OK);
    static_cast<void>(A.end());
    EQ(got_value, 22);
    YES(A.can_write(0x70000000 + super_size - 4));
}

ROW(pf_answer_words) {
    prepare();
    A.begin([] {
        Word ecx = 0x2c, edx = nowhere + 8, eax = 0x2a;
        asm volatile("movl %%eax, (%%edx)" : "+a"(eax), "+c"(ecx), "+d"(edx));
        seen = {eax, ecx, edx, 0, 0, 0};
    });
    for (int i = 0; i < 2; ++i) {
        take(A, (nowhere + 8) | L4_PF_WRITE);
        EQ(P.ipc(send(A.id, 0x99, 0x98, zero)).eax, L4_IPC_OK);
    }
    take(A, (nowhere + 8) | L4_PF_WRITE);
    P.ipc(map_answer(A, nowhere, page(0)));
    static_cast<void>(A.end());
    EQ(seen.eax, 0x2a);
    EQ(seen.ecx, 0x2c);
    EQ(*words(page(0) + 8), 0x2a);
}

ROW(pf_answer_long) {
    prepare();
    A.begin(read_nowhere);
    take(A, nowhere + 8);
    static Message<3> buffer;
    buffer = {};
    buffer.sends(3, 1).strings[0] = {100, 0x70000000, 0, 0};
    EQ(P.ipc(send(A.id, 1, 2, zero, buffer.snd())).eax, L4_IPC_OK);
    take(A, nowhere + 8);
    // A buffer that is not there.
    EQ(P.ipc(send(A.id, 1, 2, zero, 0x70000000)).eax, L4_IPC_OK);
    take(A, nowhere + 8);
    EQ(P.ipc(send(A.id, nowhere, fpage(page(0)), zero, buffer.snd(map_bit))).eax, L4_IPC_OK);
    static_cast<void>(A.end());
}

ROW(pf_answer_refused) {
    prepare();
    A.begin(read_nowhere);
    take(A, nowhere + 8);
    EQ(P.ipc(send(A.id, L4_PF_REFUSED, 0, zero)).eax, L4_IPC_OK);
    settle();
    EQ(A.query_state(), L4_STATE_DEAD);
}

ROW(pf_answer_no_memory) {
    P.create_in_root(2);
    // The program's superpage has a node; there is no frame left for a page table.
    A.create(first_task, {.quota = L4_KMEM_TASK + 2});
    settle();
    A.set_pager(P.id);
    A.begin(read_nowhere);
    take(A, nowhere + 8);
    EQ(P.ipc(map_answer(A, nowhere, page(0))).eax, L4_IPC_SEMAPFAILED);
    take(A, nowhere + 8);
}

ROW(pf_no_pager) {
    cast(5);
    A.set_pager(nil);
    l4_task_kill(E.task, root_id);
    F.create(first_task + 5, {.pager = l4_threadid(1500, 0)});
    settle();
    // F has not even a first page: its pager never existed.
    EQ(F.query_state(), L4_STATE_DEAD);
    C.begin(die);
    settle();
    B.set_pager(C.id);
    A.begin(read_nowhere);
    B.begin(read_nowhere);
    settle();
    EQ(A.query_state(), L4_STATE_DEAD);
    EQ(B.query_state(), L4_STATE_DEAD);
    E.create(E.task);
    settle();
    D.set_pager(E.id);
    l4_task_kill(E.task, root_id);
    D.begin(read_nowhere);
    settle();
    EQ(D.query_state(), L4_STATE_DEAD);
}

ROW(pf_pager_deleted_in_queue) {
    cast(2);
    A.set_pager(B.id);
    A.begin(read_nowhere);
    settle();
    EQ(A.query_state(), L4_STATE_PENDING_SEND);
    l4_task_kill(B.task, root_id);
    EQ(A.query_state(), L4_STATE_DEAD);
}

ROW(pf_pager_deleted_after_message) {
    cast(2);
    A.set_pager(B.id);
    A.begin(read_nowhere);
    EQ(B.ipc(receive_open(patience)).edx, nowhere + 8);
    l4_task_kill(B.task, root_id);
    settle(5000);
    EQ(A.query_state(), L4_STATE_WAITING);
    B.create(B.task);
    settle();
    give(B, 0x70000000, page(0));
    YES(A.busy());
    EQ(B.ipc(map_answer(A, nowhere, 0x70000000)).eax, L4_IPC_OK);
    static_cast<void>(A.end());
}

ROW(pf_pager_is_itself) {
    cast(1);
    E.create_thread(A, 1);
    A.set_pager(A.id);
    A.begin(read_nowhere);
    settle(5000);
    EQ(A.query_state(), L4_STATE_PENDING_SEND);
    E.call(L4_VEC_LTHREAD_EX_REGS, ex_regs(0, address(landing)));
    settle();
    EQ(landed.count, 1);
}

ROW(pf_queues_at_busy_pager) {
    prepare(2);
    B.set_pager(P.id);
    A.begin(read_nowhere);
    settle();
    B.begin(write_nowhere);
    settle();
    take(A, nowhere + 8);
    take(B, (nowhere + 8) | L4_PF_WRITE);
}

ROW(pf_only_the_pager_answers) {
    prepare(3);
    A.begin(read_nowhere);
    take(A, nowhere + 8);
    EQ(C.ipc(send(A.id, 1, 2, zero)).eax, L4_IPC_SETIMEOUT);
    C.begin(send(A.id, 1, 2));
    settle();
    YES(C.busy());
    EQ(C.query_state(), L4_STATE_PENDING_SEND);
    EQ(A.query_state(), L4_STATE_WAITING);
    P.ipc(map_answer(A, nowhere, page(0)));
    static_cast<void>(A.end());
    EQ(A.ipc(receive_open(zero)).edx, 1);
}

ROW(pf_new_pager_during_fault) {
    prepare(1);
    E.create_thread(A, 1);
    F.create_in_root(3);
    settle();
    A.begin(read_nowhere);
    take(A, nowhere + 8);
    E.call(L4_VEC_LTHREAD_EX_REGS, ex_regs(0, ~0u, ~0u, F.id));
    EQ(P.ipc(send(A.id, 1, 2, zero)).eax, L4_IPC_OK);
    const Regs r = F.ipc(receive_open(patience));
    EQ(r.eax, two_words);
    EQ(r.esi, A.id.low);
    EQ(r.edx, nowhere + 8);
}

ROW(pf_states) {
    prepare(3);
    A.begin(read_nowhere);
    settle();
    Regs r = C.call(L4_VEC_THREAD_SCHEDULE, schedule(A.id));
    EQ(state(r), L4_STATE_PENDING_SEND);
    EQ(r.esi, P.id.low);
    take(A, nowhere + 8);
    r = C.call(L4_VEC_THREAD_SCHEDULE, schedule(A.id));
    EQ(state(r), L4_STATE_WAITING);
    EQ(r.esi, P.id.low);
}

// sigma0's own: as its threads run functions of this program. It answers nobody meanwhile.
using memory::fresh;

ROW(pf_sigma0_superpage) {
    // Root gets it as one superpage only if sigma0 has one: a task without a page table's frames can have it.
    EQ(as_sigma0([] {
           *words(fresh + 4) = 44;
           return *words(fresh + 4);
       }),
       44);
    A.create(first_task, {.quota = L4_KMEM_TASK + 2});
    settle();
    A.begin(receive(sigma0_id, patience, whole_space));
    settle();
    EQ(as_sigma0([] { return ipc(send_map(A.id, fresh, fpage(fresh, super_log2), after(10000))).eax; }),
       L4_IPC_OK);
    EQ(A.end().eax, two_words | got_fpage);
    EQ(A.peek(fresh + 4), 44);
    YES(A.can_write(fresh + super_size - 4));
}

ROW(pf_sigma0_page) {
    // The image of the kernel is at 3 MiB, in the region of sigma0's own pages.
    EQ(as_sigma0([] {
           *words(0x2ff000) = 55;
           return *words(0x2ff000);
       }),
       55);
    A.create(first_task, {.quota = L4_KMEM_TASK + 2});
    settle();
    A.begin(receive(sigma0_id, patience, whole_space));
    settle();
    // It is a page: a task that cannot pay for a table cannot have it.
    EQ(as_sigma0([] { return ipc(send_map(A.id, 0x2ff000, fpage(0x2ff000), after(10000))).eax; }),
       L4_IPC_SEMAPFAILED);
    EQ(A.end().eax, L4_IPC_REMAPFAILED);
}

/// A second thread of sigma0, below the one that serves.
Word sigma0_touches;
alignas(16) char sigma0_stack[1024];
void touch_as_sigma0() {
    *at<volatile Word>(sigma0_touches) = 1;
    log('x');
}

/// A frame that the kernel uses: of its first or its last reserved memory above 1 MiB.
Word kernels_frame(int last) {
    const auto* const kip = at<const l4_kip_t>(L4_KIP_ADDRESS);
    const auto* const d = at<const l4_kip_mem_t>(L4_KIP_ADDRESS + (kip->mem_info >> L4_KIP_MEM_OFFSET_SHIFT));
    Word found = 0;
    for (Word i = 0; i < (kip->mem_info & L4_KIP_MEM_COUNT_MASK); ++i) {
        const Word first = d[i].start & L4_KIP_MEM_ADDR_MASK;
        if ((d[i].start & L4_KIP_MEM_TYPE_MASK) != L4_KIP_MEM_RESERVED || first < 1u << 20 ||
            first > 1u << 30)
            continue;
        if (found == 0 || (last != 0) == (first > found)) found = first;
    }
    return (found + page_size - 1) & L4_FP_PAGE_MASK;
}

ROW(pf_sigma0_killed) {
    const Word lthread = 5;
    for (const Word place : {kernels_frame(0), kernels_frame(1), L4_KIP_ADDRESS, L4_USER_TOP}) {
        sigma0_touches = place;
        as_sigma0([] {
            Word* const top = at<Word>(address(sigma0_stack + sizeof sigma0_stack - 32));
            return call(L4_VEC_LTHREAD_EX_REGS, ex_regs(lthread, address(touch_as_sigma0), address(top))).eax;
        });
        settle();
        EQ(state(call(L4_VEC_THREAD_SCHEDULE, schedule(l4_threadid(L4_TASK_SIGMA0, lthread)))),
           L4_STATE_DEAD);
        LOG("");
    }
}

ROW(pf_sigma0_after_flush) {
    EQ(as_sigma0([] {
           *words(0x2fe000) = 1;
           *words(fresh + super_size) = 2;
           call(L4_VEC_FPAGE_UNMAP, unmap(fpage(0x2fe000), L4_FP_FLUSH | L4_FP_ALL_SPACES));
           call(L4_VEC_FPAGE_UNMAP, unmap(fpage(fresh + super_size), L4_FP_FLUSH | L4_FP_ALL_SPACES));
           call(L4_VEC_FPAGE_UNMAP, unmap(fpage(fresh + super_size + page_size), L4_FP_ALL_SPACES));
           *words(0x2fe004) = 3;
           *words(fresh + super_size + 4) = 4;
           *words(fresh + super_size + page_size) = 5;
           return *words(0x2fe000) + *words(0x2fe004) + *words(fresh + super_size) +
                  *words(fresh + super_size + 4) + *words(fresh + super_size + page_size);
       }),
       1 + 3 + 2 + 4 + 5);
}

ROW(kill_leaves_thread_dead) {
    cast(1);
    E.create_thread(A, 1);
    A.begin(die);
    settle(5000);
    EQ(A.query_state(), L4_STATE_DEAD);
    YES(A.busy());
    A.restart_by(E);
    EQ(A.call(L4_VEC_ID_NEAREST, nearest(nil)).esi, A.id.low);
}

ROW(kill_only_one_thread) {
    cast(1);
    E.create_thread(A, 1);
    give(A, nowhere, page(0));
    *words(page(0)) = 5;
    A.begin(die);
    settle();
    EQ(A.query_state(), L4_STATE_DEAD);
    EQ(E.peek(nowhere), 5);
    EQ(E.call(L4_VEC_ID_NEAREST, nearest(nil)).esi, E.id.low);
}

ROW(exception_without_handler_kills) {
    cast(2);
    A.begin(die);
    B.begin([] { asm volatile("divl %1" : : "a"(1), "r"(0), "d"(0)); });
    settle();
    EQ(A.query_state(), L4_STATE_DEAD);
    EQ(B.query_state(), L4_STATE_DEAD);
    NO(A.fault.seen);
}

} // namespace
} // namespace conformance
