# SPDX-License-Identifier: BSD-2-Clause
"""Runs what Debian's packages bring; what is not installed is named, with how to get it."""

import os
import subprocess
import sys

import tree


def main(function):
    """Ends the program with the status that `function` gives, or quietly when whoever reads what it prints
    has enough."""
    open_closed()
    try:
        status = function()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141  # as of a program that SIGPIPE ended
    sys.exit(status)


def open_closed():
    """Standard files that the caller has closed, in whose place something else would be opened."""
    for name, mode in [("stdin", "r"), ("stdout", "w"), ("stderr", "w")]:
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # the lowest that is free


def run(command, who, **options):
    """subprocess.run at the root of the tree; `who` speaks to the user when there is no such program."""
    try:
        return subprocess.run(command, **{"cwd": tree.ROOT, "check": False, **options})
    except FileNotFoundError as error:
        if error.filename != command[0]:
            raise
        print(f"{who}: there is no {command[0]} here; `./drops doctor` says what is missing, `./drops test` "
              "installs it", file=sys.stderr)
        sys.exit(2)
