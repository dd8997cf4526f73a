// SPDX-License-Identifier: GPL-2.0-only
// ptrace and core dumps: register sets.
#include <asm/ldt.h>
#include <asm/ptrace.h>
#include <asm/user.h>
#include <linux/elf.h>
#include <linux/ptrace.h>
#include <linux/regset.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>

#include "fpu.h"
#include "user.h"

/* EFLAGS that a debugger may set. */
#define SETTABLE_FLAGS 0x00050dd5UL

/* As a debugger sees them: without the trap flag that is its own. */
static struct pt_regs get_all(struct task_struct* tsk) {
    struct pt_regs regs = *task_pt_regs(tsk);
    if (test_tsk_thread_flag(tsk, TIF_FORCED_TF)) regs.flags &= ~X86_EFLAGS_TF;
    return regs;
}

static int general_get(struct task_struct* tsk, const struct user_regset* set, struct membuf to) {
    const struct pt_regs regs = get_all(tsk);
    return membuf_write(&to, &regs, sizeof(regs));
}

/* None, or one of users. */
static bool is_selector(unsigned long value) { return !(u16)value || (value & 3) == 3; }

/* 0, or -EIO: what no program could have. */
static int set_all(struct task_struct* tsk, const struct pt_regs* from) {
    struct pt_regs *regs = task_pt_regs(tsk), old = *regs;
    if (!is_selector(from->fs) || !is_selector(from->gs)) return -EIO;
    *regs = *from;
    regs->fs = (u16)from->fs;
    regs->gs = (u16)from->gs;
    regs->cs = old.cs;
    regs->ds = old.ds;
    regs->es = old.es;
    regs->ss = old.ss;
    regs->flags = (old.flags & ~SETTABLE_FLAGS) | (from->flags & SETTABLE_FLAGS);
    if (from->flags & X86_EFLAGS_TF)
        clear_tsk_thread_flag(tsk, TIF_FORCED_TF); /* now it is the program's */
    else if (test_tsk_thread_flag(tsk, TIF_FORCED_TF))
        regs->flags |= X86_EFLAGS_TF;
    return 0;
}

static int general_set(struct task_struct* tsk, const struct user_regset* set, unsigned int pos,
                       unsigned int count, const void* kbuf, const void __user* ubuf) {
    struct pt_regs regs = get_all(tsk);
    const int error = user_regset_copyin(&pos, &count, &kbuf, &ubuf, &regs, 0, sizeof(regs));
    return error ?: set_all(tsk, &regs);
}

static int tls_active(struct task_struct* tsk, const struct user_regset* set) {
    int n = GDT_ENTRY_TLS_ENTRIES;
    while (n > 0 && !((u32*)&tsk->thread.tls_array[n - 1])[1]) n--;
    return n;
}

static int tls_get(struct task_struct* tsk, const struct user_regset* set, struct membuf to) {
    unsigned int i;
    for (i = 0; i < GDT_ENTRY_TLS_ENTRIES && to.left; i++) {
        const struct user_desc d = l4_get_tls(tsk, GDT_ENTRY_TLS_MIN + i);
        membuf_write(&to, &d, sizeof(d));
    }
    return to.left;
}

/* Whole descriptors, from any of them on; none if one is bad. */
static int tls_set(struct task_struct* tsk, const struct user_regset* set, unsigned int pos,
                   unsigned int count, const void* kbuf, const void __user* ubuf) {
    struct user_desc d[GDT_ENTRY_TLS_ENTRIES];
    const unsigned int first = pos / sizeof(*d), n = count / sizeof(*d);
    unsigned int i;
    int error = pos % sizeof(*d) || count % sizeof(*d) ? -EINVAL : 0;
    if (!error) error = user_regset_copyin(&pos, &count, &kbuf, &ubuf, d, 0, sizeof(d));
    for (i = first; i < first + n && !error; i++)
        if (!l4_may_set_descriptor(&d[i])) error = -EINVAL;
    for (i = first; i < first + n && !error; i++) l4_set_descriptor(tsk, GDT_ENTRY_TLS_MIN + i, &d[i]);
    return error;
}

static const struct user_regset regsets[] = {
    {.core_note_type = NT_PRSTATUS,
     .n = ELF_NGREG,
     .size = sizeof(u32),
     .align = sizeof(u32),
     .regset_get = general_get,
     .set = general_set},
    {.core_note_type = NT_PRFPREG,
     .n = sizeof(struct user_i387_struct) / sizeof(u32),
     .size = sizeof(u32),
     .align = sizeof(u32),
     .regset_get = l4_fpregs_get,
     .set = l4_fpregs_set},
    {.core_note_type = NT_PRXFPREG,
     .n = sizeof(struct user_fxsr_struct) / sizeof(u32),
     .size = sizeof(u32),
     .align = sizeof(u32),
     .regset_get = l4_fxregs_get,
     .set = l4_fxregs_set},
    {.core_note_type = NT_386_TLS,
     .n = GDT_ENTRY_TLS_ENTRIES,
     .bias = GDT_ENTRY_TLS_MIN,
     .size = sizeof(struct user_desc),
     .align = sizeof(struct user_desc),
     .active = tls_active,
     .regset_get = tls_get,
     .set = tls_set},
};

static const struct user_regset_view view = {
    .name = "i386", .e_machine = EM_386, .regsets = regsets, .n = ARRAY_SIZE(regsets)};

