#!/usr/bin/python3 -B
# SPDX-License-Identifier: BSD-2-Clause
"""Prints what each of the thesis's modifications costs, as a table for docs/benchmarks.md: the host
instructions of operations on the whole kernel, and how many fewer (or more) they are without one of them.

    bazel run //bench:modifications     builds a kernel for each; takes long for the first time
"""

import concurrent.futures
import os
import pathlib
import sys

import callgrind

OPERATIONS = ("ipc_intra", "ipc_inter", "ipc_string_4k", "page_fault", "exception", "ex_regs",
              "ex_regs_remote", "yield", "new_thread", "new_task_kill")
PREFIX = "counts_without_"


def row(name, figures, whole):
    """Of a variant: differences from the whole kernel; empty for what it can not do."""
    def cell(operation):
        if operation not in figures:
            return ""
        difference = round(figures[operation]) - round(whole[operation])
        return f"{difference:+,}" if difference else "0"
    return f"| {name} | " + " | ".join(map(cell, OPERATIONS)) + " |"


def table(whole, variants):
    """`variants`: (what is left out, its figures)."""
    yield "| host instructions | " + " | ".join(f"`{operation}`" for operation in OPERATIONS) + " |"
    yield "|---|" + "--:|" * len(OPERATIONS)
    yield "| whole kernel | " + " | ".join(f"{whole[operation]:,.0f}" for operation in OPERATIONS) + " |"
    for name, figures in variants:
        yield row(f"without `{name}`" if name != "all" else "without all of them", figures, whole)


def main():
    programs = sys.argv[1:]
    names = [pathlib.Path(program).name.removeprefix(PREFIX) for program in programs[1:]]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        whole, *figures = pool.map(lambda program: callgrind.run(program, "once").operations, programs)
    print(*table(whole, zip(names, figures)), sep="\n")


if __name__ == "__main__":
    sys.exit(main())
