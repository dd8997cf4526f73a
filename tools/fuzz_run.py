# SPDX-License-Identifier: BSD-2-Clause
"""Builds fuzz targets, runs them, and says what came of it."""

import concurrent.futures
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import tree

FINDINGS = tree.ROOT / "fuzz/findings"
FOUND_SO_FAR = tree.ROOT / ".cache/fuzz"
MAX_LEN = 2000
SLOWEST_INPUT_SECONDS = 20
MOST_INPUTS, MOST_BYTES = 200, 200 * 1024  # of a corpus that is kept
MERGED = re.compile(r"[0-9a-f]{12}")
# What libFuzzer prints about itself, between the lines of what it found.
NOISE = re.compile(
    r"^(#|INFO:|\s+NEW_FUNC|Loaded|==\d+== (ERROR|WARNING)|\s+#\d+ |0x|\\x|MS:|NOTE:|SUMMARY|stat::)"
)


def build(args):
    """Copies of the programs, by target: another build must not change them under our feet."""
    config = ["--config=fuzz"] + (["--config=fuzz_sanitize"] if args.sanitize else [])
    programs = {name: f"{target.package}/{name}" for name, target in args.targets.items()}
    labels = ["//" + program.replace("/", ":") for program in programs.values()]
    if subprocess.run(["bazel", "build", *config, *labels], cwd=tree.ROOT, check=False).returncode != 0:
        print("drops: the fuzz targets could not be built; the message is above")
        return None
    folder = pathlib.Path(tempfile.mkdtemp(prefix="drops-fuzz-"))
    return {
        name: shutil.copy(tree.ROOT / "bazel/bin" / program, folder)
        for name, program in programs.items()
    }


def environment(name):
    findings = FINDINGS / name
    findings.mkdir(parents=True, exist_ok=True)
    # A finding leaves its trace there (test/lockstep/flight_recorder.h).
    return dict(os.environ, TEST_UNDECLARED_OUTPUTS_DIR=str(findings), ASAN_OPTIONS="detect_leaks=0",
                UBSAN_OPTIONS="print_stacktrace=1", ASAN_SYMBOLIZER_PATH="/usr/bin/llvm-symbolizer-16")


def run_one(name, program, args, job):
    """One libFuzzer process; returns its status and its log."""
    found, kept = FOUND_SO_FAR / name, tree.ROOT / args.targets[name].corpus
    found.mkdir(parents=True, exist_ok=True)
    kept.mkdir(parents=True, exist_ok=True)
    # The entropic schedule's bookkeeping takes longer than our executions, and reaches no more edges in them.
    command = [program, f"-max_total_time={args.seconds}", f"-max_len={MAX_LEN}", "-print_final_stats=1",
               "-entropic=0",
               f"-timeout={SLOWEST_INPUT_SECONDS}", "-rss_limit_mb=2048", "-reload=10",
               f"-artifact_prefix={FINDINGS / name}/", str(found), str(kept)]
    log = FOUND_SO_FAR / f"{name}.{job}.log"
    with log.open("wb") as out:
        done = subprocess.run(command, stdout=out, stderr=out, env=environment(name), check=False)
    return done.returncode, log.read_text(errors="replace")


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
    found, kept = FOUND_SO_FAR / name, tree.ROOT / args.targets[name].corpus
    found.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        # Each edge once, not each number of times that it is taken: that would be thousands of inputs.
        command = [program, "-set_cover_merge=1", "-use_counters=0", f"-max_len={MAX_LEN}", folder,
                   str(kept), str(found)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env=environment(name), check=False)
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


def report(name, target, status, log):
    """What was found, and how to go on; nothing if nothing was."""
    if status == 0:
        return
    print(f"\n{name} FOUND SOMETHING:")
    lines = log.splitlines()
    print("\n".join(line for line in lines if line and not NOISE.match(line))[-4000:])
    inputs = re.findall(r"Test unit written to (\S+)", log)
    for path in inputs:
        here = os.path.relpath(path, tree.ROOT)
        print(f"replay it with: ./drops fuzz {name} --replay {here}")
        print(f"when it is mended, keep it: cp {here} {target.corpus}/")
    if not inputs:
        print(f"libFuzzer kept no input (status {status}); its log ends with:")
        print("\n".join(lines[-15:]))


def search(args, programs):
    # One target: all processes are its. Several: each has one.
    jobs = [(name, job) for name in args.targets for job in range(args.jobs if len(args.targets) == 1 else 1)]
    minutes = -(-len(jobs) // args.jobs) * args.seconds / 60
    print(
        f"drops: {len(args.targets)} target(s), {args.seconds} s each, {args.jobs} at once: "
        f"about {minutes:.1f} min"
    )
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        futures = [(name, pool.submit(run_one, name, programs[name], args, job)) for name, job in jobs]
        results = [(name, *future.result()) for name, future in futures]
    failed = False
    print(f"\n{'target':18} {'executions':>12} {'per second':>11} {'edges':>7} {'new inputs':>11}")
    for name in args.targets:
        logs = [log for n, _, log in results if n == name]
        done = sum(last(r"stat::number_of_executed_units: (\d+)", log) for log in logs)
        edges = max(last(r" cov: (\d+)", log) for log in logs)
        new = sum(last(r"stat::new_units_added: +(\d+)", log) for log in logs)
        print(f"{name:18} {done:12} {done // args.seconds:11} {edges:7} {new:11}")
    for name, status, log in results:
        report(name, args.targets[name], status, log)
        failed |= status != 0
    return 1 if failed else 0


def main(args):
    programs = build(args)
    if programs is None:
        return 2
    try:
        if args.merge:
            return 0 if all([merge_one(name, programs[name], args) for name in args.targets]) else 1
        if args.replay is None:
            return search(args, programs)
        name = next(iter(args.targets))
        command = [programs[name], str(args.replay)]
        status = subprocess.run(command, env=environment(name), check=False).returncode
        print(f"drops: {name} with {args.replay.name}: " + ("passes" if status == 0 else "FAILS"))
        return 0 if status == 0 else 1
    finally:
        shutil.rmtree(os.path.dirname(next(iter(programs.values()))))
