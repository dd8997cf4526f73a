#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`./drops fuzz`: its arguments, its list, and its reports."""

import contextlib
import io
import pathlib
import tempfile
import unittest
from unittest import mock

import fuzz_arguments
import fuzz_run

KNOWN = {
    "fuzz_a": fuzz_arguments.Target("the first", "fuzz", "fuzz/corpus/fuzz_a"),
    "fuzz_b": fuzz_arguments.Target("the second", "other", "other/inputs"),
    "canary": fuzz_arguments.Target("fails"),
}
CLEAN = (
    "#9 NEW cov: 7 ft: 3\n#99 DONE   cov: 12 ft: 4\n"
    "stat::number_of_executed_units: 600\nstat::new_units_added:   5\n"
)
FOUND = CLEAN + "fuzz_a: step 3\nevent: timer\nTest unit written to {}/fuzz/findings/fuzz_a/crash-1\n"


class Arguments(unittest.TestCase):
    def bad(self, words, message):
        with self.assertRaisesRegex(fuzz_arguments.Bad, message):
            fuzz_arguments.parse(words.split(), KNOWN)

    def test_bad_ones_are_named(self):
        self.bad("fuzz_c", "there is no fuzz target `fuzz_c`; there are fuzz_a, fuzz_b, canary and all")
        self.bad("fuzz_a --seconds 0", "--seconds wants a number above 0, not `0`")
        self.bad("fuzz_a --jobs many", "--jobs wants a number above 0, not `many`")
        self.bad("fuzz_a --seconds", "--seconds wants a value")
        self.bad("fuzz_a fuzz_b", "takes one target or `all`, but got `fuzz_b` as well")
        self.bad("fuzz_a --fast", "has no option `--fast`")
        self.bad("--seconds 5", "which target")
        self.bad("all --replay README.md", "--replay wants one target")
        self.bad("fuzz_a --merge --replay README.md", "two different things")
        self.bad("fuzz_a --replay no/such", "there is no input .*no/such")

    def test_good_ones_are_understood(self):
        args = fuzz_arguments.parse(["fuzz_b", "--seconds=5", "--jobs", "3", "--sanitize"], KNOWN)
        self.assertEqual(
            (list(args.targets), args.seconds, args.jobs, args.sanitize), (["fuzz_b"], 5, 3, True)
        )
        self.assertEqual(list(fuzz_arguments.parse(["all"], KNOWN).targets), ["fuzz_a", "fuzz_b"])

    def test_nothing_asks_for_the_list(self):
        self.assertIsNone(fuzz_arguments.parse([], KNOWN))
        self.assertIn("  fuzz_b  the second\n", fuzz_arguments.listing(KNOWN))

    def test_the_real_targets_are_found(self):
        real = fuzz_arguments.targets()
        lookup = real["fuzz_lookup"]
        self.assertGreaterEqual(len(real), 9)
        self.assertEqual(real["fuzz_syscall"].corpus, "fuzz/corpus/fuzz_syscall")
        self.assertEqual((lookup.package, lookup.corpus), ("lookup", "lookup/corpus"))


class Search(unittest.TestCase):
    def run_with(self, outcomes):
        targets = {name: KNOWN[name] for name in sorted(outcomes)}
        args = fuzz_arguments.Arguments(targets, seconds=6, jobs=2)
        out = io.StringIO()
        run_one = mock.patch.object(fuzz_run, "run_one", lambda name, *_: outcomes[name])
        with run_one, contextlib.redirect_stdout(out):
            status = fuzz_run.search(args, dict.fromkeys(outcomes))
        return status, out.getvalue()

    def test_counts_are_printed(self):
        status, out = self.run_with({"fuzz_a": (0, CLEAN), "fuzz_b": (0, CLEAN)})
        self.assertEqual(status, 0)
        self.assertRegex(out, r"fuzz_b +600 +100 +12 +5\n")

    def test_a_finding_fails_and_tells_how_to_go_on(self):
        log = FOUND.format(fuzz_run.tree.ROOT)
        status, out = self.run_with({"fuzz_a": (77, log), "fuzz_b": (0, CLEAN)})
        self.assertEqual(status, 1)
        self.assertIn("fuzz_a FOUND SOMETHING:\nfuzz_a: step 3\nevent: timer\n", out)
        self.assertIn("./drops fuzz fuzz_a --replay fuzz/findings/fuzz_a/crash-1\n", out)
        self.assertIn("cp fuzz/findings/fuzz_a/crash-1 fuzz/corpus/fuzz_a/\n", out)

    def test_a_death_without_an_input_is_no_success(self):
        status, out = self.run_with({"fuzz_a": (9, "")})
        self.assertEqual(status, 1)
        self.assertIn("kept no input (status 9)", out)

    def test_one_target_gets_all_processes(self):
        args = fuzz_arguments.Arguments(targets={"fuzz_a": KNOWN["fuzz_a"]}, seconds=6, jobs=3)
        calls = []
        with tempfile.TemporaryDirectory() as folder:
            kept_in = mock.patch.object(fuzz_run, "FOUND_SO_FAR", pathlib.Path(folder))
            run_one = mock.patch.object(fuzz_run, "run_one", lambda *a: calls.append(a) or (0, CLEAN))
            with kept_in, run_one:
                with contextlib.redirect_stdout(io.StringIO()) as out:
                    fuzz_run.search(args, {"fuzz_a": None})
        self.assertEqual(len(calls), 3)
        self.assertIn(" 1800 ", out.getvalue())


class Merge(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.corpus = pathlib.Path(folder.name)

    def inputs(self, sizes):
        folder = self.corpus / "in"
        folder.mkdir()
        for number, size in enumerate(sizes):
            (folder / f"input-{number}").write_bytes(bytes([number % 256]) * size)
        return list(folder.iterdir())

    def test_bounds_hold_and_the_smallest_stay(self):
        chosen = fuzz_run.within_bounds(self.inputs([1000] * 3 + [1] * 250))
        self.assertEqual([path.stat().st_size for path in chosen], [1] * fuzz_run.MOST_INPUTS)

    def test_bytes_are_bounded(self):
        half = fuzz_run.MOST_BYTES // 2
        chosen = fuzz_run.within_bounds(self.inputs([half, half + 1, 7]))
        self.assertEqual(sorted(path.stat().st_size for path in chosen), [7, half])

    def test_what_was_named_by_hand_stays(self):
        inputs = self.inputs([5])
        for old in ["0123456789ab", "crash-0123456789ab", "a_finding"]:
            (self.corpus / old).touch()
        fuzz_run.put_in_place(inputs, self.corpus)
        names = sorted(path.name for path in self.corpus.iterdir() if path.is_file())
        self.assertEqual(len(names), 3)
        self.assertEqual(names[1:], ["a_finding", "crash-0123456789ab"])


if __name__ == "__main__":
    unittest.main()
