// SPDX-License-Identifier: GPL-2.0-only
// Where programs find the vDSO: its data page, which the server writes when time's scale changes, and behind
// it the image.
#include <asm/elf.h>
#include <asm/ptrace.h>
#include <asm/syscall.h>
#include <asm/vdso/vsyscall.h>
#include <linux/binfmts.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>

#include "../user/user.h"
#include "offsets.h"

extern char l4_vdso_image[], l4_vdso_image_end[];

#define MAX_PAGES 4

/* vdso_enabled among the sysctls. */
unsigned int vdso32_enabled = 1;

union l4_vdso_data_page l4_vdso_data_page __page_aligned_bss;

static struct page* data_pages[2];
static struct page* image_pages[MAX_PAGES + 1];

/* The call that moves it may have come through it, and returns to where it is now. */
static int moved(const struct vm_special_mapping* mapping, struct vm_area_struct* vma) {
    struct pt_regs* regs = current_pt_regs();
    void** vdso = &current->mm->context.vdso;
    if (regs->ip == (unsigned long)*vdso + L4_AT_int80_landing_pad)
        regs->ip = vma->vm_start + L4_AT_int80_landing_pad;
    *vdso = (void*)vma->vm_start;
    return 0;
}

static const struct vm_special_mapping data_mapping = {.name = "[vvar]", .pages = data_pages};
static const struct vm_special_mapping image_mapping = {
    .name = "[vdso]", .pages = image_pages, .mremap = moved};

static unsigned long image_size(void) { return l4_vdso_image_end - l4_vdso_image; }

static int __init vdso_init(void) {
    unsigned long i;
    BUG_ON(image_size() > MAX_PAGES * PAGE_SIZE);
    data_pages[0] = virt_to_page(&l4_vdso_data_page);
    for (i = 0; i < image_size() / PAGE_SIZE; i++)
        image_pages[i] = virt_to_page(l4_vdso_image + i * PAGE_SIZE);
    return 0;
}
subsys_initcall(vdso_init);

static int map(struct mm_struct* mm) {
    struct vm_area_struct* vma;
    const unsigned long at = get_unmapped_area(NULL, 0, PAGE_SIZE + image_size(), 0, 0);
    if (IS_ERR_VALUE(at)) return at;
    vma = _install_special_mapping(mm, at, PAGE_SIZE, VM_READ | VM_MAYREAD, &data_mapping);
    if (IS_ERR(vma)) return PTR_ERR(vma);
    vma = _install_special_mapping(mm, at + PAGE_SIZE, image_size(),
                                   VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC, &image_mapping);
    if (IS_ERR(vma)) {
        do_munmap(mm, at, PAGE_SIZE, NULL);
        return PTR_ERR(vma);
    }
    mm->context.vdso = (void*)(at + PAGE_SIZE);
    return 0;
}

int arch_setup_additional_pages(struct linux_binprm* bprm, int uses_interp) {
    struct mm_struct* mm = current->mm;
    int error;
    if (!vdso32_enabled) return 0;
    if (mmap_write_lock_killable(mm)) return -EINTR;
    error = map(mm);
    mmap_write_unlock(mm);
    return error;
}

static unsigned long in_image(unsigned long offset) {
    return current->mm->context.vdso ? (unsigned long)current->mm->context.vdso + offset : 0;
}

unsigned long l4_vdso_vsyscall(void) { return in_image(L4_AT___kernel_vsyscall); }
unsigned long l4_vdso_sigreturn(void) { return in_image(L4_AT___kernel_sigreturn); }
unsigned long l4_vdso_rt_sigreturn(void) { return in_image(L4_AT___kernel_rt_sigreturn); }

bool arch_syscall_is_vdso_sigreturn(struct pt_regs* regs) {
    return regs->ip && (regs->ip == in_image(L4_AT_vdso32_sigreturn_landing_pad) ||
                        regs->ip == in_image(L4_AT_vdso32_rt_sigreturn_landing_pad));
}
