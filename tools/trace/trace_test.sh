#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The trace tool from end to end, with a kernel that has a bug ($2) and with one that has not ($1).
# shellcheck disable=SC2016  # the ` in quotes are for messages
# shellcheck disable=SC2317  # functions are called through check()
set -uo pipefail
good=$PWD/$1 buggy=$PWD/$2 document=$PWD/$3
cd "$TEST_TMPDIR" || exit 2
export TEST_UNDECLARED_OUTPUTS_DIR=$TEST_TMPDIR

failures=0
check() {
    echo "- $1"
    shift
    "$@" || {
        echo "FAILED: $*"
        cat out
        failures=$((failures + 1))
    }
}
run() {
    "$@" >out 2>&1
    status=$?
}
says() { grep -qF -- "$1" out; }
status_is() { [ "$status" = "$1" ]; }
shorter_than() { [ "$(grep -c '^[a-z]' "$2")" -lt "$1" ]; }

# A bug is found, and nothing about it is lost.
run "$buggy" random --seeds=2000
check "the buggy kernel is found out" status_is 1
check "... with the seed" grep -qE '^seed [0-9]+, mode free, step [0-9]+$' out
check "... the event" grep -qE '^event: .*thread_switch' out
check "... what differs" says ecx
again='^replay: bazel run //tools/trace -- random --mode=free --seed=[0-9]+'
check "... the command that does it again" grep -qE "$again" out
check "... and where the trace is" grep -qE '^trace: .*/seed-[0-9]+-free.trace$' out
left=$(sed -n 's/^trace: //p' out) found=$(cat out)
step=$(sed -n 's/^seed .*, step //p' out)
check "the trace is there" [ -s "$left" ]

run "$buggy" replay "$left"
check "it fails again" status_is 1
check "... at the same step" grep -qx "step $step" out
run "$good" replay "$left"
check "without the bug its result is another" status_is 1
check "... at the same step" grep -qx "step $step" out
check "... and both are shown" says "now <> recorded"

run "$buggy" record --from="$left" --to=again.trace
check "recording what fails says so" says "steps in again.trace; the trace fails"
check "... and how" says ecx
check "... and is found" status_is 1
check "... with the trace" [ -s again.trace ]
run "$buggy" record --seed="$(sed -n 's/^seed \([0-9]*\), .*/\1/p' <<<"$found")" --to=seed.trace
check "... from a seed, too" status_is 1
check "... says so" says "steps in seed.trace; the trace fails"
run "$good" shrink "$left"
check "other results are nothing to shrink by" says "has other results than today's and fails by nothing"
check "... which is an error" status_is 2
run "$good" record --from="$left" --to=mended.trace
check "the results of today can be recorded" status_is 0
run "$good" replay mended.trace
check "... and are then right" says "results as recorded"
run "$good" diff "$left" mended.trace
check "diff finds a difference" status_is 1
check "... at the same step" says "step $step differs:"
run "$good" diff mended.trace mended.trace
check "... and none where there is none" says "no difference in"

run "$buggy" shrink "$left" --to=small.trace
check "it can be made smaller" status_is 0
check "... much" shorter_than 12 small.trace
run "$buggy" replay small.trace
check "... and still fails" status_is 1
run "$good" replay small.trace
check "... and passes without the bug" status_is 0
run "$good" shrink small.trace
check "what does not fail can not be shrunk" says "does not fail, so there is nothing to shrink it by"
run "$good" print small.trace
check "it can be printed" says "step 1: "

run "$good" record --seed=3 --mode=stepwise --to=three.trace
check "a seed can be recorded" status_is 0
run "$good" replay three.trace
check "... and replayed" status_is 0

sed -n '/^```$/,/^```$/{/^```/!p}' "$document" | sed '/^bazel run/,$d' >document.trace
run "$good" replay document.trace
check "the example of the document is a trace" says "3 steps, 2 events: no difference; results as recorded"

sed 's/user_pages=64/user_pages=65/' document.trace >wide.trace
run "$good" diff document.trace wide.trace
check "systems that differ are shown" says "< config free user_pages=64"
check "... both" says "> config free user_pages=65"
check "... and nothing else of their files" test "$(grep -c '' out)" = 3

# The debugger at any step, forth and back.
talk() { # (commands, arguments...)
    printf '%b' "$1" | "$good" debug "${@:2}" >out 2>&1
    status=$?
}
talk 'threads\nring 1\n' document.trace
check "the debugger looks at the end of a trace" says "step 3 of 3: pass 64"
check "... and leaves when nobody asks any more" status_is 0
check "... who waits" grep -qE '^ 4\.0 .* fault e at 1000: receives from 2\.0 ' out
check "... who runs" grep -qE '^>2\.0 .* ready ' out
check "... the last event" says "call 30 ffffffff 0 0 0 0 0 1 = 2.0 - "
talk 'ready\nback 2\nready\nstep\nstep 5\ntrace\nstep 0\nhelp\ngo\nthreads\n' document.trace --to=2
check "it starts where it is told to" says "step 2 of 3: call 30"
check "... goes back" says "step 0 of 3"
check "... where root runs" says "4.0*"
check "... forth" says "step 1 of 3: store 1000 1"
check "... not beyond the end" says "step 3 of 3: pass 64"
check "... shows the trace" grep -qE '^>    3  pass 64$' out
check "... knows what is no command" says "no such command"
check "... has help" says "goes on in the trace"
check "... and ends" test "$(grep -c ' thread prio' out)" = 0

