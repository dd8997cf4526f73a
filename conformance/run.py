#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Boots programs of rows on a kernel in QEMU, and compares the rows that ran with the table.

    run.py --kernel=FILE --entry=NAME --program=SIGMA0,ROOT,SHIFT ...

Each row of the table runs in one of the programs, and in no other. An instruction is 2^SHIFT nanoseconds of
the machine's time, whatever else the host does."""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import time

# The machine's clock goes with its time; a second serial line.
QEMU = ["-rtc base=2020-01-01,clock=vm", "-serial null"]
# Far more than a run takes: on a busy host it takes ten times as long.
SECONDS = 600
# What the console shows for a row that is about it.
SHOWN = {"kd_output": "# kd: display cd string str 89abcdef bcdef cdef def ef 1234567\n\nok"}


def table_rows():
    """Ids of all rows."""
    rows = []
    for path in sorted(pathlib.Path("abi/table").glob("*.toml")):
        rows += re.findall(r'^\[\[row\]\]\nid = "(\w+)"', path.read_text(encoding="utf-8"), re.M)
    return rows


def boot(kernel, sigma0, program, shift):
    """Whether QEMU's run is good in itself, and the rows that are ok in it."""
    name = pathlib.Path(program).stem
    outputs = pathlib.Path(os.environ.get("TEST_UNDECLARED_OUTPUTS_DIR", "."), name)
    outputs.mkdir(parents=True, exist_ok=True)
    command = [
        "build/qemu_run.py", "--kernel=" + kernel, "--append=exit=f4 checks", "--memory=128", "--plan",
        f"--seconds={SECONDS}", "--module=" + sigma0, "--module=" + program
    ] + ["--qemu=" + argument for argument in [f"-icount shift={shift},sleep=off"] + QEMU]
    begun = time.monotonic()
    run = subprocess.run(command, env=dict(os.environ, TEST_UNDECLARED_OUTPUTS_DIR=str(outputs)),
                         stdout=subprocess.PIPE, text=True, check=False)
    log = run.stdout
    rows = re.findall(r"^ok \d+ - (\w+)$", log, re.M)
    unseen = [row for row in rows if row in SHOWN and SHOWN[row] not in log]
    for row in unseen:
        print(f"FAILED: {row}: the console does not show {SHOWN[row]!r}")
    rows = [row for row in rows if row not in unseen]
    print(f"{name}: {len(rows)} rows ok, {time.monotonic() - begun:.1f} s")
    if run.returncode != 0:
        print("\n".join(line for line in log.splitlines() if not line.startswith("ok ")))
    return run.returncode == 0, rows


def compare(ran):
    """What is wrong with the rows that ran."""
    table = table_rows()
    wrong = [f"{row} has run {ran.count(row)} times" for row in sorted(set(ran)) if ran.count(row) > 1]
    wrong += [f"{row} has run and is not in the table" for row in ran if row not in table]
    wrong += [f"{row} has not run" for row in table if row not in ran]
    return wrong if table else ["there is no table"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--entry", required=True)
    parser.add_argument("--program", action="append", default=[], help="sigma0, root task, shift")
    args = parser.parse_args()
    all_good, ran = True, []
    for program in args.program:
        good, rows = boot(args.kernel, *program.split(","))
        all_good &= good
        ran += rows
    wrong = compare(ran)
    for text in wrong:
        print("FAILED:", text)
    print(f"{args.entry}: {len(set(ran))} of {len(table_rows())} rows ran")
    return 0 if all_good and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
