#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""tools/lint finds what was seeded for each linter, repairs what it can, and does not pass on nothing."""

import pathlib
import subprocess
import tempfile
import unittest

LINT = pathlib.Path(__file__).resolve().parent / "lint"
SEEDED = {
    "clang-format": ("a.cc", "int  main( ){return 0 ;}\n", True),
    "buildifier": ("BUILD.bazel", "cc_library(srcs=['a.cc'],name='a')\n", True),
    "shellcheck": ("a.sh", "#!/bin/bash\nrm $1\n", False),
}


class Lint(unittest.TestCase):

    def lint(self, root, *args):
        done = subprocess.run([LINT, "--root", root, *args], check=False, capture_output=True, text=True)
        self.out = done.stdout
        return done.returncode

    def test_each_linter(self):
        for linter, (name, text, repairable) in SEEDED.items():
            with self.subTest(linter), tempfile.TemporaryDirectory() as root:
                self.assertEqual(self.lint(root, linter), 1, "nothing read")
                pathlib.Path(root, name).write_text(text)
                self.assertEqual(self.lint(root, linter), 1, "seeded violation")
                self.assertEqual("--fix" in self.out, repairable)
                if repairable:
                    self.assertEqual(self.lint(root, "--fix", linter), 0, "repair")
                    self.assertEqual(self.lint(root, linter), 0, "repaired")
                else:
                    self.assertIn("repair it by hand", self.out)

    def test_unknown_linter(self):
        self.assertEqual(self.lint(".", "nonsense"), 2)
        self.assertEqual(self.lint("no/such/folder"), 2)


if __name__ == "__main__":
    unittest.main()
