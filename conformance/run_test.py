#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""run.py finds each way in which the rows that ran can disagree with the table."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

import run  # noqa: E402


class Compare(unittest.TestCase):
    def setUp(self):
        run.table_rows = lambda: ["a", "b", "c"]

    def test_all_rows(self):
        self.assertEqual(run.compare(["b", "c", "a"]), [])

    def test_a_row_that_has_not_run(self):
        self.assertEqual(run.compare(["a", "b"]), ["c has not run"])

    def test_a_row_that_has_run_twice(self):
        self.assertEqual(run.compare(["a", "b", "c", "a"]), ["a has run 2 times"])

    def test_a_row_that_is_not_in_the_table(self):
        self.assertEqual(run.compare(["a", "b", "c", "d"]), ["d has run and is not in the table"])

    def test_no_table(self):
        run.table_rows = lambda: []
        self.assertEqual(run.compare([]), ["there is no table"])


if __name__ == "__main__":
    unittest.main()
