// SPDX-License-Identifier: GPL-2.0-only
// Where the machine has the server's memory, for devices that read and write it. For Linux an address of
// memory is the server's own; virtio's drivers and dma-direct take that of the machine from page_to_phys()
// and virt_to_phys(), and the block layer joins pages by page_to_phys(), so what it joins is one piece there,
// too.
#include <asm/l4.h>
#include <asm/page.h>
#include <linux/cache.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/memblock.h>
#include <linux/mmzone.h>

/* From `address` to the next one's the machine has memory in one piece, too. Ascending. */
static struct piece {
    unsigned long address, machine;
} pieces[256] __ro_after_init;
static unsigned int count __ro_after_init;

bool __init l4_add_memory(unsigned long address, unsigned long machine) {
    const struct piece* last = pieces + count - 1;
    if (count > 0 && address - last->address == machine - last->machine) return true;
    if (count == ARRAY_SIZE(pieces)) return false;
    pieces[count++] = (struct piece){.address = address, .machine = machine};
    return true;
}

phys_addr_t l4_machine_address(unsigned long address) {
    unsigned int low = 0, high = count;
    while (high - low > 1) {
        const unsigned int middle = (low + high) / 2;
        if (pieces[middle].address <= address)
            low = middle;
        else
            high = middle;
    }
    return address - pieces[low].address + pieces[low].machine;
}
EXPORT_SYMBOL(l4_machine_address);

/* Free pages become blocks of pages by their addresses, and a driver may give a device such a block. One
 * with a seam in it would have the seam's page, which is never free. */
void __init l4_reserve_seams(void) {
    unsigned int i;
    for (i = 1; i < count; i++)
        if (!IS_ALIGNED(pieces[i].address, PAGE_SIZE << (MAX_ORDER - 1)))
            memblock_reserve(pieces[i].address, PAGE_SIZE);
}
