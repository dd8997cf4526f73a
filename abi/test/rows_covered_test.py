#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every row of the milestone has a test that names it with ABI_ROW(...), somewhere in test/.

Reads the source tree, not its runfiles: a test file added later must count without this target naming it."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "abi/tools"))
sys.dont_write_bytecode = True

import table  # noqa: E402

MILESTONE = "v2"
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


def named_in(root):
    """Row id to the files under test/ whose code, comments excluded, names it."""
    named = {}
    for path in sorted((root / "test").glob("**/*.cc")):
        for row in re.findall(r"\bABI_ROW\(\s*(\w+)\s*\)", COMMENT.sub("", path.read_text(encoding="utf-8"))):
            named.setdefault(row, set()).add(path.relative_to(root))
    return named


def main():
    whole = table.Table(ROOT / "abi/table")
    named = named_in(ROOT)
    wanted = [row["id"] for row in whole.of(MILESTONE)]
    missing = [row for row in wanted if row not in named]
    unknown = sorted(named.keys() - {row["id"] for row in whole.rows})
    early = sum(row["id"] in named for row in whole.rows if row["milestone"] != MILESTONE)
    print(f"{len(wanted) - len(missing)} of {len(wanted)} rows of {MILESTONE} have a test, "
          f"and {early} of later milestones")
    for row in missing:
        print(f"no test in test/ says ABI_ROW({row});")
    for row in unknown:
        print(f"{row}, named in {', '.join(map(str, named[row]))}, is no row of abi/table")
    return 1 if missing or unknown else 0


if __name__ == "__main__":
    sys.exit(main())
