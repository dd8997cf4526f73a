# SPDX-License-Identifier: BSD-2-Clause
"""Reads coverage in lcov's format, takes out what was reviewed as not to be covered, and prints a table."""

import collections
import fnmatch
import re

import cxx_outline


class File:
    """Execution counts of one source: by line, and of each branch outcome by line."""

    def __init__(self):
        self.lines = {}
        self.branches = collections.defaultdict(list)

    def drop(self, number):
        self.lines.pop(number, None)
        self.branches.pop(number, None)

    def outcomes(self):
        return [count for counts in self.branches.values() for count in counts]


def parse(text):
    """path -> File of each source of libkern."""
    files, current = {}, None
    for row in text.splitlines():
        kind, _, rest = row.partition(":")
        if kind == "SF":
            path = rest.removeprefix("./")
            ours = path.startswith(("libkern/include/", "libkern/src/"))
            current = files.setdefault(path, File()) if ours else File()
        elif kind == "DA":
            number, count = rest.split(",")[:2]
            current.lines[int(number)] = int(count)
        elif kind == "BRDA":
            number, _, _, count = rest.split(",")
            current.branches[int(number)].append(0 if count == "-" else int(count))
    return files


def read_exclusions(path):
    """(file pattern, regular expression or function, reason) of each line that is not a comment."""
    exclusions = []
    for number, row in enumerate(path.read_text().splitlines(), 1):
        if not row.strip() or row.startswith("#"):
            continue
        match = re.fullmatch(r"(\S+)\s+(/.+/|\S+\(\))\s+(\S.*)", row)
        if not match:
            raise SystemExit(f"{path.name}:{number}: want `FILE /REGEX/ REASON` or `FILE FUNCTION() REASON`")
        exclusions.append(match.groups())
    return exclusions


def exclude(files, exclusions, root):
    """Takes excluded lines out of `files`; gives the exclusions that matched nothing."""
    stale = []
    for pattern, what, reason in exclusions:
        dropped = 0
        for path in fnmatch.filter(files, pattern):
            for number in _matching_lines((root / path).read_text(), what):
                dropped += number in files[path].lines or number in files[path].branches
                files[path].drop(number)
        if not dropped:
            stale.append(f"{pattern} {what} {reason}")
    return stale


def _matching_lines(text, what):
    if what.startswith("/"):
        rows = enumerate(text.splitlines(), 1)
        return [number for number, row in rows if re.search(what[1:-1], row)]
    found = [f for f in cxx_outline.functions(text) if f[0] == what.removesuffix("()")]
    return [number for _, first, length in found for number in range(first, first + length)]


def _percent(counts):
    counts = list(counts)
    return 100.0 * sum(count > 0 for count in counts) / len(counts) if counts else 100.0


def show(files, missing):
    """Prints a row for each file; gives the percentages of lines and branches of all."""
    for path, file in sorted(files.items()):
        lines, branches = _percent(file.lines.values()), _percent(file.outcomes())
        print(f"{lines:7.2f} % lines {branches:7.2f} % branches  {path}")
        if missing:
            for number in sorted(file.lines | file.branches):
                if file.lines.get(number) == 0:
                    print(f"    {path}:{number}: not reached")
                elif 0 in file.branches.get(number, []):
                    print(f"    {path}:{number}: a branch never taken")
    return (_percent(count for file in files.values() for count in file.lines.values()),
            _percent(count for file in files.values() for count in file.outcomes()))
