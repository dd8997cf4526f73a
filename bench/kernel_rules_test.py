#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`./drops bench kernel` without QEMU: arguments, budgets, table, JSON, windows, and what it refuses."""

import contextlib
import io
import os
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, "bench")

import kernel  # noqa: E402
import kernel_irqs_off  # noqa: E402
import kernel_report  # noqa: E402
import suite  # noqa: E402

BUDGETS = """# a comment
ipc_inter 295 172 140 a short IPC
exc_inter 400 500 300 an exception
reflect_inter 1000 1200 600 a reflection
pf_state_extra 20 - - state
ipc_inter_cxx 600 596 -
"""


def bench(**values):
    return "".join(f"bench {name} 2 {2 * value} 4 3 0\n" for name, value in values.items())


def found(**values):
    return {name: kernel_report.Operation(value) for name, value in values.items()}


GOOD = dict(ipc_inter=280, exc_inter=390, reflect_inter=900, pf_state_extra=10, ipc_inter_cxx=590)


class Arguments(unittest.TestCase):
    def refused(self, *words):
        with self.assertRaises(suite.Bad) as caught:
            kernel.PARSER.read(words)
        return str(caught.exception)

    def test_what_is_wrong_is_named(self):
        self.assertIn("--frob; `./drops bench kernel --help`", self.refused("--frob"))
        self.assertIn("unrecognized arguments: fast", self.refused("fast"))
        self.assertIn("--json: expected one argument", self.refused("--json"))
        self.assertIn("the name of a file, not nothing", self.refused("--json="))
        self.assertIn("there is no folder", self.refused("--json", "no/such/file.json"))
        with tempfile.TemporaryDirectory() as folder:
            self.assertIn("is a folder", self.refused("--json", folder))

    def test_names_start_from_the_caller(self):
        with tempfile.TemporaryDirectory() as folder, \
                mock.patch.dict(os.environ, BUILD_WORKING_DIRECTORY=folder):
            self.assertEqual(kernel.PARSER.read(["--json", "a"]).json, pathlib.Path(folder, "a"))

    def test_a_check_boots_nothing(self):
        out = io.StringIO()
        with contextlib.redirect_stderr(out), contextlib.redirect_stdout(out):
            for words, status in ((["--check"], 0), (["--check", "--help"], 3), (["--check", "x"], 2),
                                  (["--help"], 0)):
                with mock.patch.object(sys, "argv", ["kernel", *words]):
                    self.assertEqual(suite.main(kernel.PARSER, None), status)
        self.assertIn("usage: ./drops bench kernel", out.getvalue())


class Report(unittest.TestCase):
    def setUp(self):
        self.budgets = kernel_report.read_budgets(BUDGETS)

    def test_means_and_differences(self):
        text = bench(ipc_inter=280, pf_map=1000, pf_map_with_state=1010)
        got = kernel_report.operations({"": text, "_cxx": text, "_plain": bench(pf_map=997)})
        self.assertEqual(got["ipc_inter"], kernel_report.Operation(280, 2, 1.5, 0))
        self.assertEqual(got["ipc_inter_cxx"].instructions, 280)
        self.assertEqual(got["pf_state_extra"].instructions, 10)
        self.assertEqual(got["pf_save_extra"].instructions, 3)
        self.assertNotIn("pf_map_with_state", got)

    def test_the_table_says_what_is_met(self):
        values = dict(GOOD, exc_inter=250)
        lines = {line.split("  ")[0]: line for line in
                 kernel_report.table(self.budgets, found(**values)).splitlines()}
        self.assertRegex(lines["a short IPC"], r"ipc_inter +280 +172 +140 +NO")
        self.assertRegex(lines["an exception"], r"exc_inter +250 +500 +300 +as aimed at")
        self.assertRegex(lines["a reflection"], r"reflect_inter +900 +1,200 +600 +yes")
        self.assertRegex(lines["a short IPC, by C++ alone"], r"ipc_inter_cxx +590 +596 +yes")

    def test_a_difference_that_rounds_to_none_has_no_sign(self):
        text = kernel_report.table(self.budgets, found(pf_state_extra=-0.02))
        self.assertNotIn("-0", text)

    def test_figures(self):
        figures = kernel_report.figures(self.budgets, found(**GOOD))
        self.assertEqual(figures[0], {"suite": "kernel", "id": "ipc_inter", "value": 280,
                                      "unit": "guest instructions", "must": 172})
        self.assertEqual(figures[3], {"suite": "kernel", "id": "pf_state_extra", "value": 10,
                                      "unit": "guest instructions"})

    def test_what_is_wrong_is_found(self):
        def wrong(**values):
            return kernel_report.wrong(self.budgets, found(**values))

        self.assertEqual(wrong(**GOOD), [])
        self.assertIn("ipc_inter takes 296 guest instructions, its bound is 295",
                      wrong(**dict(GOOD, ipc_inter=296))[0])
        self.assertIn("more has no budget", wrong(**dict(GOOD, more=1))[0])
        self.assertIn("exc_inter costs more than",
                      wrong(**dict(GOOD, exc_inter=350, reflect_inter=350))[0])
        less = {name: value for name, value in GOOD.items() if name != "ipc_inter"}
        self.assertIn("ipc_inter was not measured", wrong(**less)[0])

    def test_bad_input_is_refused(self):
        for text in ("", "bench x 0 1 1 1 1\n", 2 * "bench x 1 1 1 1 1\n"):
            with self.assertRaises(suite.Failed):
                kernel_report.read_bench(text)
        with self.assertRaises(suite.Failed):
            kernel_report.read_budgets("a 1 1 1\na 2 2 2\n")

    def test_all_fixed_ids_have_a_budget(self):
        text = pathlib.Path("hal-x86/test/bench_budgets.txt").read_text()
        ids = """ipc_inter ipc_intra ipc_inter_cxx ipc_long_4k ipc_string_4k ipc_map_4k pf_map pf_state_extra
            pf_save_extra exc_inter exc_intra reflect_intra reflect_inter unmap_4k unmap_256_per_page
            ex_regs_inter thread_switch null_call irqs_off_max"""
        self.assertEqual(set(ids.split()) - set(kernel_report.read_budgets(text)), set())


class Symbols:
    def name(self, place):
        return {0x10: "entry", 0x20: "work", 0x30: "leave"}[place]


class Windows(unittest.TestCase):
    TEXT = "windows 12\nwindow 3 600 10 20 30\nwindow 14 500 10 20 20 30\nwindow 255 40 10 30\n"

    def test_the_longest_and_where_it_was(self):
        windows = kernel_irqs_off.Windows()
        windows.add(kernel_irqs_off.read(self.TEXT, Symbols(), "one"))
        longer = self.TEXT.replace(" 500 ", " 900 ").replace(" 3 600 ", " 3 700 ")
        windows.add(kernel_irqs_off.read(longer, Symbols(), "other"))
        windows.add(kernel_irqs_off.read(self.TEXT, Symbols(), "one"))
        self.assertEqual(windows.worst.instructions, 900)
        self.assertEqual(windows.worst.workload, "other")
        text = windows.text()
        self.assertIn("in 3 programs", text)
        self.assertIn("900 by a page fault; 50 % of it in work, it ends in leave; other", text)
        self.assertIn("700 by the debugger's output calls", text)

    def test_a_run_in_which_none_was_seen_fails(self):
        for text in ("", "windows 0\n"):
            with self.assertRaises(suite.Failed):
                kernel_irqs_off.read(text, Symbols(), "one")


if __name__ == "__main__":
    unittest.main()
