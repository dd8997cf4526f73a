// SPDX-License-Identifier: GPL-2.0-only
// Memory at the start, and the tables that are there from the start.
#include <asm/l4.h>
#include <asm/page.h>
#include <asm/pgtable.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/memblock.h>
#include <linux/mm.h>

pgd_t swapper_pg_dir[PTRS_PER_PGD] __aligned(PAGE_SIZE);
unsigned long empty_zero_page[PAGE_SIZE / sizeof(unsigned long)] __aligned(PAGE_SIZE);
EXPORT_SYMBOL(empty_zero_page);

static const pgprot_t protection_map[16] = {
    [VM_NONE] = PAGE_NONE,
    [VM_READ] = PAGE_READONLY,
    [VM_WRITE] = PAGE_COPY,
    [VM_WRITE | VM_READ] = PAGE_COPY,
    [VM_EXEC] = PAGE_READONLY,
    [VM_EXEC | VM_READ] = PAGE_READONLY,
    [VM_EXEC | VM_WRITE] = PAGE_COPY,
    [VM_EXEC | VM_WRITE | VM_READ] = PAGE_COPY,
    [VM_SHARED] = PAGE_NONE,
    [VM_SHARED | VM_READ] = PAGE_READONLY,
    [VM_SHARED | VM_WRITE] = PAGE_SHARED,
    [VM_SHARED | VM_WRITE | VM_READ] = PAGE_SHARED,
    [VM_SHARED | VM_EXEC] = PAGE_READONLY,
    [VM_SHARED | VM_EXEC | VM_READ] = PAGE_READONLY,
    [VM_SHARED | VM_EXEC | VM_WRITE] = PAGE_SHARED,
    [VM_SHARED | VM_EXEC | VM_WRITE | VM_READ] = PAGE_SHARED,
};
DECLARE_VM_GET_PAGE_PROT

void __init mem_init(void) { memblock_free_all(); }

/* The server has no devices: what it has is memory, one to one. */
void __iomem* ioremap(phys_addr_t address, unsigned long size) { return NULL; }
EXPORT_SYMBOL(ioremap);

void iounmap(volatile void __iomem* at) {}
EXPORT_SYMBOL(iounmap);
