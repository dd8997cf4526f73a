#!/usr/bin/python3 -B
# SPDX-License-Identifier: BSD-2-Clause
"""docs/thesis.md has a row for each section of the thesis's chapters 3 and 4, and the files it names exist.

Reads the source tree, not its runfiles: a file that moves must be noticed without this target naming it."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
PAGE = ROOT / "docs/thesis.md"
LENGTHS = {"3.1": 9, "3.2": 2, "3.3": 5, "4.1": 4, "4.2": 6, "4.3": 4}
SECTIONS = ["3.4"] + [f"{part}.{n}" for part, count in LENGTHS.items() for n in range(1, count + 1)]
PARTS = ("abi", "hal-sim", "hal-x86", "ia32", "l4env", "libkern", "linux-glue", "lookup", "spec", "test")


def problems(text, names):
    """What is wrong with a page, where the tree's files have `names` (paths from its top)."""
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    found = [f"no row {s}" for s in SECTIONS if not any(line.startswith(f"| {s} ") for line in rows)]
    for word in re.findall(r"`([\w/-]+\.(?:cc?|h|bzl|py|S))`", text):
        # Behind a path others of its folder, or of the kernel's, stand by their last name.
        if word not in names and ("/" in word or not any(name.endswith("/" + word) for name in names)):
            found.append(f"{word} does not exist")
    return found


def self_test(names):
    """What the check must find, seeded."""
    good = "".join(f"| {section} title | `{names[0]}` |\n" for section in SECTIONS)
    seeded = {
        "no row 3.1.8": good.replace("| 3.1.8 ", "| 3.8 "),
        "nowhere.cc does not exist": good + "| more | `nowhere.cc` |\n",
        "test/nowhere.cc does not exist": good + "| more | `test/nowhere.cc` |\n",
    }
    missed = [what for what, text in seeded.items() if what not in problems(text, names)]
    return [f"the check does not find: {what}" for what in missed] + problems(good, names)


def main():
    names = [str(path.relative_to(ROOT)) for part in PARTS for path in (ROOT / part).rglob("*.*")]
    found = self_test(names) + problems(PAGE.read_text(encoding="utf-8"), names)
    for problem in found:
        print(f"docs/thesis.md: {problem}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
