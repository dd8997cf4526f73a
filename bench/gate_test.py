#!/usr/bin/python3 -B
# SPDX-License-Identifier: BSD-2-Clause
"""Holds the kernel's operations to the numbers of host instructions in bench/budgets.toml.

    bazel test //bench:rendezvous_gate_test                every operation is within its budget
    bazel run //bench:rendezvous_gate_test -- --propose    prints budgets.toml by today's counts
"""

import argparse
import math
import sys
import tomllib

import callgrind

HEADROOM = 1.07  # of a proposed budget; a count varies with the compiler's moods, not from run to run
LOOSE = 1.25     # from here on a budget should be lowered
HOLLOW = 2       # and from here on it holds nobody to anything, or the counting is broken


def measured(program):
    counts = callgrind.run(program, "budgets")
    longest = {f"{name}_entry": max(entries) for name, entries in counts.entries.items()}
    return {name: math.ceil(count) for name, count in {**counts.operations, **longest}.items()}


def propose(counts, path):
    """budgets.toml with its comments, and with other numbers."""
    with open(path) as file:
        lines = file.readlines()
    for line in lines:
        name, equals, rest = line.partition("=")
        if equals and (count := counts.get(name.strip())):
            _, hash_mark, comment = rest.partition("#")
            line = f"{name.strip()} = {math.ceil(count * HEADROOM)}"
            line += f" # {comment.strip()}\n" if hash_mark else "\n"
        print(line, end="")


def verdict(name, count, budget):
    """What to say of an operation, and whether that is a failure."""
    if count is None:
        return "has a budget and is not counted: remove it from bench/budgets.toml", True
    if budget is None:
        return "has no budget: add it to bench/budgets.toml", True
    if count > budget:
        return f"EXCEEDED by {count - budget}", True
    if count * HOLLOW < budget:
        return "MUST BE LOWERED, or the counting is broken", True
    if count * LOOSE < budget:
        return "the budget can be lowered", False
    return "", False


def check(counts, budgets):
    failures = 0
    print(f"{'host instructions in the simulator':34} {'counted':>8} {'at most':>8}")
    for name in dict.fromkeys([*budgets, *counts]):
        count, budget = counts.get(name), budgets.get(name)
        remark, failed = verdict(name, count, budget)
        failures += failed
        print(f"{name:34} {count or '-':>8} {budget or '-':>8} {remark}")
    if failures:
        print(f"\n{failures} operations are not within their budgets.  If that is meant to be,\n"
              "    bazel run //bench:rendezvous_gate_test -- --propose\n"
              "prints what belongs into bench/budgets.toml; raising a number needs a reason in the commit.")
    return failures == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("program", help="counts, built with -O2")
    parser.add_argument("budgets", help="budgets.toml")
    parser.add_argument("--propose", action="store_true", help="print new budgets and test nothing")
    args = parser.parse_args()
    counts = measured(args.program)
    if args.propose:
        return propose(counts, args.budgets)
    with open(args.budgets, "rb") as file:
        return check(counts, tomllib.load(file)["host_instructions"])


if __name__ == "__main__":
    sys.exit(main() is False)
