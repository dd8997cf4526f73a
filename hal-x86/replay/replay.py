#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Does traces of the simulated machine again in QEMU; what differs is left as a trace and shown."""
import argparse
import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path.cwd() / "build"))
import qemu_run  # noqa: E402  pylint: disable=wrong-import-position

SAME, DIFFERENT = 33, 35  # QEMU's status
BAD = 2  # ours, for arguments and files that are no good
EXACT = ["-icount shift=0,sleep=off -rtc base=2020-01-01,clock=vm"]  # a tick is an instruction


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--trace", required=True, help="tools/trace")
    parser.add_argument("--mode", default="free")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--from", dest="file", help="this trace, and no random ones")
    parser.add_argument("--inputs", help="this folder of inputs of fuzz_window, and no random traces")
    parser.add_argument("--window-pack", help="fuzz/window_pack")
    parser.add_argument("--pc-limits", action="store_true", help="with the limits of the kernel that boots")
    parser.add_argument("--most", type=int, help="instructions of any piece of work, counted exactly")
    parser.add_argument("--must-be-long", action="store_true", help="a piece takes more than that")
    parser.add_argument("--must-differ", action="store_true", help="the kernel has a bug")
    return parser.parse_args()


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def pack(args, path):
    seeds = [f"--{name}={getattr(args, name)}" for name in ("mode", "seed", "seeds", "steps")]
    if args.inputs:
        text = run(args.window_pack, str(path), args.inputs)
    else:
        what = [f"--from={args.file}"] if args.file else seeds + ["--pc-limits"] * args.pc_limits
        text = run(args.trace, "pack", f"--to={path}", *what)
    print(text, end="")
    traces, left_out = re.search(r"^(\d+) traces .* (\d+) left out$", text, re.M).groups()
    return int(traces), int(left_out)


def boot(args, path, serial):
    machine = argparse.Namespace(
        kernel=args.kernel,
        module=[str(path)],
        append="exit=f4",
        memory=288,
        qemu=EXACT if args.most else [],
        press=[],
        type=[],
        seconds=800)
    status = qemu_run.boot(machine, serial)
    return status, serial.read_text(errors="replace").replace("\r", "") if serial.exists() else ""


def say_where(trace):
    """Prints it; what to call the trace: Bazel leaves a test's outputs in an archive."""
    found = re.search(r"/bazel-out/(.*/test\.outputs)/", str(trace))
    if not found:
        print(f"trace: {trace}")
        return trace
    archive = f"bazel/out/{found.group(1)}/outputs.zip"
    print(f"trace: {trace.name} in {archive}\ntake it out with: python3 -m zipfile -e {archive} bazel/traces")
    return f"bazel/traces/{trace.name}"


def report(args, path, text, logs):
    """What to do about a difference; the trace and both states go to the logs."""
    begun = re.findall(r"^trace (\d+) seed ([0-9a-f]+)$", text, re.M)
    if not begun:
        return print(text)
    number, seed = begun[-1]
    trace = logs / f"seed-{int(seed, 16)}-{args.mode}.trace"
    run(args.trace, "unpack", str(path), f"--number={number}", f"--to={trace}")
    print(f"seed {int(seed, 16)}, mode {args.mode}")
    here = say_where(trace)
    print(f"replay it with: bazel run //tools/trace -- replay {here}")
    print(f"and on the PC with: bazel run //hal-x86/replay -- --from={here}")
    found = re.search(r"^replay: trace \d+, step (\d+) differs: .*$", text, re.M)
    if not found:
        return print(text[text.rfind("\ntrace "):])
    step = int(found.group(1))
    steps = re.split(r"^config .*$", trace.read_text(), 1, re.M)[1].strip().splitlines()
    print(found.group(0))
    print(f"step {step}: {steps[step - 1]}")
    wanted = run(args.trace, "state", str(trace), f"--steps={step}").splitlines()
    got = text.partition("\nstate\n")[2].partition("end of state\n")[0].splitlines()
    print("\n".join(difflib.unified_diff(wanted, got, "simulator", "PC", n=2, lineterm="")))
    return None


def check_canary(args, path, text, logs):
    """The trace that was left is good on the simulator, so the difference is the PC's."""
    report(args, path, text, logs)
    traces = list(logs.glob("seed-*.trace"))
    if len(traces) != 1:
        return "it left no trace"
    if "no difference" not in run(args.trace, "replay", str(traces[0])):
        return "the trace that it left is no good"
    return None


def judge(args, path, logs):
    traces, left_out = pack(args, path)
    if left_out > traces // 20 + 2:
        return f"{left_out} traces are not for the PC, and only {traces} are"
    status, text = boot(args, path, logs / "serial.log")
    if args.must_differ:
        if status != DIFFERENT:
            return f"a bug must be seen, but QEMU's status is {status}"
        return check_canary(args, path, text, logs)
    done = re.search(r"^replay: (\d+) traces, .*: no difference$", text, re.M)
    if status != SAME or not done or int(done.group(1)) != traces:
        report(args, path, text, logs)
        return f"QEMU's status is {status}, not {SAME}"
    print(done.group(0))
    return check_pieces(args, path, text, logs)


def check_pieces(args, path, text, logs):
    """None, or what is wrong with the longest piece of work."""
    longest = re.search(r"^longest piece: (\d+) ticks, trace (\d+), step (\d+)$", text, re.M)
    if not args.most:
        return None
    ticks, number, step = map(int, longest.groups())
    print(f"the longest piece of work: {ticks:,} instructions of at most {args.most:,}, "
          f"trace {number}, step {step}")
    if args.must_be_long:
        return None if ticks > args.most else "a longer piece must be seen"
    if ticks <= args.most:
        return None
    trace = logs / f"long-{number}.trace"
    run(args.trace, "unpack", str(path), f"--number={number}", f"--to={trace}")
    print(f"count it again with: bazel run //hal-x86/replay -- --most={args.most} --from={say_where(trace)}")
    return f"a piece of work takes {ticks:,} instructions in step {step}, and may take {args.most:,}"


def main():
    args = arguments()
    for name in ("file", "inputs"):  # as they were typed
        if getattr(args, name):
            typed = pathlib.Path(os.environ.get("BUILD_WORKING_DIRECTORY", "."), getattr(args, name))
            setattr(args, name, str(typed))
    outputs = os.environ.get("TEST_UNDECLARED_OUTPUTS_DIR")
    logs = pathlib.Path(outputs or tempfile.mkdtemp(prefix="drops-replay-"))
    path = logs / "traces.pack"
    try:
        failure = judge(args, path, logs)
    except subprocess.CalledProcessError as error:
        print(f"FAILED: {pathlib.Path(error.cmd[0]).name} ended with status {error.returncode}; "
              "its message is above")
        if not outputs:
            shutil.rmtree(logs)
        return BAD
    if failure:
        print("FAILED:", failure)
        if not outputs:
            print(f"the traces and what the machine printed are in {logs}")
        return 1
    path.unlink()
    if not outputs:
        shutil.rmtree(logs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
