# SPDX-License-Identifier: BSD-2-Clause
"""Builds fuzz targets, runs them, and says what came of it."""

import concurrent.futures
import contextlib
import dataclasses
import errno
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import fuzz_arguments
import fuzz_summary
import programs
import tree

FINDINGS = tree.ROOT / "fuzz/findings"
FOUND_SO_FAR = tree.ROOT / ".cache/fuzz"
MAX_LEN = 800  # bytes of an input: its fifty operations take some 500
SLOWEST_INPUT_SECONDS = 20
MOST_INPUTS, MOST_BYTES = 200, 200 * 1024  # of a corpus that is kept
MERGED = re.compile(r"[0-9a-f]{12}")
# What libFuzzer prints about itself, between the lines of what it found.
NOISE = re.compile(
    r"^(#|INFO:|\s+NEW_FUNC|Loaded|==\d+== (ERROR|WARNING)|\s+#\d+ |MS:|Base64:|NOTE:|SUMMARY|stat::)"
)
INTERRUPTED = 72  # libFuzzer's status after Ctrl-C
STATES = r" ft: (\d+)"  # libFuzzer's features: an edge with the magnitude of how often an input takes it
BYTES = re.compile(r"^0x[0-9a-f]+,")  # the input, which stands in the next line once more, as characters
MOST_COLUMNS, MOST_LINES = 200, 80  # of a report


@dataclasses.dataclass
class Run:
    """One libFuzzer process that has ended."""

    status: int
    log: str
    seconds: float  # that it ran

    def failed(self):
        """Found something, or died."""
        return self.status not in (0, INTERRUPTED) or bool(inputs_of(self))


def build(args):
    """Copies of the programs, by target: another build must not change them under our feet."""
    config = ["--config=fuzz"] + (["--config=fuzz_sanitize"] if args.sanitize else [])
    labels = [target.label(name) for name, target in args.targets.items()]
    if programs.run(["bazel", "build", *config, *labels], "drops").returncode != 0:
        print("drops: the fuzz targets could not be built; the message is above")
        return None
    folder = pathlib.Path(tempfile.mkdtemp(prefix="drops-fuzz-"))
    return {name: shutil.copy(tree.ROOT / "bazel/bin" / target.built(name), folder)
            for name, target in args.targets.items()}


@contextlib.contextmanager
def environment(name):
    """Of one process.  A finding leaves its trace (test/lockstep/flight_recorder.h) in a folder of its own,
    since all processes of a target call it the same."""
    (FINDINGS / name).mkdir(parents=True, exist_ok=True)
    traces = pathlib.Path(tempfile.mkdtemp(prefix="trace-", dir=FINDINGS / name))
    try:
        yield dict(os.environ, TEST_UNDECLARED_OUTPUTS_DIR=str(traces), ASAN_OPTIONS="detect_leaks=0",
                   UBSAN_OPTIONS="print_stacktrace=1", ASAN_SYMBOLIZER_PATH="/usr/bin/llvm-symbolizer-16")
    finally:
        if not any(traces.iterdir()):
            traces.rmdir()


def folders(name, args):
    """Of what a target has found so far and of its corpus; they are there afterwards, as is FINDINGS'."""
    found, kept = FOUND_SO_FAR / name, tree.ROOT / args.targets[name].corpus
    for folder in (found, kept, FINDINGS / name):
        folder.mkdir(parents=True, exist_ok=True)
    for folder in (found, FINDINGS / name):
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
    return found, kept


def run_one(name, program, args, job):
    """Runs one libFuzzer process to its end."""
    found, kept = folders(name, args)
    # The entropic schedule's bookkeeping takes longer than our executions, and reaches no more edges in them.
    command = [program, f"-max_total_time={args.seconds}", f"-max_len={MAX_LEN}", "-print_final_stats=1",
               "-entropic=0",
               f"-timeout={SLOWEST_INPUT_SECONDS}", "-rss_limit_mb=2048", "-reload=10",
               f"-artifact_prefix={FINDINGS / name}/", str(found), str(kept)]
    log = FOUND_SO_FAR / f"{name}.{job}.log"
    start = time.monotonic()
    with log.open("wb") as out, environment(name) as env:
        done = subprocess.run(command, stdout=out, stderr=out, env=env, check=False)
    return Run(done.returncode, log.read_text(errors="replace"), time.monotonic() - start)


