#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Coverage is counted, and exclusions take out what they name and nothing else."""

import contextlib
import io
import pathlib
import tempfile
import unittest

import coverage_report

SOURCE = "int f(int x) {\n    if (x) return 1;\n    panic();\n}\n"
LCOV = """SF:libkern/src/a.cc
DA:1,5
DA:2,5
DA:3,0
BRDA:2,0,0,5
BRDA:2,0,1,-
end_of_record
SF:/usr/include/c++/12/array
DA:1,0
end_of_record
"""


class Coverage(unittest.TestCase):

    def measure(self, exclusions):
        with tempfile.TemporaryDirectory() as name, contextlib.redirect_stdout(io.StringIO()):
            root = pathlib.Path(name)
            (root / "libkern/src").mkdir(parents=True)
            (root / "libkern/src/a.cc").write_text(SOURCE)
            (root / "exclusions").write_text(exclusions)
            files = coverage_report.parse(LCOV)
            stale = coverage_report.exclude(
                files, coverage_report.read_exclusions(root / "exclusions"), root)
            return coverage_report.show(files, missing=True), len(stale)

    def test_counts_lines_and_branches_of_libkern(self):
        (lines, branches), stale = self.measure("# a comment\n")
        self.assertAlmostEqual(lines, 200 / 3)
        self.assertEqual((branches, stale), (50, 0))

    def test_excludes_lines_by_expression(self):
        self.assertEqual(self.measure("libkern/*.cc /panic/ never returns\n"), ((100, 50), 0))

    def test_excludes_functions(self):
        self.assertEqual(self.measure("libkern/src/a.cc f() reviewed\n"), ((100, 100), 0))

    def test_reports_what_matches_nothing(self):
        self.assertEqual(self.measure("libkern/src/a.cc /gone/ why\nlibkern/src/a.cc g() why\n")[1], 2)

    def test_refuses_an_exclusion_without_a_reason(self):
        with self.assertRaises(SystemExit):
            self.measure("libkern/src/a.cc /panic/\n")


if __name__ == "__main__":
    unittest.main()
