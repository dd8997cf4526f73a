/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_L4_IO_H
#define _ASM_L4_IO_H

#include <asm/page.h>

#define ioremap ioremap
void __iomem* ioremap(phys_addr_t address, unsigned long size);
#define iounmap iounmap
void iounmap(volatile void __iomem* at);

#include <asm/shared/io.h>

#define L4_STRINGS(bwl)                                                                 \
    static inline void ins##bwl(u16 port, void* to, unsigned long count) {              \
        asm volatile("rep ins" #bwl : "+D"(to), "+c"(count) : "d"(port) : "memory");    \
    }                                                                                   \
    static inline void outs##bwl(u16 port, const void* from, unsigned long count) {     \
        asm volatile("rep outs" #bwl : "+S"(from), "+c"(count) : "d"(port) : "memory"); \
    }
L4_STRINGS(b)
L4_STRINGS(w)
L4_STRINGS(l)
#undef L4_STRINGS
#define insb  insb
#define insw  insw
#define insl  insl
#define outsb outsb
#define outsw outsw
#define outsl outsl

/* For devices: asm/page.h. */
#define virt_to_phys virt_to_phys
static inline phys_addr_t virt_to_phys(volatile void* at) { return l4_machine_address((unsigned long)at); }

#include <asm-generic/io.h>
#endif
