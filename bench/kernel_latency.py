# SPDX-License-Identifier: BSD-2-Clause
"""How long an interrupt's thread, the highest of all, waits for it (hal-x86/test/user/latency.cc)."""

import re

import suite

MODULES = ["hal-x86/test/sigma0.elf", "hal-x86/test/latency.elf"]


def read(text):
    """Instructions by operation, from lines `latency NAME INSTRUCTIONS MOMENT`."""
    found = {name: int(wait) for name, wait in re.findall(r"^latency (\w+) (\d+) \d+\s*$", text, re.M)}
    if not found:
        raise suite.Failed(f"no interrupt was waited for:\n{text}")
    return found


def measure(kernel, folder):
    return read(suite.boot(folder / "latency", kernel, MODULES, memory=128))


def text(waits):
    lines = ["The longest wait of the highest thread for its interrupt, amid each operation:"]
    lines += [f"  {wait:,} {name}" for name, wait in sorted(waits.items(), key=lambda item: -item[1])]
    return "\n".join(lines)
