// SPDX-License-Identifier: GPL-2.0-only
// FPU registers of programs: x87, MMX and SSE. A thread's are in the L4 thread of its address space while it
// is the owner of that and they have not changed (fpu_changed); else in thread.fpu, or they are those of a
// new thread (fpu_used is false). They pass through the FPU registers of the server's thread 0, which nothing
// else uses.
//
// Nothing is checked here that a program could make a fault of: fxsave and fxrstor do not look at pending
// errors, and no image gets here with bits of MXCSR that the processor does not have.
#include <asm/l4.h>
#include <asm/sigcontext.h>
#include <linux/init.h>
#include <linux/regset.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "../mm/mm.h"
#include "fpu.h"
#include "user.h"

/* What fxsave stores and may be looked at: its last 48 bytes are the system's. */
#define IMAGE_BYTES offsetof(struct user_fxsr_struct, padding[44])

static const struct user_fxsr_struct initial = {.cwd = 0x37f, .mxcsr = 0x1f80};

static u32 mxcsr_bits __ro_after_init = 0xffbf;

static int __init read_mxcsr_bits(void) {
    static struct user_fxsr_struct mine __initdata __aligned(16);
    asm volatile("fxsave %0" : "=m"(mine));
    if (mine.reserved) mxcsr_bits = mine.reserved;
    return 0;
}
early_initcall(read_mxcsr_bits);

static const struct user_fxsr_struct* image_of(const struct task_struct* tsk) {
    return tsk->thread.fpu_used ? &tsk->thread.fpu : &initial;
}

/* All but the bits that MXCSR has, which fxsave tells and fxrstor does not take. By words: it is asked at
 * each change of threads and each signal, and memcmp goes by bytes. */
static bool is_initial(const struct user_fxsr_struct* i) {
    const u32 *at = (const u32*)i->st_space, *end = (const u32*)i->padding;
    u32 bits = (i->cwd ^ initial.cwd) | i->swd | i->twd | i->fop | (i->mxcsr ^ initial.mxcsr);
    bits |= i->fip | i->fcs | i->foo | i->fos;
    for (; !bits && at < end; at += 4) bits = at[0] | at[1] | at[2] | at[3];
    return !bits;
}

void l4_fpu_store(struct task_struct* tsk) {
    asm volatile("fxsave %0" : "=m"(tsk->thread.fpu));
    tsk->thread.fpu_used = !is_initial(&tsk->thread.fpu);
}

l4_word_t l4_fpu_load(const struct task_struct* tsk) {
    if (!tsk->thread.fpu_used) return L4_EX_REGS_FPU_RESET;
    asm volatile("fxrstor %0" : : "m"(tsk->thread.fpu));
    return L4_EX_REGS_FPU_SET;
}

/* Does the L4 thread of its address space have them? */
static bool loaded(const struct task_struct* tsk) {
    return tsk->mm && tsk->mm->context.owner == tsk && !tsk->thread.fpu_changed;
}

/* From the L4 thread to the server's thread 0. The L4 thread has those of a new one then, if `mode` says so.
 */
static void fetch(struct task_struct* tsk, l4_word_t mode) {
    l4_lthread_ex_regs(
        l4_ex_regs_target(tsk->mm->context.task, 0) | L4_EX_REGS_FPU_GET | L4_EX_REGS_NO_CANCEL | mode,
        l4_ex_regs_keep());
}

void l4_fpu_get(struct task_struct* tsk) {
    if (!loaded(tsk)) return;
    fetch(tsk, 0);
    l4_fpu_store(tsk);
}

/* What thread.fpu has, or those of a new thread, take effect. */
static void changed(struct task_struct* tsk, bool used) {
    tsk->thread.fpu_used = used;
    tsk->thread.fpu_changed = true;
}

/* The image takes effect; tail and MXCSR are put right. */
static void set_image(struct task_struct* tsk, const struct user_fxsr_struct* from) {
    memcpy(&tsk->thread.fpu, from, IMAGE_BYTES);
    tsk->thread.fpu.mxcsr &= mxcsr_bits;
    changed(tsk, true);
}

/* Two bits for a register whose bit in the short tag word is set: valid 0, zero 1, special 2. */
static u32 tag_of(const struct _fpxreg* r) {
    const unsigned int exponent = r->exponent & 0x7fff;
    const u64 significand = *(const u64*)r->significand;
    if (exponent == 0) return significand ? 2 : 1;
    return exponent != 0x7fff && significand >> 63 ? 0 : 2;
}

/* The form of fnsave. Tags are numbered as registers, the stack from its top. */
static void to_old_form(struct user_i387_struct* to, const struct user_fxsr_struct* from) {
    const struct _fpxreg* st = (const struct _fpxreg*)from->st_space;
    struct _fpreg* old_st = (struct _fpreg*)to->st_space;
    const unsigned int top = from->swd >> 11 & 7;
    unsigned int i;
    u32 tags = from->twd & 0xff ? 0 : 0xffff; /* which says that all are empty */
    for (i = 0; i < 8 && tags != 0xffff; i++)
        tags |= (from->twd >> i & 1 ? tag_of(st + ((i - top) & 7)) : 3) << 2 * i;
    to->cwd = from->cwd | 0xffff0000;
    to->swd = from->swd | 0xffff0000;
    to->twd = tags | 0xffff0000;
    to->fip = from->fip;
    to->fcs = (from->fcs & 0xffff) | (u32)from->fop << 16;
    to->foo = from->foo;
    to->fos = from->fos;
    for (i = 0; i < 8; i++) memcpy(old_st + i, st + i, sizeof(*old_st));
}

