#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What drops_test.sh cannot show about counting: attempts, shards, targets that were never built."""

import importlib.machinery
import importlib.util
import json
import pathlib
import subprocess
import tempfile
import unittest

_PATH = str(pathlib.Path(__file__).resolve().parent / "count_tests")
_LOADER = importlib.machinery.SourceFileLoader("count_tests", _PATH)
count_tests = importlib.util.module_from_spec(importlib.util.spec_from_loader("count_tests", _LOADER))
_LOADER.exec_module(count_tests)


def run(status, **key):
    event_id = {"testResult": {"label": "//a:b", "attempt": 1} | key}
    return json.dumps({"id": event_id, "testResult": {"status": status}})


def summary(label, status):
    return json.dumps({"id": {"testSummary": {"label": label}}, "testSummary": {"overallStatus": status}})


class Count(unittest.TestCase):

    def check(self, events, passed, failed):
        total = count_tests.count(events)
        self.assertEqual((total["passed"], total["failed"]), (passed, failed))

    def test_a_target_without_cases_is_one_case(self):
        self.check([run("PASSED"), summary("//a:b", "PASSED")], 1, 0)

    def test_only_the_last_attempt_counts(self):
        self.check([run("FAILED"), run("PASSED", attempt=2)], 1, 0)

    def test_shards_add_up(self):
        self.check([run("PASSED", shard=1), run("TIMEOUT", shard=2)], 1, 1)

    def test_a_target_that_was_not_built_failed(self):
        self.check([run("PASSED"), summary("//a:c", "FAILED_TO_BUILD")], 1, 1)

    def test_nothing_is_nothing(self):
        self.check([json.dumps({"id": {"buildFinished": {}}, "finished": {}})], 0, 0)


    def test_half_a_last_line_is_left_out(self):
        self.check([run("PASSED"), '{"id'], 1, 0)


class NoEvents(unittest.TestCase):

    def check(self, text, *why):
        with tempfile.NamedTemporaryFile() as file:
            file.write(text)
            file.flush()
            done = subprocess.run(["/usr/bin/python3", _PATH, file.name], capture_output=True, text=True,
                                  check=False)
            self.assertEqual(done.returncode, 1)
            for part in (f"drops: {file.name} is no build event file", *why):
                self.assertIn(part, done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1)

    def test_other_files_are_named(self):
        self.check(b"garbage\n", "line 1 is no JSON")
        self.check(b'{"a":1}\n', "line 1 is no event")
        self.check(b"[1]\n", "line 1 is no event")
        self.check(b"\xff\xfe\n", "line 1 is no JSON")
        self.check(b'{"id": {}}\ngarbage\n{"id": {}}\n', "line 2 is no JSON")
        self.check(b'{"id": {"testResult": {}}, "testResult": {}}\n')


class Unknown(unittest.TestCase):

    def check(self, said, *found):
        event = json.dumps({"id": {"progress": {}}, "progress": {"stderr": said}})
        self.assertEqual(count_tests.unknown([event, event, "{half"]), list(found))

    def test_packages_and_targets_are_named(self):
        self.check("Loading:\nERROR: no such package 'no/such': BUILD file not found", ("package", "no/such"))
        self.check("\x1b[31m\x1b[1mERROR: \x1b[0mno such target '//a:b': not declared in package 'a'\n",
                   ("target", "//a:b"))
        self.check("ERROR: Skipping '//a:b': no such target '//a:b': not declared", ("target", "//a:b"))
        self.check("ERROR: no targets found beneath 'nosuch'\n", ("package", "nosuch"))

    def test_what_a_build_file_lacks_is_none_of_them(self):
        self.check("ERROR: /a/BUILD.bazel:3:8: no such package 'b': BUILD file not found")


if __name__ == "__main__":
    unittest.main()
