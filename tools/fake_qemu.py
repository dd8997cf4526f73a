# SPDX-License-Identifier: BSD-2-Clause
"""Tests of machines: a program that plays QEMU."""

import sys

# Plays QEMU: {console} and {monitor} are its ends, as files that can be read and written.
FAKE = """
import os, re, signal, sys, time
end = {{}}
for name, fd in re.findall(r"id=(\\w+),fd=(\\d+)", " ".join(sys.argv)):
    end[name] = os.fdopen(int(fd), "r+b", buffering=0)
def greet():
    end["monitor"].write(b'{{"QMP": {{}}}}\\n')
    end["monitor"].readline()
    end["monitor"].write(b'{{"return": {{}}, "id": "qmp_capabilities"}}\\n')
    assert b"cont" in end["monitor"].readline()
{}
"""


def fake(body):
    """Its command line; `body` is what it does, behind greet() when it is to start."""
    return [sys.executable, "-c", FAKE.format(body)]
