/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_L4_VDSO_VSYSCALL_H
#define _ASM_L4_VDSO_VSYSCALL_H

#include <asm/page.h>
#include <linux/timekeeper_internal.h>
#include <vdso/datapage.h>

/* The page before the vDSO, as the server sees it. */
union l4_vdso_data_page {
    struct vdso_data data[CS_BASES];
    char page[PAGE_SIZE];
};
extern union l4_vdso_data_page l4_vdso_data_page;

#define __arch_get_k_vdso_data __arch_get_k_vdso_data
static __always_inline struct vdso_data* __arch_get_k_vdso_data(void) { return l4_vdso_data_page.data; }

#include <asm-generic/vdso/vsyscall.h>
#endif
