#!/usr/bin/python3 -B
# SPDX-License-Identifier: BSD-2-Clause
"""The benchmarks run, say what they are asked for, and name what is wrong with their arguments."""

import json
import os
import pathlib
import subprocess
import sys
import unittest

PROGRAM = os.path.abspath(sys.argv.pop(1))
# The largest sizes take seconds to set up under sanitizers, and do nothing that the others do not do.
SMALL = r"--benchmark_filter=^[a-z_]+/(10|100|1000|256|4096|65536)(/manual_time)?$"


def run(*arguments, **environment):
    emulator = filter(None, [os.environ.get("EMULATOR")])  # tools/run_32_bits
    return subprocess.run([*emulator, PROGRAM, *arguments], env={**os.environ, **environment},
                          capture_output=True, text=True, check=False)


class Smoke(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(os.environ["TEST_TMPDIR"])

    def test_all_run_and_write_json(self):
        done = run(SMALL, "--benchmark_min_time=0.01", "--json", "figures.json",
                   BUILD_WORKING_DIRECTORY=str(self.directory))
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = json.loads((self.directory / "figures.json").read_text())
        listed = run(SMALL, "--benchmark_list_tests").stdout.split()
        self.assertEqual([row["id"] for row in rows], [name.removesuffix("/manual_time") for name in listed])
        self.assertIn("ipc_inter/10", done.stdout)
        for row in rows:
            self.assertEqual({"suite": "sim", "unit": "ns"}, {key: row[key] for key in ("suite", "unit")})
            self.assertGreater(row["value"], 0, row)

    def test_listing_is_no_failure(self):
        self.assertEqual(run("--benchmark_list_tests").returncode, 0)

    def test_listing_leaves_figures_alone(self):
        figures = self.directory / "kept.json"
        figures.write_text("of yesterday")
        done = run("--benchmark_list_tests", "--json", str(figures))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(figures.read_text(), "of yesterday")

    def check_refused(self, arguments, message):
        done = run(*arguments)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(message, done.stderr)

    def test_nothing_is_measured_for_a_file_that_can_not_be_written(self):
        for path, why in [("/no/such/folder/f", "there is no folder /no/such/folder; make it first"),
                          (str(self.directory), "it is a folder; name a file in it")]:
            done = run("--json", path)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertEqual(done.stderr, f"sim: can not write {path}: {why}\n")

    def test_bad_arguments_are_named(self):
        self.check_refused(["--json"], "--json wants a file to write: --json FILE")
        self.check_refused(["--json="], "--json wants a file to write")
        self.check_refused(["--json", "a", "--json=b"], "--json is given twice")
        for seconds in ["-1", "nan", "inf"]:
            self.check_refused(["--benchmark_min_time=" + seconds], f"={seconds}: no number of seconds")
        self.check_refused(["--benchmark_format=json"], "--benchmark_format=json: it prints a table")
        self.check_refused(["--frobnicate"], "--frobnicate")
        self.check_refused(["--benchmark_filter=nothing"], "no benchmark ran")
        self.check_refused(["--benchmark_filter=^yield/10$", "--json", "/no/such/folder/f"],
                           "can not write /no/such/folder/f")


if __name__ == "__main__":
    unittest.main()
