#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What kernel operations cost on the PC: `./drops bench kernel` (docs/pc.md). Boots the bench in QEMU, prints
the table, and fails where something is above its bound."""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(os.path.realpath(__file__)).parent))

import kernel_irqs_off  # noqa: E402
import kernel_latency  # noqa: E402
import kernel_report  # noqa: E402
import suite  # noqa: E402

KERNELS = {"": "hal-x86/drops.elf", "_cxx": "hal-x86/drops_cxx.elf",
           "_plain": "bench/drops_without_page_fault_state.elf"}
BUDGETS = "hal-x86/test/bench_budgets.txt"
PARSER = suite.Parser("kernel", __doc__.split(". ")[0] + ".")


def measure(folder):
    """Operations by id, of all kernels."""
    modules = ["hal-x86/test/sigma0.elf", "hal-x86/test/bench.elf"]
    texts = {suffix: suite.boot(folder / f"bench{suffix}", kernel, modules)
             for suffix, kernel in KERNELS.items()}
    return kernel_report.operations(texts)


def run(args, folder):
    budgets = kernel_report.read_budgets(pathlib.Path(BUDGETS).read_text(encoding="utf-8"))
    found = measure(folder)
    windows = kernel_irqs_off.measure(KERNELS[""], folder)
    waits = kernel_latency.measure(KERNELS[""], folder)
    found["irqs_off_max"] = kernel_report.Operation(windows.worst.instructions)
    found["irq_to_thread_max"] = kernel_report.Operation(max(waits.values()))
    print(suite.title("Kernel operations", PARSER))
    print(kernel_report.table(budgets, found))
    print(windows.text())
    print(kernel_latency.text(waits))
    if args.json:
        args.json.write_text(suite.as_json(kernel_report.figures(budgets, found)), encoding="utf-8")
    return kernel_report.wrong(budgets, found)


if __name__ == "__main__":
    sys.exit(suite.main(PARSER, run))
