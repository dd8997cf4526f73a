#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Linux's image has no instruction that is the kernel's: none is privileged, none is about the processor's
interrupt flag. Ports, which Linux may be given, are read and written by the functions in PORTS only.

    linux-glue/test/tamed_test.py LINUX.elf
"""

import os
import pathlib
import re
import subprocess
import sys
import unittest

# Functions with port instructions, by the ports that the root task gives for them (`ports=`).
PORTS = {
    "the real-time clock": ["rtc_cmos_read", "rtc_cmos_write"],
    "COM1, for input": ["device_init_l4", "get_chars"],
    "the configuration of PCI": ["config_read", "config_write"],
    "a PCI device": [f"io{way}{size}" for way in ("read", "write")
                     for size in ("8", "16", "16be", "32", "32be", "8_rep", "16_rep", "32_rep")],
}

# As objdump writes them (AT&T), without prefixes.
PORT = r"(in|out|ins[bwl]|outs[bwl])\b"
KERNELS = "|".join([
    r"(cli|sti|pushf|popf|iret)[wl]?\b",  # the interrupt flag
    r"(hlt|lgdt|lidt|lldt|ltr|lmsw|clts|invd|wbinvd|wbnoinvd|invlpg|invpcid)[wl]?\b",
    r"(rdmsr|wrmsr|rdpmc|rsm|monitor|mwait|xsetbv|sysexit|sysret|getsec|stac|clac)[wl]?\b",
    r"(vmcall|vmlaunch|vmresume|vmxoff|vmxon|vmptrld|vmclear|vmrun|vmload|vmsave|stgi|clgi)\b",
    r"mov.*%(cr|db|dr|tr)\d",
    r"(sgdt|sidt|sldt|str|smsw)[wl]?\b",  # what belongs to the kernel is of no use here
    r"(lcall|ljmp|lret|lds|les|lfs|lgs|lss)[wl]?\b|(mov|pop)[wl]? .*%[c-gs]s$",  # segments are as they were
    r"int +\$0x(?!3[0-6]$)|into\b|syscall|sysenter",  # every gate but L4's; int3 is the debugger's
    r"\(bad\)",  # no instruction: what stands behind it may be read wrong
])
PREFIX = r"(?:(?:lock|rep|repn?z|data16|addr16|notrack|[c-gs]s) +)*"


def instructions(path):
    """(function, instruction) of every section that is code. Replacements that Linux for a PC would patch in
    (.altinstr_replacement) are among them: nobody does here, and they need not be better."""
    listing = subprocess.run(["/usr/bin/objdump", "-d", "--no-show-raw-insn", path], stdout=subprocess.PIPE,
                             text=True, check=True).stdout
    function = None
    for line in listing.splitlines():
        if line.endswith(">:"):
            function = line[line.index("<") + 1:-2]
        elif ":\t" in line:
            yield function, line.partition(":\t")[2].rstrip()


def read(path):
    """How many instructions there are, those of the kernel's, and those for ports."""
    count, kernels, ports = 0, [], []
    kernels_own, port = [re.compile(f"{PREFIX}(?:{what})") for what in (KERNELS, PORT)]
    for count, (function, instruction) in enumerate(instructions(path), 1):
        if kernels_own.match(instruction):
            kernels.append((function, instruction))
        elif port.match(instruction):
            ports.append((function, instruction))
    return count, kernels, ports


class Linux(unittest.TestCase):
    image = None

    @classmethod
    def setUpClass(cls):
        cls.count, cls.kernels, cls.ports = read(cls.image)

    def test_all_of_it_is_read(self):
        self.assertGreater(self.count, 500_000)

    def test_it_has_no_instruction_of_the_kernel_s(self):
        self.assertEqual(self.kernels, [], "Linux would get a fault there: see irqflags.h and processor.h of "
                                           "linux-glue/overlay for what to do instead")

    def test_ports_are_where_they_are_given(self):
        """And the list names nobody else."""
        self.assertEqual(sorted({function for function, _ in self.ports}), sorted(sum(PORTS.values(), [])))


class Planted(unittest.TestCase):
    """A function for each, by the host's assembler."""

    FOUND = ["cli", "sti", "pushfl", "popfl", "popfw", "iret", "iretw", "hlt", "lgdt (%eax)", "lidt (%eax)",
             "lldt %ax", "ltr %ax", "lmsw %ax", "clts", "invd", "wbinvd", "invlpg (%eax)", "rdmsr", "wrmsr",
             "rdpmc", "sysexit", "mov %eax, %cr3", "mov %cr0, %eax", "mov %eax, %dr7", "mov %db6, %eax",
             "sgdt (%eax)", "sidt (%eax)", "smsw %eax", "str %ax", "lret", "lcall *(%eax)", "ljmp *(%eax)",
             "lcall $0x10, $0", "lds (%eax), %ecx", "lss (%eax), %esp", "mov %eax, %ds", "mov (%ebx), %gs",
             "pop %fs", "pop %ds", "int $0x80", "int $0x37", "int $0x20", "into", "sysenter", "lock; cli",
             "rep; hlt", ".byte 0x66; sti", ".byte 0xff, 0xff", "monitor", "vmcall", "xsetbv"]
    PORTS = ["in $0x60, %al", "in (%dx), %eax", "out %al, $0x80", "out %ax, (%dx)", "rep insw", "rep outsb",
             "insl", "outsl"]
    OTHERS = ["nop", "int3", "int $0x30", "int $0x36", "ud2", "mov %ds, %eax", "mov %gs:0, %eax", "push %ds",
              "cld", "std", "lahf", "rdtsc", "cpuid", "fxsave (%eax)", "lea 4(%eax), %ecx", "rep stosl",
              "pause", "incl in", "call out", "jmp cli", "movl $popf, %eax", "int3; .globl sti; sti: ret"]

    def planted(self, name):
        lines = getattr(self, name)
        text = ".globl in, out, cli, popf\n" if name == "OTHERS" else ""
        text += "".join(f"{name}_{i}: {line}\nnop\n" for i, line in enumerate(lines))
        source = pathlib.Path(os.environ["TEST_TMPDIR"], name + ".s")
        made = source.with_suffix(".o")
        source.write_text(text)
        subprocess.run(["/usr/bin/as", "--32", "-o", made, source], check=True)
        return {f"{name}_{i}" for i in range(len(lines))}, read(made)

    def test_what_is_the_kernel_s_is_found(self):
        functions, (_, kernels, ports) = self.planted("FOUND")
        self.assertEqual(({function for function, _ in kernels}, ports), (functions, []))

    def test_ports_are_found(self):
        functions, (_, kernels, ports) = self.planted("PORTS")
        self.assertEqual(({function for function, _ in ports}, kernels), (functions, []))

    def test_nothing_else_is(self):
        _, (count, kernels, ports) = self.planted("OTHERS")
        self.assertEqual((kernels, ports), ([], []))
        self.assertGreater(count, 2 * len(self.OTHERS))


if __name__ == "__main__":
    Linux.image = sys.argv.pop(1)
    unittest.main()
