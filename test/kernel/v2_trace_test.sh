#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Existing programs see no difference: random V2 programs on the kernel ($1) and on the one without all
# modifications ($2) see the same.  A kernel with a bug ($3) must be told from it.
set -uo pipefail
seeds=600 whole=$1 without=$2 buggy=$3
run() { ${EMULATOR:-} "$@"; } # tools/run_32_bits

run "$whole" "$seeds" >"$TEST_TMPDIR/whole" || {
    tail -n 20 "$TEST_TMPDIR/whole"
    exit 1
}
run "$without" "$seeds" >"$TEST_TMPDIR/without" || echo "the kernel without all modifications: exit status $?"
sed '/^seed /d' "$TEST_TMPDIR/whole"

if ! cmp -s "$TEST_TMPDIR/whole" "$TEST_TMPDIR/without"; then
    seed=$(diff "$TEST_TMPDIR/whole" "$TEST_TMPDIR/without" |
        sed -n 's/^< seed \([0-9]*\):.*/\1/p' | head -n 1)
    echo "seed $seed: the kernel (<) and that without all modifications (>) differ, first at"
    for kernel in whole without; do
        run "${!kernel}" "$seed" "$seed" >"$TEST_TMPDIR/$kernel.events"
    done
    diff "$TEST_TMPDIR/whole.events" "$TEST_TMPDIR/without.events" | grep -m 1 '^<'
    diff "$TEST_TMPDIR/whole.events" "$TEST_TMPDIR/without.events" | grep -m 1 '^>'
    echo "all events: bazel run //test/kernel:v2_trace_kern -- $seed $seed (and v2_trace_kern_without_all)"
    exit 1
fi

run "$buggy" "$seeds" >"$TEST_TMPDIR/buggy"
if cmp -s "$TEST_TMPDIR/whole" "$TEST_TMPDIR/buggy"; then
    echo "a kernel with a bug in thread_switch was not told from one without"
    exit 1
fi
