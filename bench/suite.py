# SPDX-License-Identifier: BSD-2-Clause
"""What the suites that boot QEMU have in common: arguments, the boot, a table, the way to the end."""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(os.path.realpath(__file__)).parent.parent / "tools"))

from arguments import Bad, new_file  # noqa: E402

UNIT = "guest instructions"


class Failed(Exception):
    """A measurement that did not come about."""


class Parser(argparse.ArgumentParser):
    """Of a suite's arguments, all of which have --json."""

    def __init__(self, suite, description):
        self.suite, command = suite, f"./drops bench {suite}"
        super().__init__(prog=command, description=description, allow_abbrev=False)
        self.add_argument("--json", metavar="FILE", help="write the figures there, too")

    def error(self, message):
        raise Bad(f"bench {self.suite}: {message}; `{self.prog} --help` lists what there is")

    def read(self, words):
        args = self.parse_args(words)
        if args.json is not None:
            args.json = new_file(f"bench {self.suite}: --json", args.json)
        return args


def commit():
    """Of the tree that this file is in, as far as git knows."""
    folder = pathlib.Path(os.path.realpath(__file__)).parent
    git = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(git, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"


def boot(folder, kernel, modules, append="exit=f4", memory=64, shift=0, seconds=100, words=()):
    """What came over the serial line; `words` are more for build/qemu_run.py. The guest's time is counted in
    instructions. A run that is not good in itself ends everything."""
    folder.mkdir(parents=True)
    command = ["build/qemu_run.py", "--kernel=" + kernel, "--append=" + append, f"--memory={memory}",
               "--plan", f"--seconds={seconds}", *["--module=" + module for module in modules],
               f"--qemu=-icount shift={shift},sleep=off -rtc base=2020-01-01,clock=vm -serial null", *words]
    run = subprocess.run(command, env=dict(os.environ, TEST_UNDECLARED_OUTPUTS_DIR=str(folder)),
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if run.returncode != 0:
        raise Failed(f"{' '.join(modules)} on {kernel}:\n{run.stdout}")
    return run.stdout


def bench_means(text):
    """By name, from lines `bench NAME COUNT SUM SUM SUM SUM` of a guest: the sums, each for one of COUNT."""
    found = {}
    for name, *numbers in re.findall(r"^bench (\w+) (\d+) (\d+) (\d+) (\d+) (\d+)\s*$", text, re.M):
        count, *sums = map(int, numbers)
        if count == 0 or name in found:
            raise Failed(f"a count of 0, or {name} twice")
        found[name] = [total / count for total in sums]
    if not found:
        raise Failed(f"the bench printed no figures:\n{text}")
    return found


def title(what, parser):
    return f"{what} in {UNIT} (QEMU, -icount shift=0), commit {commit()}, {parser.prog}.\n"


def number(value):
    return "" if value is None else f"{value:,.2f}".rstrip("0").rstrip(".")


def aligned(lines, left):
    """A table: its lines are lists of cells, the first is the head; `left` says which columns are words."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    text = ""
    for line in lines:
        cells = [f"{cell:{width}}" if i in left else f"{cell:>{width}}"
                 for i, (cell, width) in enumerate(zip(line, widths))]
        text += "  ".join(cells).rstrip() + "\n"
    return text


def as_json(figures):
    return "[\n" + ",\n".join(json.dumps(figure) for figure in figures) + "\n]\n"


def main(parser, run):
    """The status of a suite: `run` has its arguments and a folder, and gives what is wrong, as texts."""
    words = sys.argv[1:]
    only_check = words[:1] == ["--check"]
    try:
        args = parser.read(words[only_check:])
    except Bad as error:
        print(f"drops: {error}", file=sys.stderr)
        return 2
    except SystemExit:  # the help was asked for
        return 3 if only_check else 0
    if only_check:
        return 0
    files = pathlib.Path(os.path.abspath(sys.argv[0]) + ".runfiles", "drops")
    if files.is_dir():
        os.chdir(files)
    logs = os.environ.get("TEST_UNDECLARED_OUTPUTS_DIR")
    try:
        with tempfile.TemporaryDirectory(prefix="drops-bench-") as name:
            wrong = run(args, pathlib.Path(logs or name, parser.suite))
    except Failed as error:
        print(f"drops: bench {parser.suite}: {error}", file=sys.stderr)
        return 1
    for text in wrong:
        print("FAILED:", text)
    return 1 if wrong else 0
