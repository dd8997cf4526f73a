#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What kernel operations cost on the PC: `./drops bench kernel` (docs/pc.md). Boots the bench in QEMU, prints
the table, and fails where something is above its bound."""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(os.path.realpath(__file__)).parent))

import kernel_irqs_off  # noqa: E402
import kernel_report  # noqa: E402

KERNELS = {"": "hal-x86/drops.elf", "_cxx": "hal-x86/drops_cxx.elf",
           "_plain": "bench/drops_without_page_fault_state.elf"}
BUDGETS = "hal-x86/test/bench_budgets.txt"
COMMAND = "./drops bench kernel"


class Bad(Exception):
    """An argument that is not to be had: says which, and what is."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Bad(f"bench kernel: {message}; `{COMMAND} --help` lists what there is")


def arguments(words):
    parser = Parser(prog=COMMAND, description=__doc__.split(". ")[0] + ".", allow_abbrev=False)
    parser.add_argument("--json", metavar="FILE", help="write the figures there, too")
    args = parser.parse_args(words)
    if args.json is not None:
        args.json = new_file(args.json)
    return args


def new_file(name):
    if not name:
        raise Bad("bench kernel: --json wants the name of a file, not nothing")
    path = pathlib.Path(os.path.abspath(pathlib.Path(os.environ.get("BUILD_WORKING_DIRECTORY", "."), name)))
    if path.is_dir():
        raise Bad(f"bench kernel: --json wants a file, but {path} is a folder")
    if not path.parent.is_dir():
        raise Bad(f"bench kernel: --json: there is no folder {path.parent}; make it first")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise Bad(f"bench kernel: --json: {path} can not be written; name another file")
    return path


def commit():
    """Of the tree that this file is in, as far as git knows."""
    folder = pathlib.Path(os.path.realpath(__file__)).parent
    git = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(git, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"


def boot(kernel, modules, folder, qemu=(), memory=64, shift=0):
    """What came over the serial line. A run that is not good in itself ends everything."""
    folder.mkdir(parents=True)
    command = ["build/qemu_run.py", "--kernel=" + kernel, "--append=exit=f4", f"--memory={memory}", "--plan",
               "--seconds=100", *["--module=" + module for module in modules],
               f"--qemu=-icount shift={shift},sleep=off -rtc base=2020-01-01,clock=vm -serial null"]
    command += ["--qemu=" + words for words in qemu]
    run = subprocess.run(command, env=dict(os.environ, TEST_UNDECLARED_OUTPUTS_DIR=str(folder)),
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if run.returncode != 0:
        raise kernel_report.Failed(f"{' '.join(modules)} on {kernel}:\n{run.stdout}")
    return run.stdout


def measure(folder):
    """Operations by id, of all kernels."""
    modules = ["hal-x86/test/sigma0.elf", "hal-x86/test/bench.elf"]
    texts = {suffix: boot(kernel, modules, folder / f"bench{suffix}") for suffix, kernel in KERNELS.items()}
    return kernel_report.operations(texts)


def run(args, folder):
    budgets = kernel_report.read_budgets(pathlib.Path(BUDGETS).read_text(encoding="utf-8"))
    found = measure(folder)
    windows = kernel_irqs_off.measure(KERNELS[""], boot, folder)
    found["irqs_off_max"] = kernel_report.Operation(windows.worst.instructions)
    print(f"Kernel operations in guest instructions (QEMU, -icount shift=0), commit {commit()}, {COMMAND}.\n")
    print(kernel_report.table(budgets, found))
    print(windows.text())
    if args.json:
        args.json.write_text(kernel_report.as_json(budgets, found), encoding="utf-8")
    wrong = kernel_report.wrong(budgets, found)
    for text in wrong:
        print("FAILED:", text)
    return 1 if wrong else 0


def main():
    words = sys.argv[1:]
    only_check = words[:1] == ["--check"]
    try:
        args = arguments(words[only_check:])
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
            return run(args, pathlib.Path(logs or name, "kernel"))
    except kernel_report.Failed as error:
        print(f"drops: bench kernel: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
