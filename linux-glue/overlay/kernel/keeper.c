// SPDX-License-Identifier: GPL-2.0-only
// The keeper: a thread of the server that is the pager of the others. It maps vmalloc pages where they are
// touched, applies fix-ups of the exception table, and makes whoever did something else oops.
//
// It runs no code of Linux that could fault, wait or print.
#include <asm/l4.h>
#include <asm/page.h>
#include <asm/pgtable.h>
#include <linux/bitfield.h>
#include <linux/extable.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include "oops.h"

static unsigned long keeper_stack[1024];

struct l4_oops_state l4_oops_state;

/* The page that init_mm has at a vmalloc address; 0: none, or not so. */
static unsigned long vmalloc_page(unsigned long address, bool write) {
    pgd_t* pgd = swapper_pg_dir + pgd_index(address);
    pmd_t* pmd = pmd_offset(pud_offset(p4d_offset(pgd, address), address), address);
    pte_t pte;
    if (address < VMALLOC_START || address >= VMALLOC_END || !pmd_present(*pmd)) return 0;
    pte = *pte_offset_kernel(pmd, address);
    if (!(pte_val(pte) & _PAGE_PRESENT) || (write && !pte_write(pte))) return 0;
    return l4_fpage(pte_val(pte) & PAGE_MASK, PAGE_SHIFT, pte_write(pte) ? L4_FP_WRITE : 0);
}

/* Where to go on after a fault of `ip`; 0: nobody expected it. */
static unsigned long fixup(unsigned long ip) {
    const struct exception_table_entry* e = search_exception_tables(ip);
    if (!e) return 0;
    switch (FIELD_GET(EX_DATA_TYPE_MASK, e->data)) {
        case EX_TYPE_DEFAULT:
        case EX_TYPE_FAULT:
        case EX_TYPE_UACCESS: return (unsigned long)&e->fixup + e->fixup;
        default: return 0;
    }
}

static void to_oops(l4_threadid_t who, l4_utcb_state_t* state) {
    l4_oops_state.state = *state;
    l4_oops_state.nested = l4_oops_state.taken;
    l4_oops_state.taken = true;
    l4_oops_state.thread = l4_id_lthread(who);
    state->eip = (l4_word_t)l4_oops_entry;
}

static void keeper(void) {
    l4_utcb_t* utcb = l4_my_utcb();
    l4_ipc_result_t m;
    l4_utcb_take_exceptions(L4_UTCB_PF_STATE);
    m = l4_ipc_wait(0, L4_TIMEOUT_NEVER);
    for (;;) {
        l4_word_t page = 0;
        utcb->snd_size = 0;
        if (l4_ipc_error(m) != L4_IPC_OK || l4_id_task(m.from) != l4_id_task(l4_server_task)) {
            m = l4_ipc_wait(0, L4_TIMEOUT_NEVER);
            continue;
        }
        if (utcb->state.trapno == 14) page = vmalloc_page(utcb->state.pfa, utcb->state.err & 2);
        if (!page) {
            const unsigned long to = fixup(utcb->state.eip);
            if (to)
                utcb->state.eip = to;
            else
                to_oops(m.from, &utcb->state);
            utcb->snd_size = L4_UTCB_STATE_WORDS;
        }
        m = l4_ipc_reply_and_wait(m.from, page ? l4_snd_fpage() : 0, page ? utcb->state.pfa & PAGE_MASK : 0,
                                  page, 0);
    }
}

void __init l4_start_keeper(void) {
    l4_ex_regs_t regs = l4_ex_regs_keep();
    l4_start_thread(L4_KEEPER, keeper, keeper_stack + ARRAY_SIZE(keeper_stack),
                    l4_lthread_ex_regs(L4_LINUX, l4_ex_regs_keep()).pager);
    regs.pager = l4_server(L4_KEEPER);
    l4_lthread_ex_regs(L4_LINUX, regs);
}
