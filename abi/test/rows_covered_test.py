#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every row of the milestones has a test that names it with ABI_ROW(...), and that `bazel test //...` runs.

    rows_covered_test.py TABLE SOURCE...

The sources are those of the tests that run (build/test_sources.bzl); none may skip or disable a case."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))
sys.dont_write_bytecode = True

import table  # noqa: E402

MILESTONES = ("v2", "thesis")
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
SKIPS = re.compile(r"\bGTEST_SKIP\b|\bDISABLED_\w+")


def code(path):
    return COMMENT.sub("", pathlib.Path(path).read_text(encoding="utf-8"))


def named_in(paths):
    """Row id to the sources whose code, comments excluded, names it."""
    named = {}
    for path in paths:
        for row in re.findall(r"\bABI_ROW\(\s*(\w+)\s*\)", code(path)):
            named.setdefault(row, set()).add(str(path))
    return named


def skipping(paths):
    """The sources with a case that is not run, or not to its end."""
    return [str(path) for path in paths if SKIPS.search(code(path))]


def main():
    directory, *paths = sys.argv[1:]
    whole = table.Table(directory)
    paths = sorted(path for path in paths if path.endswith(".cc"))
    named = named_in(paths)
    wanted = [row["id"] for milestone in MILESTONES for row in whole.of(milestone)]
    missing = [row for row in wanted if row not in named]
    early = sum(row["id"] in named for row in whole.rows if row["milestone"] not in MILESTONES)
    print(f"{len(wanted) - len(missing)} of {len(wanted)} rows of {', '.join(MILESTONES)} have a test that "
          f"runs, and {early} of later milestones; {len(paths)} sources")
    for row in missing:
        print(f"no test that runs says ABI_ROW({row}); its program must be among the `tests` of a "
              "test_sources that this test reads")
    skips = skipping(paths)
    for path in skips:
        print(f"{path} skips or disables a case: link it with what it needs, or remove it")
    return 1 if missing or skips or not wanted else 0


if __name__ == "__main__":
    sys.exit(main())
