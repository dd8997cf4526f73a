// SPDX-License-Identifier: GPL-2.0-only
// PCI, by configuration mechanism 1: if the root task gives its ports. The BIOS has set all devices up. A
// device has its ports and its line, in so far as the root task gives them, from when a driver takes it;
// there is no device memory.
#include <asm/l4.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/pci.h>

enum { ADDRESS = 0xcf8, DATA = 0xcfc, PORTS = 8, REGISTERS = 256 };
#define ENABLE (1u << 31)

/* The port of this register. */
static unsigned int choose(struct pci_bus* bus, unsigned int devfn, int where) {
    outl(ENABLE | bus->number << 16 | devfn << 8 | (where & ~3), ADDRESS);
    return DATA + (where & 3);
}

static int config_read(struct pci_bus* bus, unsigned int devfn, int where, int size, u32* value) {
    const unsigned int port = where < REGISTERS ? choose(bus, devfn, where) : 0;
    *value = ~0u;
    if (!port) return PCIBIOS_BAD_REGISTER_NUMBER;
    *value = size == 1 ? inb(port) : size == 2 ? inw(port) : inl(port);
    return PCIBIOS_SUCCESSFUL;
}

static int config_write(struct pci_bus* bus, unsigned int devfn, int where, int size, u32 value) {
    const unsigned int port = where < REGISTERS ? choose(bus, devfn, where) : 0;
    if (!port) return PCIBIOS_BAD_REGISTER_NUMBER;
    if (size == 1)
        outb(value, port);
    else if (size == 2)
        outw(value, port);
    else
        outl(value, port);
    return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops ops = {.read = config_read, .write = config_write};

static struct resource buses = {.name = "PCI buses", .start = 0, .end = 255, .flags = IORESOURCE_BUS};

int pcibios_enable_device(struct pci_dev* dev, int bars) {
    unsigned int i;
    for (i = 0; i < PCI_STD_NUM_BARS; i++) {
        const struct resource* r = &dev->resource[i];
        if (!(bars & 1 << i) || !(r->flags & IORESOURCE_IO)) continue;
        if (l4_take_ports(r->start, resource_size(r))) continue;
        pci_err(dev, "the root task does not give its ports (ports=%#x-%#x)\n", r->start, r->end);
        return -EACCES;
    }
    return pci_enable_resources(dev, bars);
}

int pcibios_alloc_irq(struct pci_dev* dev) {
    const int error = dev->pin ? l4_take_line(dev->irq) : 0;
    if (error) pci_err(dev, "the root task does not give its interrupt line (irq=%u)\n", dev->irq);
    return error;
}

static int __init pci_init_l4(void) {
    struct pci_host_bridge* bridge;
    if (!l4_take_ports(ADDRESS, PORTS)) return 0;
    bridge = pci_alloc_host_bridge(0);
    if (!bridge) return -ENOMEM;
    pci_add_resource(&bridge->windows, &buses);
    pci_add_resource(&bridge->windows, &ioport_resource);
    pci_add_resource(&bridge->windows, &iomem_resource);
    bridge->ops = &ops;
    pci_add_flags(PCI_PROBE_ONLY);
    return pci_host_probe(bridge);
}
subsys_initcall(pci_init_l4);
