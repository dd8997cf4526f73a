#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# KERNEL SIGMA0 ROOT TAP(0 or 1) N N-EXPECTED-LINES MODULES: runs them in QEMU.  The root task ends the machine when the
# modules have ended; anything else is a failure.
set -u
kernel=$1 sigma0=$2 root=$3 tap=$4 expected=("${@:6:$5}") modules=("${@:6+$5}")
log=${TEST_UNDECLARED_OUTPUTS_DIR:-$TEST_TMPDIR}/serial.log

initrd="$sigma0,$root exit=0xf4"
for module in "${modules[@]}"; do initrd+=",$module"; done
# Guest time is counted in instructions, so that a busy host changes nothing.
timeout 50 qemu-system-i386 -m 64 -kernel "$kernel" -append exit=f4 -initrd "$initrd" -icount shift=3,sleep=off \
    -serial "file:$log" -display none -no-reboot -device isa-debug-exit,iobase=0xf4
status=$?
tr -d '\r' <"$log"
lines() { tr -d '\r' <"$log" | grep "$@"; }

failures=0
fail() {
    echo "FAILED: $*"
    failures=1
}
# isa-debug-exit makes 2n+1 of what the root task writes.
[ "$status" = 1 ] || fail "QEMU's status is $status, not 1"
lines -q '^root: all tasks have ended, 0 failed$' || fail "the root task does not say that all is well"
! lines -E '^not ok|panic|assertion|can not start' || fail "bad lines, above"
for line in "${expected[@]}"; do lines -qxF -- "$line" || fail "no line '$line'"; done
if [ "$tap" = 1 ]; then
    count=$(lines -c '^ok ')
    lines -qx "1\.\.$count" || fail "$count tests are ok, which is not the plan"
    [ "$count" -gt 0 ] || fail "no test at all"
fi
exit "$failures"
