#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`./drops fuzz`: its arguments, its list, and its reports."""

import concurrent.futures
import contextlib
import io
import os
import pathlib
import subprocess
import tempfile
import threading
import unittest
from unittest import mock

import fuzz_arguments
import fuzz_run
import fuzz_summary

KNOWN = {
    "fuzz_a": fuzz_arguments.Target("the first", "fuzz", "fuzz/corpus/fuzz_a"),
    "fuzz_b": fuzz_arguments.Target("the second", "other", "other/inputs"),
    "canary": fuzz_arguments.Target("fails"),
}
CLEAN = (
    "#2\tINITED cov: 5 ft: 31 corp: 2/9b\n#9\tNEW    cov: 7 ft: 33\n#99\tDONE   cov: 12 ft: 48\n"
    "stat::number_of_executed_units: 600\n"
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
        self.bad("fuzz_a --seconds 4294967297", "--seconds wants a number up to 2147483647, not `4294967297`")
        self.bad("fuzz_a --seconds=2147483648", "--seconds wants a number up to 2147483647")
        self.bad("fuzz_a --jobs " + "9" * 5000, "--jobs wants a number up to 256")
        self.bad("fuzz_a --jobs 257", "--jobs wants a number up to 256, not `257`")
        self.bad("fuzz_a --seconds", "--seconds wants a value")
        self.bad("fuzz_a fuzz_b", "takes one target or `all`, but got `fuzz_b` as well")
        self.bad("fuzz_a --fast", "has no option `--fast`")
        self.bad("--seconds 5", "which target")
        self.bad("all --replay README.md", "--replay wants one target")
        self.bad("fuzz_a --merge --replay README.md", "two different things")
        self.bad("fuzz_a --merge --sanitize", "a search without --sanitize")
        self.bad("fuzz_a --replay no/such", "there is no input .*no/such")
        self.bad("fuzz_a --replay /", "--replay wants a file, but / is a folder; name an input in it")

    def test_good_ones_are_understood(self):
        args = fuzz_arguments.parse(["fuzz_b", "--seconds=5", "--jobs", "3", "--sanitize"], KNOWN)
        self.assertEqual(
            (list(args.targets), args.seconds, args.jobs, args.sanitize), (["fuzz_b"], 5, 3, True)
        )
        self.assertEqual(list(fuzz_arguments.parse(["all"], KNOWN).targets), ["fuzz_a", "fuzz_b"])

    def test_the_largest_are_understood(self):
        args = fuzz_arguments.parse("fuzz_a --seconds 2147483647 --jobs 256".split(), KNOWN)
        self.assertEqual((args.seconds, args.jobs), (2**31 - 1, 256))

    def test_nothing_asks_for_the_list(self):
        self.assertIsNone(fuzz_arguments.parse([], KNOWN))
        self.assertIn("  fuzz_b  the second\n", fuzz_arguments.listing(KNOWN))

    def test_the_real_targets_are_found(self):
        real = fuzz_arguments.targets()
        lookup = real["fuzz_lookup"]
        self.assertGreaterEqual(len(real), 9)
        self.assertEqual(real["fuzz_syscall"].corpus, "fuzz/corpus/fuzz_syscall")
        self.assertEqual((lookup.package, lookup.corpus), ("lookup", "lookup/corpus"))

    def test_a_package_in_a_package_has_a_label(self):
        self.assertEqual(fuzz_arguments.targets()["fuzz_elf"].label("fuzz_elf"), "//l4env/roottask:fuzz_elf")


class SummaryArgument(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()
        typed_in = mock.patch.dict(os.environ, BUILD_WORKING_DIRECTORY=folder.name)
        typed_in.start()
        self.addCleanup(typed_in.stop)

    def parse(self, words):
        return fuzz_arguments.parse(words.split(), KNOWN)

    def test_it_is_relative_to_where_it_was_typed(self):
        self.assertEqual(self.parse("all --summary a.md").summary, self.folder / "a.md")
        (self.folder / "a.md").touch()
        self.assertEqual(self.parse("all --summary=a.md").summary, self.folder / "a.md")

    def test_what_can_not_be_written_is_refused_early(self):
        for words, message in [
                ("all --summary no/such.md", "there is no folder .*/no; make it first"),
                ("all --summary .", "wants a file, but .* is a folder"),
                ("all --summary=", "wants the name of a file"),
                ("all --summary", "--summary wants a value"),
                ("all --merge --summary a.md", "--summary is of a search"),
        ]:
            with self.assertRaisesRegex(fuzz_arguments.Bad, message):
                self.parse(words)
        with mock.patch.object(os, "access", lambda path, _: path != self.folder):
            with self.assertRaisesRegex(fuzz_arguments.Bad, "a.md can not be written; name another"):
                self.parse("all --summary a.md")


class Search(unittest.TestCase):
    def run_with(self, outcomes):
        """By target: the status and the log of its process, which runs for two seconds."""
        targets = {name: KNOWN[name] for name in sorted(outcomes)}
        args = fuzz_arguments.Arguments(targets, seconds=6, jobs=2)
        out = io.StringIO()
        runs = {name: fuzz_run.Run(*outcome, seconds=2) for name, outcome in outcomes.items()}
        run_one = mock.patch.object(fuzz_run, "run_one", lambda name, *_: runs[name])
        with run_one, contextlib.redirect_stdout(out):
            self.rows, status = fuzz_run.search(args, dict.fromkeys(outcomes))
        return status, out.getvalue()

    def test_counts_are_printed_for_each_second_that_it_ran(self):
        status, out = self.run_with({"fuzz_a": (0, CLEAN), "fuzz_b": (0, CLEAN)})
        self.assertEqual(status, 0)
        self.assertRegex(out, r"fuzz_b +600 +300 +12 +48 +17\n")
        self.assertEqual(self.rows[1], fuzz_summary.Row("fuzz_b", 600, 12, 48, 17, 300, 2, "nothing found"))

    def test_a_finding_fails_and_tells_how_to_go_on(self):
        log = FOUND.format(fuzz_run.tree.ROOT)
        status, out = self.run_with({"fuzz_a": (77, log), "fuzz_b": (0, CLEAN)})
        self.assertEqual(status, 1)
        self.assertIn("fuzz_a FOUND SOMETHING:\nfuzz_a: step 3\nevent: timer\n", out)
        self.assertIn("./drops fuzz fuzz_a --replay fuzz/findings/fuzz_a/crash-1\n", out)
        self.assertIn("cp fuzz/findings/fuzz_a/crash-1 fuzz/corpus/fuzz_a/\n", out)
        self.assertEqual([row.result for row in self.rows], ["FOUND crash-1", "nothing found"])

    def test_what_nobody_can_read_is_not_printed(self):
        noise = "0x61,0x62,0x1b,\nab\\033 as characters\nBase64: YWI=\nMS: 1 CopyPart-; base unit: 0\n"
        log = "step 1\n" + noise + "a\x1b[2Jb\x85c\n" + 5000 * "long" + "\n"
        _, out = self.run_with({"fuzz_a": (77, log)})
        self.assertIn("step 1\na?[2Jb?c\n" + 50 * "long" + "...\n", out)
        for part in ["0x61", "characters", "Base64"]:
            self.assertNotIn(part, out.split("its log ends")[0])

    def test_of_a_long_report_both_ends_are_printed(self):
        lines = [f"line {n}" for n in range(1000)]
        shown = fuzz_run.shown(lines).split("\n")
        self.assertEqual(len(shown), fuzz_run.MOST_LINES + 1)
        self.assertEqual((shown[0], shown[60], shown[-1]), ("line 0", "... 920 lines more ...", "line 999"))

    def test_processes_do_not_share_a_trace(self):
        with tempfile.TemporaryDirectory() as folder:
            with mock.patch.object(fuzz_run, "FINDINGS", pathlib.Path(folder)):
                with fuzz_run.environment("fuzz_a") as one, fuzz_run.environment("fuzz_a") as other:
                    traces = pathlib.Path(one["TEST_UNDECLARED_OUTPUTS_DIR"])
                    self.assertNotEqual(str(traces), other["TEST_UNDECLARED_OUTPUTS_DIR"])
                    (traces / "fuzz_a.trace").touch()
            self.assertEqual(list(pathlib.Path(folder, "fuzz_a").iterdir()), [traces])

    def test_a_death_without_an_input_is_no_success(self):
        status, out = self.run_with({"fuzz_a": (9, "")})
        self.assertEqual(status, 1)
        self.assertIn("kept no input (status 9)", out)
        self.assertEqual(self.rows[0].result, "FOUND something: no input kept")

    def search_both(self, outcome_of_b):
        """fuzz_a finds something, and `outcome_of_b` is of fuzz_b: what was printed, and the status."""
        log = FOUND.format(fuzz_run.tree.ROOT)
        done = threading.Event()

        def run_one(name, *_):
            if name == "fuzz_b":
                done.wait(10)
                raise outcome_of_b
            done.set()
            return fuzz_run.Run(77, log, seconds=2)
        args = fuzz_arguments.Arguments({name: KNOWN[name] for name in ("fuzz_a", "fuzz_b")}, jobs=2)
        out, status = io.StringIO(), None
        with mock.patch.object(fuzz_run, "run_one", run_one), contextlib.redirect_stdout(out), \
                contextlib.redirect_stderr(out):
            try:
                self.rows, status = fuzz_run.search(args, {"fuzz_a": None, "fuzz_b": None})
            except KeyboardInterrupt:
                status = "interrupted"
        return out.getvalue(), status

    def test_what_keeps_one_target_from_running_hides_no_other(self):
        out, status = self.search_both(OSError(28, "No space left on device", "b.log"))
        self.assertEqual(status, 1)
        self.assertIn("fuzz_a --replay fuzz/findings/fuzz_a/crash-1\n", out)
        self.assertTrue(out.endswith("\ndrops: fuzz_b could not run: b.log: No space left on device\n"), out)
        self.assertEqual([row.result for row in self.rows],
                         ["FOUND crash-1", "could not run: No space left on device"])

    def test_what_was_found_is_printed_after_ctrl_c(self):
        wait = concurrent.futures.wait

        def interrupted(futures):
            wait(futures[:1])
            raise KeyboardInterrupt
        with mock.patch.object(concurrent.futures, "wait", interrupted):
            out, status = self.search_both(OSError(4, "Interrupted"))
        self.assertEqual(status, "interrupted")
        self.assertIn("fuzz_a --replay fuzz/findings/fuzz_a/crash-1\n", out)

    def test_ctrl_c_is_no_finding(self):
        status, out = self.run_with({"fuzz_a": (fuzz_run.INTERRUPTED, CLEAN)})
        self.assertEqual(status, 0)
        self.assertNotIn("FOUND", out)

    def test_folders_that_can_not_be_had_are_named_before_anything_is_built(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "fuzz_b").touch()
            args = fuzz_arguments.Arguments({name: KNOWN[name] for name in ("fuzz_a", "fuzz_b")})
            with mock.patch.object(fuzz_run, "FOUND_SO_FAR", root), \
                    mock.patch.object(fuzz_run, "FINDINGS", root / "findings"), \
                    mock.patch.object(fuzz_run.tree, "ROOT", root), \
                    mock.patch.object(fuzz_run, "build", side_effect=AssertionError):
                with self.assertRaises(FileExistsError) as raised:
                    fuzz_run.main(args)
            self.assertEqual(fuzz_run.why(raised.exception), f"{root}/fuzz_b: File exists")

    def test_one_target_gets_all_processes(self):
        args = fuzz_arguments.Arguments(targets={"fuzz_a": KNOWN["fuzz_a"]}, seconds=6, jobs=3)
        calls, run = [], fuzz_run.Run(0, CLEAN, seconds=3)
        with tempfile.TemporaryDirectory() as folder:
            kept_in = mock.patch.object(fuzz_run, "FOUND_SO_FAR", pathlib.Path(folder))
            run_one = mock.patch.object(fuzz_run, "run_one", lambda *a: calls.append(a) or run)
            with kept_in, run_one:
                with contextlib.redirect_stdout(io.StringIO()) as out:
                    fuzz_run.search(args, {"fuzz_a": None})
        self.assertEqual(len(calls), 3)
        self.assertRegex(out.getvalue(), r" 1800 +600 ")


class Summary(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve()
        root = mock.patch.object(fuzz_summary.tree, "ROOT", self.root)
        root.start()
        self.addCleanup(root.stop)

    def search(self, log, status):
        args = fuzz_arguments.Arguments({"fuzz_a": KNOWN["fuzz_a"]}, seconds=6, jobs=1)
        args.summary, args.words = self.root / "out.md", ["fuzz_a", "--summary", "../out.md"]
        run = fuzz_run.Run(status, log, seconds=2)
        run_one = mock.patch.object(fuzz_run, "run_one", lambda *_: run)
        out = io.StringIO()
        with run_one, contextlib.redirect_stdout(out):
            return fuzz_run.search_and_keep(args, {"fuzz_a": None}, "c0ffee"), out.getvalue()

    def test_it_says_when_what_and_how(self):
        status, _ = self.search(CLEAN, 0)
        self.assertEqual(status, 0)
        text = (self.root / "out.md").read_text()
        self.assertRegex(text, r"\| date \| \d{4}-\d\d-\d\d \d\d:\d\d UTC \|\n\| commit \| c0ffee \|\n")
        self.assertIn("| command | `./drops fuzz fuzz_a --summary out.md` |\n", text)
        self.assertIn("| each target | 6 s, 1 processes at once |\n", text)
        self.assertIn("| fuzz_a | 600 | 12 | 48 | 17 | 300 | 2 | nothing found |\n", text)

    def test_a_finding_is_in_it_and_fails(self):
        status, _ = self.search(FOUND.format(""), 77)
        self.assertEqual(status, 1)
        self.assertIn("| FOUND crash-1 |\n", (self.root / "out.md").read_text())

    def test_it_is_not_lost_when_it_can_not_be_written(self):
        (self.root / "out.md").mkdir()
        status, out = self.search(CLEAN, 0)
        self.assertEqual(status, 1)
        self.assertIn("could not be written", out)
        self.assertIn("| fuzz_a | 600 |", out)

    def test_the_command_shows_no_folder_of_this_machine(self):
        def command(*words):
            return fuzz_summary.command(words, pathlib.Path("/home/me/s.md"))
        self.assertEqual(command("all", "--summary", "/home/me/s.md", "--jobs", "2"),
                         "./drops fuzz all --summary s.md --jobs 2")
        self.assertEqual(command("all", "--summary=../s.md"), "./drops fuzz all --summary=s.md")

    def git(self, *words):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b.invalid", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *words], cwd=self.root, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def test_a_tree_with_changes_is_marked(self):
        summary = self.root / "s.md"
        self.assertIn("unknown", fuzz_summary.commit(summary))
        self.git("init")
        self.git("commit", "--allow-empty", "-m", "a")
        summary.write_text("the last one")
        self.assertRegex(fuzz_summary.commit(summary), r"^[0-9a-f]{40}$")
        (self.root / "kernel.cc").write_text("a change")
        self.assertRegex(fuzz_summary.commit(summary), r"^[0-9a-f]{40}, with changes that are not committed$")
        self.assertRegex(fuzz_summary.commit(pathlib.Path("/elsewhere/s.md")), "not committed$")


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
