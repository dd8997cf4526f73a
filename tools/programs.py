# SPDX-License-Identifier: BSD-2-Clause
"""Runs what Debian's packages bring; what is not installed is named, with how to get it."""

import subprocess
import sys

import tree


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
