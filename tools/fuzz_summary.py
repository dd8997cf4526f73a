# SPDX-License-Identifier: BSD-2-Clause
"""What a search came to, as a file that can be kept: `./drops fuzz ... --summary FILE` (docs/fuzzing.md)."""

import dataclasses
import datetime
import os
import platform
import re
import shlex
import subprocess

import tree


@dataclasses.dataclass
class Row:
    """Of one target, all its processes together."""

    name: str
    executions: int
    edges: int
    states: int  # libFuzzer's features
    new_states: int
    per_second: int
    seconds: float  # that the longest of its processes ran
    result: str


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


def _git(*words):
    done = subprocess.run(["git", *words], cwd=tree.ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def commit(summary):
    """What was searched; changes to the summary itself do not count."""
    try:
        head = _git("rev-parse", "HEAD")
        besides = [f":(exclude,literal){summary.relative_to(tree.ROOT)}"] if _inside(summary) else []
        changes = _git("status", "--porcelain", "--", ".", *besides)
    except FileNotFoundError:
        head = changes = None
    if head is None or changes is None:
        return "unknown: git does not know this folder"
    return head + (", with changes that are not committed" if changes else "")


def _inside(path):
    return path.is_relative_to(tree.ROOT)


def command(words, summary):
    """As typed, but for the place of the summary: other machines have other folders."""
    shown = str(summary.relative_to(tree.ROOT)) if _inside(summary) else summary.name
    words, out = list(words), ["./drops", "fuzz"]
    while words:
        option, equals, value = words.pop(0).partition("=")
        out.append(option + equals + (shown if option == "--summary" and equals else value))
        if option == "--summary" and not equals:
            words.pop(0)
            out.append(shown)
    return shlex.join(out)


def machine():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
            models = re.findall(r"^model name\s*:\s*(.+)$", cpuinfo.read(), re.MULTILINE)
    except OSError:
        models = []
    return f"{os.cpu_count()} processors: {models[0] if models else platform.machine()}"


def text(head, rows):
    """`head`: (what, value) pairs."""
    lines = ["<!-- SPDX-License-Identifier: BSD-2-Clause -->", "# Fuzzing", "", "| | |", "|---|---|"]
    lines += [f"| {what} | {_cell(value)} |" for what, value in head]
    lines += ["", "| target | executions | edges | states | new states | per second | seconds | result |",
              "|---|---:|---:|---:|---:|---:|---:|---|"]
    lines += [f"| {r.name} | {r.executions} | {r.edges} | {r.states} | {r.new_states} | {r.per_second} "
              f"| {r.seconds:.0f} | {_cell(r.result)} |" for r in rows]
    return "\n".join(lines) + "\n"


def _cell(value):
    return str(value).replace("|", "\\|")


def write(path, whole):
    """False: it could not be written, and stands on standard output instead."""
    try:
        path.write_text(whole)
    except OSError as error:
        print(f"drops: the summary could not be written to {path}: {error.strerror}; here it is:\n\n{whole}")
        return False
    print(f"drops: the summary is in {path}")
    return True
