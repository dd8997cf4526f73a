// SPDX-License-Identifier: GPL-2.0-only
// The table of i386's system calls, and those that are the architecture's.
#include <asm/syscall.h>
#include <linux/kernel.h>
#include <linux/linkage.h>
#include <linux/syscalls.h>

#define __SYSCALL_WITH_COMPAT(number, native, compat) __SYSCALL(number, native)

#define __SYSCALL(number, name) extern long __ia32_##name(const struct pt_regs*);
#include <asm/syscalls_32.h>
#undef __SYSCALL

#define __SYSCALL(number, name) [number] = __ia32_##name,
const sys_call_ptr_t sys_call_table[] = {
#include <asm/syscalls_32.h>
};
#undef __SYSCALL

SYSCALL_DEFINE0(ni_syscall) { return -ENOSYS; }

/* Programs get no ports. */
#define IO_BITMAP_BITS 65536
SYSCALL_DEFINE3(ioperm, unsigned long, from, unsigned long, count, int, on) {
    if (from + count <= from || from + count > IO_BITMAP_BITS) return -EINVAL;
    return on ? -EPERM : 0;
}
SYSCALL_DEFINE1(iopl, unsigned int, level) { return level > 3 ? -EINVAL : level ? -EPERM : 0; }

SYSCALL_DEFINE2(arch_prctl, int, option, unsigned long, arg) { return -EINVAL; }
