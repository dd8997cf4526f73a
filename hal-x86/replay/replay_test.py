#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""replay.py as `bazel run` calls it: where it writes, and what it says of files that are no good."""

import os
import pathlib
import subprocess
import tempfile
import unittest

REPLAY = ["hal-x86/replay/replay.py", "--trace=tools/trace/trace"]
MACHINE = "hal-x86/replay/machine.elf"


class Replay(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=os.environ["TEST_TMPDIR"])
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def replay(self, *words):
        others = {name: value for name, value in os.environ.items() if name != "TEST_UNDECLARED_OUTPUTS_DIR"}
        return subprocess.run([*REPLAY, *words], env=dict(others, TMPDIR=str(self.folder)),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False)

    def test_a_file_that_is_no_trace_is_named(self):
        (self.folder / "text").write_text("no trace")
        for file in ["/nonexist", self.folder / "text"]:
            done = self.replay("--kernel=" + MACHINE, f"--from={file}")
            self.assertRegex(done.stdout,
                             rf"{file}.*\nFAILED: trace ended with status 2; its message is above")
            self.assertNotIn("Traceback", done.stdout)
            self.assertEqual(done.returncode, 2)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["text"])

    def test_nothing_is_left_of_what_is_good(self):
        done = self.replay("--kernel=" + MACHINE, "--seeds=1", "--steps=5")
        self.assertIn("no difference", done.stdout)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_what_fails_is_in_a_folder_of_its_own(self):
        done = [self.replay("--kernel=hal-x86/replay/replay.py", "--seeds=1", "--steps=5") for _ in range(2)]
        folders = sorted(self.folder.iterdir())
        self.assertEqual(len(folders), 2)
        for run in done:
            self.assertEqual(run.returncode, 1)
        self.assertEqual(sorted(run.stdout.splitlines()[-1] for run in done),
                         [f"the traces and what the machine printed are in {folder}" for folder in folders])
        self.assertTrue((folders[0] / "traces.pack").exists())


if __name__ == "__main__":
    unittest.main()
