#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What Linux's operations cost on drops, natively and as User-Mode Linux (docs/linux.md).
`./drops bench linux` boots each in QEMU, prints the table, and fails where something is above its bound or
what it must be."""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(os.path.realpath(__file__)).parent))

import linux_report  # noqa: E402
import suite  # noqa: E402

BUDGETS = "bench/linux_budgets.txt"
OPERATIONS = "bench/linux_program/operations.cpio"
NATIVE = "linux-glue/baseline/native.bzimage"
SYSTEMS = ("native", "uml", "drops")
# As //linux-glue's tests have it.
ON_DROPS = ["l4env/sigma0/sigma0.elf", "l4env/roottask/roottask.elf exit=0xf4",
            "linux-glue/linux.elf memory=96M kmem=0 mcp=24 tasks=64 data=operations.cpio -- console=hvc0",
            OPERATIONS]

PARSER = suite.Parser("linux", __doc__.split(" (")[0] + ".")
PARSER.add_argument("--only", choices=SYSTEMS, action="append",
                    help="boot just this one; may be given several times")


def boot_native(folder, initramfs=OPERATIONS, memory=192, words=()):
    # QEMU's processor does not say that its counter is steady; under -icount it is.
    return suite.boot(folder, NATIVE, [initramfs], append="console=ttyS0 tsc=reliable quiet panic=-1",
                      memory=memory, seconds=300, words=["--status=0", *words])


def boot_uml(folder):
    """This User-Mode Linux fails by chance: it reads a program's descriptor for set_thread_area as zeros. A
    start at another date is another chance; one that fails says so and prints no figures of another's."""
    last = 9
    for day in range(1, last + 1):
        try:
            return boot_native(folder / str(day), "bench/linux_program/uml.cpio", memory=256,
                               words=[f"--qemu=-rtc base=2020-01-0{day},clock=vm"])
        except suite.Failed:
            if day == last:
                raise


def boot_drops(folder):
    return suite.boot(folder, "hal-x86/drops.elf", ON_DROPS, memory=192, seconds=200)


BOOT = {"native": boot_native, "uml": boot_uml, "drops": boot_drops}


def run(args, folder):
    budgets = linux_report.read_budgets(pathlib.Path(BUDGETS).read_text(encoding="utf-8"))
    systems = args.only or SYSTEMS
    found = {system: linux_report.read_bench(BOOT[system](folder / system)) for system in systems}
    print(suite.title("Linux's operations", PARSER))
    print(linux_report.table(budgets, found))
    if args.json:
        args.json.write_text(suite.as_json(linux_report.figures(budgets, found)), encoding="utf-8")
    return linux_report.wrong(budgets, found)


if __name__ == "__main__":
    sys.exit(suite.main(PARSER, run))
