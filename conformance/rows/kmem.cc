// SPDX-License-Identifier: BSD-2-Clause
// abi/table/kmem.toml
#include "conformance/harness/message.h"
#include "conformance/harness/row.h"

namespace conformance {
namespace {

constexpr Word here = 0x50000000, there = 0x60000000, quota = 100, spare = 150;
/// What a task of these rows costs: its first thread's frame of threads, and a frame of nodes for the
/// program's page.
constexpr Word base = L4_KMEM_TASK + 2;
constexpr Word patience = after(50000);

/// A task that ends at its first instruction and gets no mapping.
Regs still(Word number, Word frames = 0) {
    return task_new(number, l4_task_new_create(255, frames), 0, 0, l4_threadid(1500, 0));
}
Regs do_task_new(Regs r) { return call(L4_VEC_TASK_NEW, r); }
Word root_free() { return do_task_new(task_new(199, root_id.low)).ecx; }

/// An actor with its own account, which can ask for what is left in it.
void create(Actor& a, Word number, Word frames = quota) {
    a.create(number, {.quota = frames});
    settle();
    l4_task_give(spare + number, a.id);
}
Word free_of(Actor& a) { return a.call(L4_VEC_TASK_NEW, task_new(spare + a.task, a.id.low)).ecx; }

Passed map_it(Actor& from, Actor& to, Word base_address, Word flexpage) {
    return pass(from, to, base_address, flexpage);
}

/// Uses all frames of an account up: three threads a frame, from this number on.
Word use_up(Actor& a) {
    static Word made;
    made = 0;
    a.run([] {
        for (Word n = 20; n < 128; ++n) {
            if (call(L4_VEC_LTHREAD_EX_REGS, ex_regs(n)).eax == L4_EX_REGS_ERROR) break;
            ++made;
        }
    });
    return made;
}

ROW(kmem_shared_task_price) {
    // Until one pays for a frame of threads; then the next ones use it up, and there is no free slot.
    Word number = 60, before = root_free(), price = 0;
    const auto make = [&] {
        const Regs r = do_task_new(still(number++));
        EQ(r.eax, 0);
        price = before - r.ecx;
        before = r.ecx;
    };
    while (price != L4_KMEM_TASK + 1 && number < 250) make();
    EQ(price, L4_KMEM_TASK + 1);
    for (Word n = 1; n < L4_KMEM_THREADS_PER_FRAME; ++n) {
        make();
        EQ(price, L4_KMEM_TASK);
    }
    make();
    EQ(price, L4_KMEM_TASK + 1);
}

ROW(kmem_own_account) {
    const Word before = root_free();
    const Regs r = do_task_new(still(first_task, quota));
    EQ(r.eax, quota);
    EQ(r.ecx, before - quota);
}

ROW(kmem_own_account_is_charged) {
    create(A, first_task);
    EQ(free_of(A), quota - base);
    give(A, here, page(0));
    EQ(free_of(A), quota - base - L4_KMEM_TABLE);
}

ROW(kmem_account_too_small) {
    const Word before = root_free();
    Regs r = do_task_new(still(first_task, before + 1));
    EQ(r.eax, L4_TASK_NEW_ENOMEM);
    EQ(r.ecx, before);
    EQ(root_free(), before);
    create(A, first_task, base + L4_KMEM_TASK - 1);
    EQ(free_of(A), L4_KMEM_TASK - 1);
    r = A.call(L4_VEC_TASK_NEW, still(spare + A.task));
    EQ(r.eax, L4_TASK_NEW_ENOMEM);
    EQ(r.ecx, L4_KMEM_TASK - 1);
    EQ(call(L4_VEC_THREAD_SCHEDULE, schedule(l4_threadid(spare + A.task, 0))).eax, L4_SCHED_ERROR);
}

ROW(kmem_quota_exactly) {
    create(A, first_task);
    const Word left = free_of(A);
    const Regs r = A.call(L4_VEC_TASK_NEW, still(spare + A.task, left));
    EQ(r.eax, left);
    EQ(r.ecx, 0);
    YES(r.esi != 0);
}

ROW(kmem_quota_too_small) {
    const Word before = root_free();
    const Regs r = do_task_new(still(first_task, L4_KMEM_TASK));
    EQ(r.eax, L4_TASK_NEW_ENOMEM);
    EQ(r.esi, 0);
    EQ(r.ecx, before);
    EQ(call(L4_VEC_THREAD_SCHEDULE, schedule(l4_threadid(first_task, 0))).eax, L4_SCHED_ERROR);
}

ROW(kmem_enomem_after_kill) {
    cast(2);
    EQ(do_task_new(still(A.task, 0x1fffff)).eax, L4_TASK_NEW_ENOMEM);
    EQ(B.ipc(send(A.id)).eax, L4_IPC_ENOT_EXISTENT);
    YES(do_task_new(still(A.task)).esi != 0);
}

ROW(kmem_account_returns) {
    page(0);
    const Word before = root_free();
    create(A, first_task, 40);
    give(A, here, page(0));
    use_up(A);
    EQ(free_of(A), 0);
    l4_task_kill(A.task, root_id);
    EQ(root_free(), before);
}

ROW(kmem_shared_task_returns) {
    Word left[3];
    page(2);
    for (int round = 0; round < 3; ++round) {
        A.create(first_task);
        settle();
        for (Word i = 0; i < 3; ++i) give(A, here + i * super_size, page(i));
        ipc(send_map(A.id, 0, L4_FP_IO_WHOLE, zero));
        settle();
        YES(A.can_read(here + super_size));
        l4_task_kill(A.task, root_id);
        left[round] = root_free();
    }
    EQ(left[1], left[0]);
    EQ(left[2], left[0]);
}

ROW(kmem_thread_slab) {
    create(A, first_task);
    // Thread 0 has a place in the first frame; these two fill it.
    for (Word n = 1; n < L4_KMEM_THREADS_PER_FRAME; ++n) A.call(L4_VEC_LTHREAD_EX_REGS, ex_regs(n));
    const Word before = free_of(A);
    EQ(before, quota - base);
    for (Word n = 0; n < L4_KMEM_THREADS_PER_FRAME; ++n) {
        A.call(L4_VEC_LTHREAD_EX_REGS, ex_regs(10 + n));
        EQ(free_of(A), before - 1);
    }
    A.call(L4_VEC_LTHREAD_EX_REGS, ex_regs(20));
    EQ(free_of(A), before - 2);
}

ROW(kmem_page_table) {
    cast(2);
    create(C, first_task + 2);
    const Word before = free_of(C);
    give(A, here, page(0));
    give(A, here + page_size, page(1));
    give(A, there, superpage(0), super_log2);
    map_it(A, C, here, fpage(here));
    EQ(free_of(C), before - L4_KMEM_TABLE);
    map_it(A, C, here + page_size, fpage(here + page_size));
    EQ(free_of(C), before - L4_KMEM_TABLE);
    A.call(L4_VEC_FPAGE_UNMAP, unmap(fpage(here, 13), L4_FP_FLUSH));
    EQ(free_of(C), before);
    map_it(A, C, here, fpage(there, super_log2));
    YES(C.can_read(here));
    EQ(free_of(C), before);
}

ROW(kmem_node_slab) {
    cast(1);
    create(C, first_task + 2);
    give(A, there, superpage(0), super_log2);
    // One node is the program's. A page each, so that every step shows.
    const Word before = free_of(C) - L4_KMEM_TABLE;
    static Word place, count;
    place = here;
    C.begin([] {
        while (ipc(receive(A.id, patience, whole_space)).eax == (two_words | got_fpage)) ++count;
    });
    settle();
    count = 0;
    for (const Word target : {L4_KMEM_NODES_PER_FRAME - 1, 1u, L4_KMEM_NODES_PER_FRAME - 1, 1u}) {
        static Word more;
        more = target;
        A.run([] {
            for (Word i = 0; i < more; ++i, place += page_size)
                ipc(send_map(C.id, place, fpage(there + (place - here) % super_size)));
        });
        static_cast<void>(C.end());
        const Word nodes = 1 + count;
        EQ(free_of(C), before - (nodes + L4_KMEM_NODES_PER_FRAME - 1) / L4_KMEM_NODES_PER_FRAME + 1);
        C.begin([] {
            while (ipc(receive(A.id, patience, whole_space)).eax == (two_words | got_fpage)) ++count;
        });
        settle();
    }
    EQ(count, 2 * L4_KMEM_NODES_PER_FRAME);
    static_cast<void>(C.end());
}

ROW(kmem_fanout) {
    cast(1);
    create(C, first_task + 2);
    give(C, there, superpage(0), super_log2);
    const Word before = free_of(C);
    map_it(C, A, here, fpage(there));
    EQ(free_of(C), before - L4_KMEM_FANOUT);
    map_it(C, A, here + page_size, fpage(there + page_size));
    EQ(free_of(C), before - L4_KMEM_FANOUT);
}

ROW(kmem_fanout_no_memory) {
    cast(1);
    create(C, first_task + 2, base);
    give(C, there, superpage(0), super_log2);
    EQ(free_of(C), 0);
    const Passed p = map_it(C, A, here, fpage(there));
    EQ(p.sent.eax, L4_IPC_SEMAPFAILED);
    EQ(p.got.eax, L4_IPC_REMAPFAILED);
    NO(A.can_read(here));
}

ROW(kmem_io_bitmap) {
    create(C, first_task + 2);
    const Word before = free_of(C);
    EQ(C.ipc(both(sigma0_id, l4_io_fpage(0x60, 0, 0), 0, patience, 0, whole_space)).eax,
       two_words | got_fpage);
    EQ(free_of(C), before - L4_KMEM_IO_BITMAP);
    C.ipc(both(sigma0_id, l4_io_fpage(0x64, 0, 0), 0, patience, 0, whole_space));
    EQ(free_of(C), before - L4_KMEM_IO_BITMAP);
    C.call(L4_VEC_FPAGE_UNMAP, unmap(L4_FP_IO_WHOLE, L4_FP_FLUSH | L4_FP_ALL_SPACES));
    EQ(free_of(C), before);
}

ROW(kmem_io_bitmap_no_memory) {
    cast(1);
    A.ipc(both(sigma0_id, l4_io_fpage(0x60, 0, 0), 0, patience, 0, whole_space));
    create(C, first_task + 2, base + 1);
    EQ(free_of(C), 1);
    const Passed p = map_it(A, C, 0, l4_io_fpage(0x60, 0, 0));
    EQ(p.sent.eax, L4_IPC_SEMAPFAILED);
    EQ(p.got.eax, L4_IPC_REMAPFAILED);
    NO(C.can_use_port(0x60));
    EQ(free_of(C), 1);
}

ROW(kmem_receiver_pays) {
    create(A, first_task);
    create(B, first_task + 1);
    for (Word i = 0; i < 16; ++i) give(A, here + i * page_size, page(i));
    const Word a = free_of(A), b = free_of(B);
    for (Word i = 0; i < 4; ++i) map_it(A, B, there + i * super_size, fpage(here, 16));
    EQ(free_of(A), a);
    EQ(free_of(B), b - 4 * L4_KMEM_TABLE);
}

ROW(kmem_exhaustion_is_local) {
    cast(1);
    give(A, here, page(0));
    create(B, first_task + 1, 40);
    create(C, first_task + 2);
    for (Word i = 0; i < 4; ++i) map_it(A, B, there + i * super_size, fpage(here));
    YES(use_up(B) > 0);
    EQ(B.call(L4_VEC_TASK_NEW, still(spare + B.task)).eax, L4_TASK_NEW_ENOMEM);
    EQ(map_it(A, B, there + 8 * super_size, fpage(here)).sent.eax, L4_IPC_SEMAPFAILED);
    EQ(free_of(C), quota - base);
    EQ(map_it(A, C, there, fpage(here)).sent.eax, L4_IPC_OK);
    EQ(C.call(L4_VEC_LTHREAD_EX_REGS, ex_regs(1)).eax, 0);
    EQ(C.call(L4_VEC_TASK_NEW, still(spare + C.task)).eax, 0);
    EQ(C.call(L4_VEC_TASK_NEW, still(spare + C.task)).esi, l4_threadid(spare + C.task, 0).low);
}

ROW(kmem_shared_is_shared) {
    create(A, first_task, 40);
    B.create_below(A, first_task + 1);
    settle();
    use_up(B);
    A.call(L4_VEC_LTHREAD_EX_REGS, ex_regs(1));
    A.call(L4_VEC_LTHREAD_EX_REGS, ex_regs(2));
    EQ(A.call(L4_VEC_LTHREAD_EX_REGS, ex_regs(3)).eax, L4_EX_REGS_ERROR);
    EQ(A.call(L4_VEC_TASK_NEW, still(spare + A.task)).eax, L4_TASK_NEW_ENOMEM);
}

/// With so many frames left, each call that takes memory; what fails has taken none.
void with_frames_left(Word left) {
    create(C, first_task + 2, base + left);
    EQ(free_of(C), left);
    // A thread: none fits into the first frame any more.
    for (Word n = 1; n < L4_KMEM_THREADS_PER_FRAME; ++n) C.call(L4_VEC_LTHREAD_EX_REGS, ex_regs(n));
    const Regs r = C.call(L4_VEC_TASK_NEW, still(spare + C.task));
    const bool made = left >= L4_KMEM_TASK + 1;
    EQ(r.esi != 0, made);
    EQ(r.ecx, made ? left - L4_KMEM_TASK - 1 : left);
    EQ(free_of(C), made ? left - 1 : left);
    const Word now_left = free_of(C);
    const Word page_sent = map_it(A, C, here, fpage(here)).sent.eax;
    EQ(page_sent, now_left >= L4_KMEM_TABLE ? L4_IPC_OK : L4_IPC_SEMAPFAILED);
    EQ(free_of(C), page_sent == L4_IPC_OK ? now_left - L4_KMEM_TABLE : now_left);
    EQ(C.can_read(here), page_sent == L4_IPC_OK);
    const Word before_port = free_of(C);
    const Word port_sent = map_it(A, C, 0, l4_io_fpage(0x60, 0, 0)).sent.eax;
    EQ(port_sent, before_port >= L4_KMEM_IO_BITMAP ? L4_IPC_OK : L4_IPC_SEMAPFAILED);
    EQ(free_of(C), port_sent == L4_IPC_OK ? before_port - L4_KMEM_IO_BITMAP : before_port);
    l4_task_kill(C.task, root_id);
}

ROW(kmem_failure_leaves_no_trace) {
    cast(1);
    give(A, here, page(0));
    A.ipc(both(sigma0_id, l4_io_fpage(0x60, 0, 0), 0, patience, 0, whole_space));
    with_frames_left(L4_KMEM_TASK + 3);
    const Word before = root_free();
    for (Word left = 0; left <= L4_KMEM_TASK + 2; ++left) {
        with_frames_left(left);
        EQ(root_free(), before);
    }
    // An account with a frame less than the last one needs, for each of a new task's frames.
    for (Word frames = 1; frames <= L4_KMEM_TASK; ++frames) {
        EQ(do_task_new(still(first_task + 4, frames)).eax, L4_TASK_NEW_ENOMEM);
        EQ(root_free(), before);
    }
}

} // namespace
} // namespace conformance
