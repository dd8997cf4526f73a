/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_L4_VVAR_H
#define _ASM_L4_VVAR_H

/* The page before the vDSO, as its code sees it (vdso/vdso.lds.S). Only vdso/datapage.h includes this, where
 * it has struct vdso_data. */
#define VVAR(name) (vvar_##name)

extern struct vdso_data vvar__vdso_data[] __attribute__((visibility("hidden")));
#endif
