/* SPDX-License-Identifier: GPL-2.0-only */
#include <asm/page.h>
#include <linux/linkage.h>

.section .rodata, "a"
    .balign PAGE_SIZE
SYM_DATA_START(l4_vdso_image)
    .incbin "vdso.so"
    .balign PAGE_SIZE
SYM_DATA_END_LABEL(l4_vdso_image, SYM_L_GLOBAL, l4_vdso_image_end)
