#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What is wrong with a corpus is named by the test that replays it ($1).
set -uo pipefail
replay=$PWD/$1
cd "$TEST_TMPDIR" || exit 2
# So that its cases are no cases of this test.
unset XML_OUTPUT_FILE GTEST_OUTPUT

failures=0
# What it says, its status, its arguments.
gives() {
    local wanted=$1 status=0
    "$replay" "${@:3}" >out 2>&1 || status=$?
    if ! grep -qF -- "$wanted" out || [ "$status" != "$2" ]; then
        echo "FAILED: ${*:3}: status $status, not $2, or not \"$wanted\":"
        cat out
        failures=$((failures + 1))
    fi
}
mkdir -p empty corpus/folder
gives "no inputs: the corpus is empty" 1 empty
gives "nowhere: there is no such input" 2 nowhere
gives "corpus/folder: a folder in a corpus, which has inputs only; move its inputs up" 2 corpus
rmdir corpus/folder
echo input >corpus/one
gives "PASSED" 0 corpus
exit $((failures > 0))