static void from_old_form(struct user_fxsr_struct* to, const struct user_i387_struct* from) {
    const struct _fpreg* old_st = (const struct _fpreg*)from->st_space;
    struct _fpxreg* st = (struct _fpxreg*)to->st_space;
    unsigned int i;
    to->cwd = from->cwd;
    to->swd = from->swd;
    to->twd = 0;
    for (i = 0; i < 8 && (from->twd & 0xffff) != 0xffff; i++) to->twd |= ((from->twd >> 2 * i & 3) != 3) << i;
    to->fop = (u32)from->fcs >> 16;
    to->fip = from->fip;
    to->fcs = from->fcs & 0xffff;
    to->foo = from->foo;
    to->fos = from->fos;
    for (i = 0; i < 8; i++) memcpy(st + i, old_st + i, sizeof(*old_st));
}

/* All but the image of fxsave itself. */
static void fill_around(struct _fpstate_32* f, const struct user_fxsr_struct* image) {
    BUILD_BUG_ON(sizeof(struct user_fxsr_struct) != 512);
    BUILD_BUG_ON(offsetof(struct _fpstate_32, _fxsr_env) + sizeof(struct user_fxsr_struct) != sizeof(*f));
    to_old_form((struct user_i387_struct*)f, image);
    f->status = image->swd;
    f->magic = X86_FXSR_MAGIC;
    /* As Linux has it on a processor without xsave: the second magic word would follow, and does not. */
    f->sw_reserved = (struct _fpx_sw_bytes){.magic1 = FP_XSTATE_MAGIC1,
                                            .extended_size = sizeof(*f) + FP_XSTATE_MAGIC2_SIZE,
                                            .xstate_size = sizeof(struct user_fxsr_struct)};
}

static int copy_to_frame(struct _fpstate_32 __user* at) {
    struct _fpstate_32 f __uninitialized;
    l4_fpu_get(current);
    fill_around(&f, image_of(current));
    memcpy(f._fxsr_env, image_of(current), IMAGE_BYTES);
    if (copy_to_user(at, &f, sizeof(f))) return -EFAULT;
    changed(current, false);
    return 0;
}

int l4_fpu_to_frame(struct _fpstate_32 __user* at) {
    struct _fpstate_32* f = l4_user_block(at, sizeof(*f)); /* may have slept */
    struct user_fxsr_struct* image;
    if (!f || !loaded(current) || (unsigned long)f->_fxsr_env % 16) return copy_to_frame(at);
    image = (struct user_fxsr_struct*)f->_fxsr_env;
    fetch(current, L4_EX_REGS_FPU_RESET);
    asm volatile("fxsave %0" : "=m"(*image));
    fill_around(f, image);
    current->thread.fpu_used = false;
    return 0;
}

int l4_fpu_from_frame(const struct _fpstate_32 __user* at) {
    struct user_fxsr_struct* image = &current->thread.fpu;
    struct user_i387_struct old_form __uninitialized;
    changed(current, false); /* nobody stores over the image while the copy sleeps */
    if (!at) return 0;
    if (copy_from_user(&old_form, at, sizeof(old_form)) || copy_from_user(image, at->_fxsr_env, IMAGE_BYTES))
        return -EFAULT;
    from_old_form(image, &old_form);
    image->mxcsr &= mxcsr_bits;
    changed(current, true);
    return 0;
}

/* Of several errors the first of this order. */
int l4_fpu_error(unsigned int trap) {
    const struct user_fxsr_struct* i;
    unsigned int errors;
    l4_fpu_get(current);
    i = image_of(current);
    errors = trap == 16 ? i->swd & ~i->cwd : i->mxcsr & ~(i->mxcsr >> 7);
    if (errors & 0x01) return FPE_FLTINV;
    if (errors & 0x04) return FPE_FLTDIV;
    if (errors & 0x08) return FPE_FLTOVF;
    if (errors & 0x12) return FPE_FLTUND;
    return errors & 0x20 ? FPE_FLTRES : 0;
}

int l4_fpregs_get(struct task_struct* tsk, const struct user_regset* set, struct membuf to) {
    struct user_i387_struct old_form;
    l4_fpu_get(tsk);
    to_old_form(&old_form, image_of(tsk));
    return membuf_write(&to, &old_form, sizeof(old_form));
}

int l4_fpregs_set(struct task_struct* tsk, const struct user_regset* set, unsigned int pos,
                  unsigned int count, const void* kbuf, const void __user* ubuf) {
    struct user_i387_struct old_form;
    struct user_fxsr_struct image;
    int error;
    if (pos != 0 || count != sizeof(old_form)) return -EINVAL;
    error = user_regset_copyin(&pos, &count, &kbuf, &ubuf, &old_form, 0, -1);
    if (error) return error;
    l4_fpu_get(tsk);
    image = *image_of(tsk);
    from_old_form(&image, &old_form);
    set_image(tsk, &image);
    return 0;
}

int l4_fxregs_get(struct task_struct* tsk, const struct user_regset* set, struct membuf to) {
    l4_fpu_get(tsk);
    return membuf_write(&to, image_of(tsk), sizeof(struct user_fxsr_struct));
}

int l4_fxregs_set(struct task_struct* tsk, const struct user_regset* set, unsigned int pos,
                  unsigned int count, const void* kbuf, const void __user* ubuf) {
    struct user_fxsr_struct image;
    int error;
    if (pos != 0 || count != sizeof(image)) return -EINVAL;
    error = user_regset_copyin(&pos, &count, &kbuf, &ubuf, &image, 0, -1);
    if (error) return error;
    if (image.mxcsr & ~mxcsr_bits) return -EINVAL;
    set_image(tsk, &image);
    return 0;
}
