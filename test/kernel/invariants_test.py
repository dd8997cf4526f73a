#!/usr/bin/python3 -B
# SPDX-License-Identifier: BSD-2-Clause
"""Each row of docs/invariants.md has a test that breaks it on purpose, and each such test has its row.

Reads the source tree, not its runfiles: a file that moves must be noticed without this target naming it."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs/invariants.md"
TESTS = {"K": "test/kernel/sabotage_test.cc", "M": "test/memory/sabotage_test.cc"}


def problems(text, tests):
    """What is wrong with a page and the tests of its rows, their texts by letter."""
    rows = re.findall(r"^\| ([A-Z]\d+) \|", text, re.MULTILINE)
    caught = {letter: set(re.findall(r'expect_caught\("(\w+)"', test)) for letter, test in tests.items()}
    found = [f"two rows {row}" for row in sorted({row for row in rows if rows.count(row) > 1})]
    for letter, path in TESTS.items():
        mine = {row for row in rows if row.startswith(letter)}
        found += [f"{path} breaks no {row}" for row in sorted(mine - caught[letter])]
        found += [f"no row {name}, which {path} breaks" for name in sorted(caught[letter] - mine)]
        if not mine:
            found.append(f"no rows {letter}")
    found += [f"row {row} is of no test that is known here" for row in rows if row[0] not in TESTS]
    return found


def self_test():
    """What the check must find, seeded."""
    page = "| K1 | holds |\n| K2 | holds |\n| M1 | holds |\n"
    tests = {"K": 'expect_caught("K1", x); expect_caught("K2", x);', "M": 'expect_caught("M1", x);'}
    seeded = {
        "test/kernel/sabotage_test.cc breaks no K3": (page + "| K3 | holds |\n", tests),
        "test/memory/sabotage_test.cc breaks no M1": (page, {**tests, "M": tests["K"]}),
        "no row K2, which test/kernel/sabotage_test.cc breaks": (page.replace("| K2", "|"), tests),
        "two rows K2": (page + "| K2 | holds |\n", tests),
        "no rows M": (page.replace("| M1", "|"), tests),
        "row S1 is of no test that is known here": (page + "| S1 | holds |\n", tests),
    }
    missed = [what for what, case in seeded.items() if what not in problems(*case)]
    return [f"the check does not find: {what}" for what in missed] + problems(page, tests)


def main():
    tests = {letter: (ROOT / path).read_text(encoding="utf-8") for letter, path in TESTS.items()}
    found = self_test() + problems(PAGE.read_text(encoding="utf-8"), tests)
    for problem in found:
        print(f"docs/invariants.md: {problem}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
