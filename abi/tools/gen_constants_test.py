# SPDX-License-Identifier: BSD-2-Clause
"""Writes a source file to stdout, C11 and C++20 alike, that fails to compile where a macro of the
headers and the table differ.  Arguments: the table's directory, then the headers.

Fails itself when a header has a macro that the table does not have, or the other way round."""

import re
import sys

import table

# Machinery, not part of the interface.
NOT_CONSTANTS = {"L4_ABI_ASSERT", "L4_ABI_INLINE"}


def macros(paths):
    found = set()
    for path in paths:
        with open(path, encoding="ascii") as file:
            found |= set(re.findall(r"^#define (L4_\w+)", file.read(), re.MULTILINE))
    return found - NOT_CONSTANTS


def main():
    directory, headers = sys.argv[1], sys.argv[2:]
    defines = table.Table(directory).defines
    in_headers = macros(headers)
    if only_headers := sorted(in_headers - defines.keys()):
        sys.exit(f"not in abi/table: {' '.join(only_headers)}")
    if only_table := sorted(defines.keys() - in_headers):
        sys.exit(f"not in the headers: {' '.join(only_table)}")
    for path in headers:
        print(f'#include "l4/abi/{path.rsplit("/", 1)[-1]}"')
    for name, value in defines.items():
        print(f"L4_ABI_ASSERT({name} == {value:#x}u);")


if __name__ == "__main__":
    main()
