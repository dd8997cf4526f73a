/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_L4_IO_H
#define _ASM_L4_IO_H

#include <asm/page.h>

#define ioremap ioremap
void __iomem* ioremap(phys_addr_t address, unsigned long size);
#define iounmap iounmap
void iounmap(volatile void __iomem* at);

#include <asm-generic/io.h>
#endif
