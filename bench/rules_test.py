#!/usr/bin/python3 -B
# SPDX-License-Identifier: BSD-2-Clause
"""The gates find what they are there to find."""

import contextlib
import io
import tempfile
import unittest

import callgrind
import gate_test
import modifications
import slope_test


def quietly(function, *arguments):
    """Its result, and what it printed."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        result = function(*arguments)
    return result, out.getvalue()


class Callgrind(unittest.TestCase):
    def test_parts_are_told_apart(self):
        counts = callgrind._parse([  # pylint: disable=protected-access
            "desc: Trigger: Client Request: operation call 4", "totals: 10",
            "desc: Trigger: Client Request: entry kill", "totals: 7",
            "desc: Trigger: Client Request: entry kill", "totals: 5",
            "desc: Trigger: Program termination", "totals: 3"])
        self.assertEqual(counts.operations, {"call": 2.5})
        self.assertEqual(counts.entries, {"kill": [7, 5]})

    def test_a_program_that_fails_is_reported(self):
        with self.assertRaises(SystemExit) as ended:
            callgrind.run("/bin/false", "budgets")
        self.assertIn("status 1", str(ended.exception))

    def test_a_kernel_that_is_not_found_is_reported(self):
        with self.assertRaises(SystemExit) as ended:
            callgrind.run("/bin/true", "budgets")
        self.assertIn("Kernel::handle", str(ended.exception))


class Gate(unittest.TestCase):
    def check(self, counts, budgets, passes, message):
        passed, printed = quietly(gate_test.check, counts, budgets)
        self.assertEqual(passed, passes)
        self.assertIn(message, printed)

    def test_budgets_are_upper_bounds(self):
        self.check({"call": 100}, {"call": 100}, True, "call")
        self.check({"call": 101}, {"call": 100}, False, "EXCEEDED by 1")
        self.check({"call": 50}, {"call": 100}, True, "can be lowered")
        self.check({"call": 49}, {"call": 100}, False, "MUST BE LOWERED")

    def test_the_remedy_is_named(self):
        self.check({"call": 101}, {"call": 100}, False, "bazel run //bench:rendezvous_gate_test -- --propose")

    def test_both_sides_have_the_same_operations(self):
        self.check({"call": 1}, {}, False, "has no budget")
        self.check({}, {"call": 1}, False, "is not counted")

    def test_a_proposal_keeps_the_comments(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("# of the file\n[host_instructions]\ncall = 5 # of the line\nother = 6\n")
            file.flush()
            _, printed = quietly(gate_test.propose, {"call": 100}, file.name)
        self.assertEqual(printed, "# of the file\n[host_instructions]\ncall = 107 # of the line\nother = 6\n")


class Slope(unittest.TestCase):
    def test_growth_is_found(self):
        self.assertEqual(quietly(slope_test.compare, "", {"unmap": [100, 100, 105]})[0], 0)
        self.assertEqual(quietly(slope_test.compare, "", {"unmap": [100, 50, 10]})[0], 0)
        failures, printed = quietly(slope_test.compare, "", {"unmap": [100, 100, 120]})
        self.assertEqual(failures, 1)
        self.assertIn("GROWS at [1000]", printed)

    def test_logarithms_are_allowed_where_they_are_promised(self):
        self.assertEqual(quietly(slope_test.compare, "", {"alarm": [100, 200, 300]})[0], 0)
        self.assertEqual(quietly(slope_test.compare, "", {"alarm": [100, 400, 700]})[0], 0)
        self.assertEqual(quietly(slope_test.compare, "", {"alarm": [100, 200, 400]})[0], 1)
        self.assertEqual(quietly(slope_test.compare, "", {"alarm": [100, 120, 180]})[0], 1)
        self.assertEqual(quietly(slope_test.compare, "", {"unmap": [100, 200, 300]})[0], 1)


class Modifications(unittest.TestCase):
    def test_a_variant_is_compared_with_the_whole_kernel(self):
        whole = dict.fromkeys(modifications.OPERATIONS, 1000)
        variant = {**whole, "ipc_intra": 900.4, "yield": 1001}
        del variant["exception"]
        rows = [[cell.strip() for cell in line.split("|")[1:-1]]
                for line in modifications.table(whole, [("utcb", variant), ("all", whole)])]
        by_operation = dict(zip(rows[0], rows[3]))
        self.assertEqual(by_operation["host instructions"], "without `utcb`")
        shown = [by_operation[f"`{name}`"] for name in ("ipc_intra", "yield", "exception", "ex_regs")]
        self.assertEqual(shown, ["-100", "+1", "", "0"])
        self.assertEqual(rows[4], ["without all of them"] + ["0"] * len(modifications.OPERATIONS))
        self.assertEqual(rows[2][1], "1,000")


if __name__ == "__main__":
    unittest.main()
