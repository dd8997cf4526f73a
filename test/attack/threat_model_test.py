#!/usr/bin/python3 -B
# SPDX-License-Identifier: BSD-2-Clause
"""docs/threat-model.md has a row for each class V1 to V16, and what it links to exists.

Reads the source tree, not its runfiles: a file that moves must be noticed without this target naming it."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs/threat-model.md"
CLASSES = [f"V{n}" for n in range(1, 17)]


def problems(text, directory):
    """What is wrong with a page that stands in `directory`, line by line."""
    rows = re.findall(r"^\| (V\d+) \|.*\|(.+)\|$", text, re.MULTILINE)
    found = [f"no row {name}" for name in CLASSES if name not in dict(rows)]
    found += [f"two rows {name}" for name in CLASSES if [row[0] for row in rows].count(name) > 1]
    for name, tests in rows:
        says_why_not = "not a goal" in tests.lower() or "comes with" in tests.lower()
        if "](" not in tests and not says_why_not:
            found.append(f"row {name} has neither a test nor a reason")
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in link and not (directory / link).is_file():
            found.append(f"{link} does not exist")
    return found


def self_test():
    """What the check must find, seeded."""
    row = "| {} | class | [test](threat-model.md) |\n"
    good = "".join(row.format(name) for name in CLASSES)
    seeded = {
        "no row V7": good.replace(row.format("V7"), ""),
        "two rows V7": good + row.format("V7"),
        "row V7 has neither a test nor a reason": good.replace(row.format("V7"), "| V7 | class | later |\n"),
        "nowhere.cc does not exist": good.replace("[test](threat-model.md)", "[test](nowhere.cc)", 1),
    }
    missed = [what for what, text in seeded.items() if what not in problems(text, PAGE.parent)]
    return [f"the check does not find: {what}" for what in missed] + problems(good, PAGE.parent)


def main():
    found = self_test() + problems(PAGE.read_text(encoding="utf-8"), PAGE.parent)
    for problem in found:
        print(f"docs/threat-model.md: {problem}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
