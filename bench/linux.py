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


def boot_native(folder, initramfs, memory, seconds):
    # QEMU's processor does not say that its counter is steady; under -icount it is.
    return suite.boot(folder, NATIVE, [initramfs], append="console=ttyS0 tsc=reliable quiet panic=-1",
                      memory=memory, seconds=seconds, words=["--status=0"])


def boot_drops(folder):
    return suite.boot(folder, "hal-x86/drops.elf", ON_DROPS, memory=192, seconds=200)


BOOT = {
    "native": lambda folder: boot_native(folder, OPERATIONS, memory=192, seconds=200),
    "uml": lambda folder: boot_native(folder, "bench/linux_program/uml.cpio", memory=256, seconds=500),
    "drops": boot_drops,
}


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
