#!/usr/bin/python3 -B
# SPDX-License-Identifier: BSD-2-Clause
"""What operations cost does not grow with the size of what they work on: 10, 100 and 1000 are compared.

Of operations that take many kernel entries each entry is counted: the longest must not grow (so interrupts
are never off for longer because a tree or a queue is), and their sum must not grow faster than the size.
"""

import math
import sys

import callgrind

SIZES = (10, 100, 1000)
TOLERANCE = 1.1
# The timeout queue is a heap: O(log n).
LOGARITHMIC = {"alarm", "ipc_timeout", "sleep_expire"}
# There is a shorter way for what ends in the entry in which it begins, as ten do.
SHORT_FOR_TEN = {"unmap_deep", "unmap_wide"}
# Of those of O(log n) each decade costs about what the one before it did, whatever the constant part is; a
# heap of ten is half empty all the time.  n costs ten times as much, its square root three times.
STEEPEST = 1.5


def too_large(operation, figures):
    """The sizes at which there is growth that is not allowed."""
    slack = figures[0] * (TOLERANCE - 1)
    if operation not in LOGARITHMIC:
        first = int(operation in SHORT_FOR_TEN)
        return [size for size, figure in list(zip(SIZES, figures))[first:] if figure > figures[first] + slack]
    return SIZES[2:] if figures[2] - figures[1] > STEEPEST * (figures[1] - figures[0]) + slack else ()


def by_size(figures):
    """`operation/size`: figure, as a table of operation: [figure of each size]."""
    names = dict.fromkeys(name.partition("/")[0] for name in figures)
    return {name: [figures[f"{name}/{size}"] for size in SIZES] for name in names}


def compare(title, table):
    failures = 0
    print(f"{title:45}" + "".join(f"{size:>10}" for size in SIZES))
    for operation, figures in table.items():
        bad = list(too_large(operation, figures))
        failures += bool(bad)
        remark = f"  GROWS at {bad}" if bad else "  O(log n)" if operation in LOGARITHMIC else ""
        print(f"{operation:45}" + "".join(f"{math.ceil(figure):10}" for figure in figures) + remark)
    print()
    return failures


def main():
    counts = callgrind.run(sys.argv[1], "slope")
    entries = by_size(counts.entries)
    failures = compare("host instructions of an operation", by_size(counts.operations))
    longest = {name: [max(e) for e in sizes] for name, sizes in entries.items()}
    failures += compare("host instructions of the longest kernel entry", longest)
    parts = {name: [sum(e) / size for e, size in zip(sizes, SIZES)] for name, sizes in entries.items()}
    failures += compare("host instructions of all entries, for each part", parts)
    if failures:
        print(f"{failures} operations grow with the size of what they work on; allowed is {TOLERANCE} times "
              f"the figure at {SIZES[0]}, or as it says.")
    return failures == 0


if __name__ == "__main__":
    sys.exit(main() is False)