def within_bounds(inputs):
    """The smallest of them: a test replays all, and they are in the repository."""
    chosen, size = [], 0
    for path in sorted(inputs, key=lambda path: (path.stat().st_size, path.name))[:MOST_INPUTS]:
        size += path.stat().st_size
        if size > MOST_BYTES:
            break
        chosen.append(path)
    return chosen


def put_in_place(inputs, corpus):
    """`inputs` instead of those that an earlier merge has put there."""
    for old in corpus.iterdir():
        if MERGED.fullmatch(old.name):
            old.unlink()
    for path in inputs:
        shutil.copyfile(path, corpus / hashlib.sha1(path.read_bytes()).hexdigest()[:12])


def merge_one(name, program, args):
    """False: libFuzzer could not."""
    found, kept = folders(name, args)
    with tempfile.TemporaryDirectory() as folder:
        # Each edge once, not each number of times that it is taken: that would be thousands of inputs.
        command = [program, "-set_cover_merge=1", "-use_counters=0", f"-max_len={MAX_LEN}", folder,
                   str(kept), str(found)]
        with environment(name) as env:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env,
                                  check=False)
        fewest = list(pathlib.Path(folder).iterdir())
        if done.returncode != 0 or not fewest:
            print(f"{name}: merging failed:\n" + done.stdout.decode(errors="replace")[-2000:])
            return False
        chosen = within_bounds(fewest)
        put_in_place(chosen, kept)
        size = sum(path.stat().st_size for path in chosen)
        print(f"{name}: {len(chosen)} inputs, {size} bytes, of {len(fewest)} that are needed")
    return True


def last(pattern, log):
    found = re.findall(pattern, log)
    return int(found[-1]) if found else 0


def new_states(log):
    """Those beyond the ones that the inputs it began with have."""
    begun = re.search(r"INITED cov: \d+" + STATES, log)
    return last(STATES, log) - int(begun[1]) if begun else 0


def shown(lines):
    """They fit a terminal and do nothing to it; of many, the first, which say what is wrong, and the last."""
    if len(lines) > MOST_LINES:
        left_out = len(lines) - MOST_LINES
        lines = [*lines[:MOST_LINES - 20], f"... {left_out} lines more ...", *lines[-20:]]
    printable = ("".join(c if c.isprintable() or c == "\t" else "?" for c in line) for line in lines)
    return "\n".join(line if len(line) <= MOST_COLUMNS else line[:MOST_COLUMNS] + "..." for line in printable)


def without_noise(lines):
    kept, bytes_before = [], False
    for line in lines:
        noise = bytes_before or not line or NOISE.match(line)
        bytes_before = BYTES.match(line)
        if not noise and not bytes_before:
            kept.append(line)
    return kept


def inputs_of(run):
    return re.findall(r"Test unit written to (\S+)", run.log)


def report(name, target, run):
    """What was found, and how to go on; nothing if nothing was."""
    if not run.failed():
        return
    print(f"\n{name} FOUND SOMETHING:")
    lines = run.log.split("\n")
    print(shown(without_noise(lines)))
    inputs = inputs_of(run)
    for path in inputs:
        here = os.path.relpath(path, tree.ROOT)
        print(f"replay it with: ./drops fuzz {name} --replay {here}")
        if name != fuzz_arguments.CANARY:  # its kernel is not to be mended
            print(f"when it is mended, keep it: cp {here} {target.corpus}/")
    if not inputs:
        print(f"libFuzzer kept no input (status {run.status}); its log ends with:")
        print(shown(lines[-15:]))


def why(error):
    """What an OSError says, for people."""
    return f"{error.filename or 'a program'}: {error.strerror}"