# What is wrong is named, and what to do about it.
run "$good"
check "no command" says "no command given; \`trace help\` lists them"
check "... is an error" status_is 2
run "$good" frobnicate
check "an unknown command" says 'there is no command `frobnicate`'
run "$good" replay
check "a missing file" says '`replay` wants 1 trace, but got 0'
run "$good" replay nowhere.trace
check "a file that is not there" says "nowhere.trace: can not be read; is this the right path?"
run "$good" random --speed=5
check "an unknown option" says '`random` has no option `--speed`; it has --seed'
run "$good" random --seeds=many
check "no number" says '`many` is no number for --seeds; it must be a decimal number'
for bad in --seeds=0 --steps=0; do
    run "$good" random "$bad"
    check "$bad, which would run nothing" says "${bad%=0} must be at least 1, not 0"
    check "... is an error" status_is 2
done
for bad in --seeds=4294967296 --steps=4294967296; do
    run "$good" random "$bad"
    check "$bad" says "is too large for ${bad%=*}; it must be a decimal number up to 4294967295"
    check "... is an error" status_is 2
done
run "$good" random --mode=fast
check "an unknown mode" says '`fast` is no mode; it must be free, stepwise or alone'
run "$good" record --seed=1
check "nowhere to record to" says '`record` wants --to=FILE'
mkdir -p folder
run "$good" replay folder
check "a folder" says "trace: folder: a folder, not a trace; name a trace in it"
check "... is an error" status_is 2
run "$good" record --seed=1 --to=folder
check "a folder to record to" says "folder: a folder, so nothing can be written there; name a file in it"
check "... is an error" status_is 2
printf 'drops-trace 1\nconfig free user_pages=64 kernel_pages=64 sigma0_frames=16 boot_time=5\n%s\n' \
    'emulate 7 0 0 0 0 0 0 0' >emulate.trace
run "$good" replay emulate.trace
check "an instruction that is not emulated" says 'emulate.trace:3: `7` is too large for the instruction'
check "... is an error" status_is 2
head -c 300 three.trace >cut.trace
run "$good" replay cut.trace
check "a file that is cut off" says "cut.trace:"
check "... is an error" status_is 2
sed 's/drops-trace 1/drops-trace 9/' three.trace >new.trace
run "$good" replay new.trace
check "a version to come" says "new.trace:3: a trace of another version; this program reads version 1"
head -c 5000 "$good" >binary.trace
run "$good" replay binary.trace
check "something else" says "binary.trace:1: not a trace: it must begin with \`drops-trace 1\`"

# To the PC and back.
run "$good" pack --seed=1 --seeds=2 --to=two.pack
check "random traces can be packed" says " left out"
run "$good" unpack two.pack --number=2 --to=second.trace
check "... and one of them taken out" status_is 0
run "$good" replay second.trace
check "... which is what it was, results and all" says "no difference; results as recorded"
run "$good" state second.trace --steps=1
check "its state can be shown" grep -qE '^registers [0-9a-f]+ ' out
sed -i '$d' second.trace
run "$good" pack --from=second.trace --to=second.pack
check "a trace can be packed" says "1 traces with"
run "$good" unpack second.pack --to=again.trace
check "... and is the same again" diff <(grep -v '^#' second.trace) <(grep -v '^#' again.trace)

refused() {
    run "$good" "${@:2}"
    check "$*" says "$1"
    check "... is an error" status_is 2
}
refused '`--keep-going` takes no value, but got `=yes`' random --keep-going=yes
refused '`--print` takes no value' replay small.trace --print=3
refused '`--seed` is given twice' random --seed=1 --seed=2
refused '`help` wants 0 traces' help x
refused 'beyond the last seed, 18446744073709551615' random --seed=18446744073709551615 --seeds=2
refused '/dev/null: empty; a trace begins' replay /dev/null
head -n 4 document.trace >none.trace
refused 'the pack has traces 1 to 1' unpack second.pack --number=2 --to=x
refused 'second.trace: no pack of traces' unpack second.trace --to=x
refused 'too large for --steps' state second.trace --steps=99999
refused '`pack` wants --to=FILE' pack
refused 'folder: a folder, not a pack; name a pack in it' unpack folder --to=x
# Refused before any trace is run: four billion of them would outlast the test.
refused 'folder: a folder, so nothing can be written there' pack --to=folder --seeds=4294967295
refused 'nowhere; make it first' pack --to=nowhere/x --seeds=4294967295
refused 'beyond the last seed' pack --to=x --seed=18446744073709551614 --seeds=3
refused '`4` is too large for --to' debug document.trace --to=4
refused 'none.trace: a trace without steps' replay none.trace
run "$good" replay --help
check "help for a command is the usage" says "usage: trace COMMAND"
check "... and no error" status_is 0

exit $((failures > 0))
