#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The fuzzer finds a kernel bug from nothing, in seconds, and says all that is needed to go on.
set -uo pipefail
program=$PWD/$1 tool=$PWD/$2
cd "$TEST_TMPDIR" || exit 2
export TEST_UNDECLARED_OUTPUTS_DIR=$TEST_TMPDIR
mkdir corpus
start=$SECONDS
"$program" -seed=1 -max_len=800 -max_total_time=100 corpus >log 2>&1
status=$?
echo "ended after $((SECONDS - start)) s with status $status"
failures=0
check() {
    if "${@:2}"; then return; fi
    echo "FAILED: $1"
    failures=1
}
check "the fuzzer fails" [ "$status" != 0 ]
check "it names the first bad step" grep -q 'canary: step [0-9]*$' log
check "it names the event" grep -q '^event: .*thread_switch' log
check "it names what differs" grep -q 'ecx' log
check "it leaves the trace" [ -s canary.trace ]
check "it says how to replay the trace" \
    grep -q 'replay it with: bazel run //tools/trace:buggy_trace -- replay .*canary.trace' log
check "it keeps the input" ls crash-*
check "it says how to run the input" grep -q 'run the input again with: ./drops fuzz canary --replay FILE' log
"$tool" replay canary.trace >replayed 2>&1
check "the trace fails again" [ $? = 1 ]
check "at the same event" grep -q '^event: .*thread_switch' replayed
"$tool" shrink canary.trace >shrunk 2>&1
check "the trace can be made small" grep -qE '^[0-9]+ steps of [0-9]+ are left' shrunk
[ "$failures" = 0 ] || tail -n 40 log replayed shrunk
exit "$failures"
