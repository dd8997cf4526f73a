#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""run.py finds each way in which the rows that ran and those that are listed can disagree with the table."""

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
        self.assertEqual(run.compare(["b", "a"], {"c": "why"}), [])

    def test_a_row_that_has_not_run(self):
        self.assertEqual(run.compare(["a", "b"], {}), ["c has not run and is not listed"])

    def test_a_row_that_has_run_twice(self):
        self.assertEqual(run.compare(["a", "b", "c", "a"], {}), ["a has run 2 times"])

    def test_a_row_that_runs_and_is_listed(self):
        self.assertEqual(run.compare(["a", "b", "c"], {"c": "why"}), ["c is listed, but it runs"])

    def test_a_row_without_a_reason(self):
        self.assertEqual(run.compare(["a", "b"], {"c": ""}), ["c is listed without a reason"])

    def test_rows_that_are_not_in_the_table(self):
        self.assertEqual(
            run.compare(["a", "b", "c", "d"], {"e": "why"}),
            ["d has run and is not in the table", "e is listed and not in the table"])

    def test_no_table(self):
        run.table_rows = lambda: []
        self.assertEqual(run.compare([], {}), ["there is no table"])


if __name__ == "__main__":
    unittest.main()
