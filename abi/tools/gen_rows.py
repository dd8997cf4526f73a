# SPDX-License-Identifier: BSD-2-Clause
"""Writes l4/abi/rows.h to stdout: one constant for each row of the table, so that a misspelt id does
not compile.  Argument: the table's directory."""

import sys

import table

HEAD = """\
/* SPDX-License-Identifier: BSD-2-Clause */
/* Generated from abi/table by abi/tools/gen_rows.py. */
#pragma once

/** One behaviour that the kernel must show; docs/abi.md says which. */
struct AbiRow {
    const char* id;
};

namespace l4rows {
"""


def main():
    rows = table.Table(sys.argv[1]).rows
    print(HEAD)
    for row in rows:
        print(f'inline constexpr AbiRow {row["id"]}{{"{row["id"]}"}};')
    print("\n} // namespace l4rows")


if __name__ == "__main__":
    try:
        main()
    except table.TableError as error:
        sys.exit(f"abi/table: {error}")
