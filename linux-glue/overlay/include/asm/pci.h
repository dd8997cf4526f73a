/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_L4_PCI_H
#define _ASM_L4_PCI_H

/* Without asm-generic's: programs would get files for device memory and ports that the server itself may not
 * have. */
#define PCIBIOS_MIN_IO              0x1000
#define PCIBIOS_MIN_MEM             0
#define pcibios_assign_all_busses() 0
#endif
