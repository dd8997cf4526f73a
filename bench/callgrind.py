# SPDX-License-Identifier: BSD-2-Clause
"""Counts host instructions: runs bench/counts.cc under callgrind and reads what it found.

Only what happens inside Kernel::handle is counted: the kernel with the simulated machine under it, not the
benchmark around it.  The same binary gives the same counts.
"""

import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# glibc chooses its memcpy by the processor, and callgrind shows it parts of the real one.  Without these it
# takes the plainest, so that counts do not depend on the host.
_PLAIN_GLIBC = "glibc.cpu.hwcaps=" + ",".join(
    "-" + feature for feature in
    "AVX512F AVX512VL AVX2 AVX ERMS FSRM SSSE3 AVX_Fast_Unaligned_Load".split())

_PART = re.compile(r"^desc: Trigger: Client Request: (.*)$")
_TOTAL = re.compile(r"^totals: (\d+)$")


class Counts:
    """What one run of `counts` found."""

    def __init__(self):
        self.operations = {}  # name: host instructions for one operation
        self.entries = collections.defaultdict(list)  # name: host instructions of each kernel entry

    def add(self, part, total):
        """`part`: `operation NAME HOW_MANY` or `entry NAME`."""
        kind, name, *how_many = part.split()
        if kind == "operation":
            self.operations[name] = total / int(how_many[0])
        else:
            self.entries[name].append(total)


def _parse(lines):
    counts = Counts()
    part = None
    for line in lines:
        if match := _PART.match(line):
            part = match.group(1)
        elif part and (match := _TOTAL.match(line)):
            counts.add(part, int(match.group(1)))
            part = None
    return counts


def run(program, what):
    """Runs `program what` under callgrind; ends the process with a message if that does not work."""
    if not shutil.which("valgrind"):
        sys.exit("valgrind is missing; `./drops test` installs it")
    with tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR")) as directory:
        out = pathlib.Path(directory) / "callgrind.out"
        done = subprocess.run(
            # With its bracket: a second function that the pattern takes, called by the first, would end it.
            ["valgrind", "--tool=callgrind", "--toggle-collect=kern::Kernel::handle(*",
             "--combine-dumps=yes", "--dump-line=no", f"--callgrind-out-file={out}", program, what],
            env={"GLIBC_TUNABLES": _PLAIN_GLIBC, "PATH": os.environ["PATH"]},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            sys.exit(f"{done.stdout}\ncounts {what} ended with status {done.returncode} under callgrind")
        with open(out) as lines:
            counts = _parse(line.rstrip("\n") for line in lines)
    found = [*counts.operations.values(), *map(max, counts.entries.values())]
    if not found or not all(found):
        sys.exit("callgrind saw no Kernel::handle in some operation; was it renamed, or inlined?")
    return counts
