#!/usr/bin/python3 -B
# SPDX-License-Identifier: BSD-2-Clause
"""Prints how operations grow, up to 100,000 threads or mappings, as tables for docs/benchmarks.md.

    bazel run //bench:growth                counts host instructions; takes a minute or two
    bazel run //bench:growth -- sim.json    the times that `bazel run //bench:sim -- --json sim.json` wrote
"""

import json
import os
import pathlib
import sys

import callgrind

SIZES = (10, 100, 1000, 10000, 50000, 100000)


def table(figures, unit):
    """Markdown of `operation/size`: figure."""
    print(f"| {unit} | " + " | ".join(f"{size:,}" for size in SIZES) + " |")
    print("|---|" + "--:|" * len(SIZES))
    for name in dict.fromkeys(name.partition("/")[0] for name in figures):
        row = [figures.get(f"{name}/{size}") for size in SIZES]
        print(f"| `{name}` | " + " | ".join("" if f is None else f"{f:,.0f}" for f in row) + " |")


def main():
    program, *others = sys.argv[1:]
    if others:
        path = pathlib.Path(os.environ.get("BUILD_WORKING_DIRECTORY", ".")) / others[0]
        try:
            rows = json.loads(path.read_text())
        except (OSError, ValueError) as problem:
            return f"{path}: {problem}; it should be what `bazel run //bench:sim -- --json FILE` writes"
        return table({row["id"]: row["value"] for row in rows}, "ns")
    return table(callgrind.run(program, "growth").operations, "host instructions")


if __name__ == "__main__":
    sys.exit(main())
