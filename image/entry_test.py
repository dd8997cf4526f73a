#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Boots one entry of the ISO's menu, whose programs must be content:  entry_test.py NAME"""

import subprocess
import sys

COMMAND = ["tools/run", "--iso", "image/drops_iso.iso", "--icount", "--timeout", "250", "--entry"]


def main():
    done = subprocess.run([*COMMAND, sys.argv[1]], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    print(done.stdout)
    bad = [word for word in ["panic", "not ok"] if word in done.stdout]
    if done.returncode != 0:
        bad.append(f"status {done.returncode}")
    if "root: all tasks have ended, 0 failed\n" not in done.stdout:
        bad.append("no verdict of the root task")
    for text in bad:
        print("FAILED:", text)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