const struct user_regset_view* task_user_regset_view(struct task_struct* tsk) { return &view; }

/* Is the next instruction, behind prefixes, popf or iret, which set the trap flag as the program wants it? */
static bool sets_flags(struct task_struct* tsk) {
    static const u8 prefixes[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3};
    u8 code[15];
    const int size = access_process_vm(tsk, task_pt_regs(tsk)->ip, code, sizeof(code), FOLL_FORCE);
    int i = 0;
    while (i < size && memchr(prefixes, code[i], sizeof(prefixes))) i++;
    return i < size && (code[i] == 0x9d || code[i] == 0xcf);
}

/* The flag is the debugger's unless the program has it set itself, or is about to. A step over a system call
 * ends behind it, not an instruction later. */
void user_enable_single_step(struct task_struct* tsk) {
    struct pt_regs* regs = task_pt_regs(tsk);
    const bool had = regs->flags & X86_EFLAGS_TF;
    set_tsk_thread_flag(tsk, TIF_SINGLESTEP);
    set_task_syscall_work(tsk, SYSCALL_EXIT_TRAP);
    regs->flags |= X86_EFLAGS_TF;
    if (sets_flags(tsk))
        clear_tsk_thread_flag(tsk, TIF_FORCED_TF);
    else if (!had)
        set_tsk_thread_flag(tsk, TIF_FORCED_TF);
}

void user_disable_single_step(struct task_struct* tsk) {
    clear_tsk_thread_flag(tsk, TIF_SINGLESTEP);
    clear_task_syscall_work(tsk, SYSCALL_EXIT_TRAP);
    if (test_and_clear_tsk_thread_flag(tsk, TIF_FORCED_TF)) task_pt_regs(tsk)->flags &= ~X86_EFLAGS_TF;
}

/* Behind a system call that was stepped over. */
void user_single_step_report(struct pt_regs* regs) {
    current->thread.trap_nr = 1;
    current->thread.error_code = 0;
    force_sig_fault(SIGTRAP, TRAP_BRKPT, (void __user*)regs->ip);
}

void ptrace_disable(struct task_struct* tsk) { user_disable_single_step(tsk); }

static int peek(struct task_struct* tsk, unsigned long offset, unsigned long __user* to) {
    const struct pt_regs regs = get_all(tsk);
    if (offset % sizeof(long) || offset >= sizeof(struct user)) return -EIO;
    return put_user(offset < sizeof(regs) ? *(const unsigned long*)((const char*)&regs + offset) : 0, to);
}

/* There are none: a debugger that finds them empty, and clears them, does without. */
static bool debug_register(unsigned long offset) {
    return offset >= offsetof(struct user, u_debugreg[0]) && offset <= offsetof(struct user, u_debugreg[7]);
}

static int poke(struct task_struct* tsk, unsigned long offset, unsigned long value) {
    struct pt_regs regs = get_all(tsk);
    if (offset % sizeof(long) == 0 && debug_register(offset)) return value ? -ENOSPC : 0;
    if (offset % sizeof(long) || offset >= sizeof(regs)) return -EIO;
    *(unsigned long*)((char*)&regs + offset) = value;
    return set_all(tsk, &regs);
}

/* All of set `n` of the list, to or from a program. */
static int get_set(struct task_struct* tsk, unsigned int n, void __user* to) {
    return copy_regset_to_user(tsk, &view, n, 0, regsets[n].n * regsets[n].size, to) ? -EIO : 0;
}

static int put_set(struct task_struct* tsk, unsigned int n, const void __user* from) {
    return copy_regset_from_user(tsk, &view, n, 0, regsets[n].n * regsets[n].size, from) ? -EIO : 0;
}

static int get_area(struct task_struct* tsk, int index, struct user_desc __user* to) {
    struct user_desc d;
    if (index < 0) return -EIO;
    if (index < GDT_ENTRY_TLS_MIN || index > GDT_ENTRY_TLS_MAX) return -EINVAL;
    d = l4_get_tls(tsk, index);
    return copy_to_user(to, &d, sizeof(d)) ? -EFAULT : 0;
}

static int set_area(struct task_struct* tsk, int index, struct user_desc __user* from) {
    return index < 0 ? -EIO : l4_set_tls(tsk, index, from, false);
}

long arch_ptrace(struct task_struct* tsk, long request, unsigned long addr, unsigned long data) {
    switch (request) {
        case PTRACE_PEEKUSR: return peek(tsk, addr, (unsigned long __user*)data);
        case PTRACE_POKEUSR: return poke(tsk, addr, data);
        case PTRACE_GETREGS: return get_set(tsk, 0, (void __user*)data);
        case PTRACE_SETREGS: return put_set(tsk, 0, (void __user*)data);
        case PTRACE_GETFPREGS: return get_set(tsk, 1, (void __user*)data);
        case PTRACE_SETFPREGS: return put_set(tsk, 1, (void __user*)data);
        case PTRACE_GETFPXREGS: return get_set(tsk, 2, (void __user*)data);
        case PTRACE_SETFPXREGS: return put_set(tsk, 2, (void __user*)data);
        case PTRACE_GET_THREAD_AREA: return get_area(tsk, addr, (void __user*)data);
        case PTRACE_SET_THREAD_AREA: return set_area(tsk, addr, (void __user*)data);
        default: return ptrace_request(tsk, request, addr, data);
    }
}
