#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Does what docs/boot-your-own-program.md says, in a folder of its own, and compares what comes.

Bazel is played: it has built the page's programs already (BUILD.bazel), from the page's sources.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path.cwd()
sys.path.insert(0, str(HERE / "test/tutorial"))
from page import Page  # noqa: E402

PAGE = Page("docs/boot-your-own-program.md")
LABELS = {"//first", "//first:talk", "//l4env/sigma0", "//l4env/roottask"}
DROPS = """#!/bin/bash
[ "$1" = run ] || exit 9
BUILD_WORKING_DIRECTORY=$PWD exec {here}/tools/run --kernel {here}/hal-x86/drops.elf --timeout 100 "${{@:2}}"
"""
BAZEL = """#!/bin/bash
[ "$1" = build ] || exit 9
for label in "${@:2}"; do echo "$label" >>built; done
"""


def rules(text):
    return re.findall(r"^drops_program\(\n.*?^\)\n", text, re.DOTALL | re.MULTILINE)


class Tutorial(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=os.environ["TEST_TMPDIR"])
        self.addCleanup(folder.cleanup)
        self.tree = pathlib.Path(folder.name)
        (self.tree / "bazel/bin").mkdir(parents=True)
        (self.tree / "bazel/bin/first").symlink_to(HERE / "test/tutorial")
        (self.tree / "bazel/bin/l4env").symlink_to(HERE / "l4env")
        for path, text in [("drops", DROPS.format(here=HERE)), ("bin/bazel", BAZEL)]:
            (self.tree / path).parent.mkdir(exist_ok=True)
            (self.tree / path).write_text(text)
            (self.tree / path).chmod(0o755)

    def test_its_commands_print_what_it_says(self):
        self.assertEqual(len(PAGE.runs), 3)
        for commands, promised in PAGE.runs:
            done = subprocess.run(["bash", "-e", "-c", commands], cwd=self.tree, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                                  env=dict(os.environ, PATH=f"{self.tree}/bin:{os.environ['PATH']}"))
            self.assertEqual(self.comparable(done.stdout), self.comparable(promised))
            self.assertEqual(done.returncode, 0)
        self.assertEqual(set((self.tree / "built").read_text().split()), LABELS)

    def comparable(self, text):
        """How fast the processor seems to be is the host's business."""
        return re.sub(r"\d+ MHz", "N MHz", text)

    def test_its_build_rules_are_those_that_were_used(self):
        ours = rules(pathlib.Path("test/tutorial/BUILD.bazel").read_text())
        self.assertEqual(rules(PAGE.files["first/BUILD.bazel"]), ours)
        self.assertEqual(len(ours), 2)


if __name__ == "__main__":
    unittest.main()
