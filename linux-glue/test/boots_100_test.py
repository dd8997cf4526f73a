#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Linux boots 100 times, runs a program and ends, each time as the time before."""

import os
import subprocess
import unittest

BOOTS = 100
BUILT = dict(os.environ, DROPS_BUILT=os.getcwd())


class Boots(unittest.TestCase):
    def test_a_hundred(self):
        for boot in range(1, BOOTS + 1):
            with self.subTest(boot=boot):
                done = subprocess.run(["tools/run", "--timeout", "100", "--exec", f"echo {boot}; exit 3"],
                                      env=BUILT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, check=False)
                self.assertEqual((done.stdout.decode(), done.returncode), (f"{boot}\n", 3))


if __name__ == "__main__":
    unittest.main()
