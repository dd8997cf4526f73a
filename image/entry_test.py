#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Boots one entry of the ISO's menu, whose programs must be content:  entry_test.py NAME [OPTION...]"""

import re
import subprocess
import sys

COMMAND = ["tools/run", "--iso", "image/drops_small_iso.iso", "--icount", "--timeout", "250", "--entry"]


def tap_is_whole(text):
    """Of an entry that has a root task of its own."""
    plan = re.search(r"^1\.\.(\d+)$", text, re.MULTILINE)
    results = re.findall(r"^ok (\d+)", text, re.MULTILINE)
    return plan is not None and results == [str(n + 1) for n in range(int(plan.group(1)))] != []


def main():
    done = subprocess.run([*COMMAND, *sys.argv[1:]], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    print(done.stdout)
    bad = [word for word in ["panic", "not ok"] if word in done.stdout]
    if done.returncode != 0:
        bad.append(f"status {done.returncode}")
    if "root: all tasks have ended, 0 failed\n" not in done.stdout and not tap_is_whole(done.stdout):
        bad.append("neither a verdict of the root task nor as many results as planned")
    for text in bad:
        print("FAILED:", text)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
