#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Boots a random program (user/observables.cc) on two kernels: with each seed both print the same hashes."""
import argparse
import os
import pathlib
import re
import subprocess
import sys

EXACT = "-icount shift=0,sleep=off -rtc base=2020-01-01,clock=vm"
HASH = re.compile(r"^# hash (\d+) ([0-9a-f]{8})$", re.M)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernel", action="append", required=True, help="two of them")
    parser.add_argument("--sigma0", required=True)
    parser.add_argument("--program", required=True)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--hashes", type=int, required=True, help="that a run prints")
    parser.add_argument("--must-differ", action="store_true", help="the second kernel's program deviates")
    args = parser.parse_args()
    if len(args.kernel) != 2:
        parser.error("two kernels are compared")
    return args


def boot(args, kernel, seed, words, logs):
    """(operations, hash) of each line, or None: the run itself was not good."""
    folder = logs / f"seed-{seed}-{pathlib.Path(kernel).stem}"
    folder.mkdir(parents=True, exist_ok=True)
    command = ["build/qemu_run.py", f"--kernel={kernel}", "--append=exit=f4", "--plan", "--seconds=100",
               f"--module={args.sigma0}", f"--module={args.program} {seed}{words}", f"--qemu={EXACT}"]
    run = subprocess.run(command, env=dict(os.environ, TEST_UNDECLARED_OUTPUTS_DIR=str(folder)),
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    found = HASH.findall(run.stdout)
    if run.returncode != 0 or len(found) != args.hashes:
        print(run.stdout)
        print(f"FAILED: seed {seed} on {kernel}: {len(found)} hashes")
        return None
    return found


def difference(ours, theirs):
    """The first two lines that are not the same."""
    return next((pair for pair in zip(ours, theirs) if pair[0] != pair[1]), None)


def compare(args, seed, logs):
    """Whether this seed is as it must be."""
    first, second = args.kernel
    ours = boot(args, first, seed, "", logs)
    theirs = boot(args, second, seed, " deviate" if args.must_differ else "", logs)
    if ours is None or theirs is None:
        return False
    found = difference(ours, theirs)
    if found is None:
        print(f"seed {seed}: the same up to {' '.join(ours[-1])}")
    else:
        print(f"seed {seed}: {' '.join(found[0])} on {first}, {' '.join(found[1])} on {second}")
    return (found is not None) == args.must_differ


def main():
    args = arguments()
    logs = pathlib.Path(os.environ.get("TEST_UNDECLARED_OUTPUTS_DIR", "."))
    wrong = [seed for seed in range(1, args.seeds + 1) if not compare(args, seed, logs)]
    if wrong:
        print("FAILED:", "not another" if args.must_differ else "not the same", "with seeds", wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