def row(name, runs, error=None):
    """Of the table, and of the summary; `error` kept one of its processes from running."""
    executions = [last(r"stat::number_of_executed_units: (\d+)", run.log) for run in runs]
    failed = [run for run in runs if run.failed()]
    inputs = [os.path.basename(path) for run in failed for path in inputs_of(run)]
    return fuzz_summary.Row(
        name,
        executions=sum(executions),
        edges=max((last(r" cov: (\d+)", run.log) for run in runs), default=0),
        states=max((last(STATES, run.log) for run in runs), default=0),
        new_states=max((new_states(run.log) for run in runs), default=0),
        per_second=round(sum(done / max(run.seconds, 0.001) for done, run in zip(executions, runs))),
        seconds=max((run.seconds for run in runs), default=0),
        result=f"FOUND {', '.join(inputs) or 'something: no input kept'}" if failed
        else f"could not run: {error.strerror}" if error else "nothing found")


def run_jobs(jobs, executables, args):
    """What came of processes, each (target, number): their runs and errors, and whether Ctrl-C ended all."""
    runs, errors, interrupted = [], {}, False
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        futures = [(name, pool.submit(run_one, name, executables[name], args, job)) for name, job in jobs]
        try:
            concurrent.futures.wait([future for _, future in futures])
        except KeyboardInterrupt:
            interrupted = True
            pool.shutdown(cancel_futures=True)  # else those that wait would begin now
    for name, future in futures:
        if future.cancelled():
            continue
        try:
            runs.append((name, future.result()))
        except OSError as error:
            errors[name] = error
    return runs, errors, interrupted


def search(args, executables):
    # One target: all processes are its. Several: each has one.
    jobs = [(name, job) for name in args.targets for job in range(args.jobs if len(args.targets) == 1 else 1)]
    minutes = -(-len(jobs) // args.jobs) * args.seconds / 60
    print(
        f"drops: {len(args.targets)} target(s), {args.seconds} s each, {args.jobs} at once: "
        f"about {minutes:.1f} min",
        flush=True,
    )
    results, errors, interrupted = run_jobs(jobs, executables, args)
    print(f"\n{'target':18} {'executions':>12} {'per second':>11} {'edges':>7} {'states':>7} "
          f"{'new states':>11}")
    rows = [row(name, [run for n, run in results if n == name], errors.get(name)) for name in args.targets
            if name in errors or name in dict(results)]
    for r in rows:
        print(f"{r.name:18} {r.executions:12} {r.per_second:11} {r.edges:7} {r.states:7} {r.new_states:11}")
    for name, run in results:
        report(name, args.targets[name], run)
    sys.stdout.flush()
    for name, error in errors.items():
        print(f"drops: {name} could not run: {why(error)}", file=sys.stderr)
    if interrupted:
        raise KeyboardInterrupt
    return rows, 1 if errors or any(run.failed() for _, run in results) else 0


def search_and_keep(args, executables, commit):
    """A search with its summary, if one is wanted."""
    date = fuzz_summary.now()
    rows, status = search(args, executables)
    if args.summary:
        head = [("date", date), ("commit", commit),
                ("command", f"`{fuzz_summary.command(args.words, args.summary)}`"),
                ("each target", f"{args.seconds} s, {args.jobs} processes at once"),
                ("machine", fuzz_summary.machine())]
        print()
        if not fuzz_summary.write(args.summary, fuzz_summary.text(head, rows)):
            status = status or 1
    return status


def replay(name, executable, path):
    with environment(name) as env:
        status = subprocess.run([executable, str(path)], env=env, check=False).returncode
    print(f"drops: {name} with {path.name}: " + ("passes" if status == 0 else "FAILS"))
    return 0 if status == 0 else 1


def main(args):
    if args.replay is None:
        for name in args.targets:
            folders(name, args)  # what is wrong with them is said before hours go by
    # Before the build reads the tree.
    commit = fuzz_summary.commit(args.summary) if args.summary else None
    executables = build(args)
    if executables is None:
        return 2
    try:
        if args.merge:
            return 0 if all([merge_one(name, executables[name], args) for name in args.targets]) else 1
        if args.replay is None:
            return search_and_keep(args, executables, commit)
        name = next(iter(args.targets))
        return replay(name, executables[name], args.replay)
    finally:
        shutil.rmtree(os.path.dirname(next(iter(executables.values()))))
