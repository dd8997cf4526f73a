#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Init: what a shell and the programs that it starts need of Linux, a line for each in TAP.
count=0
failed=0
check() { # check WHAT GOT EXPECTED
    count=$((count + 1))
    if [ "$2" = "$3" ]; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1"
        echo "# got '$2', expected '$3'"
        failed=1
    fi
}

export PATH=/bin:/tmp/bin
busybox mkdir -p /tmp/bin && /bin/busybox --install -s /tmp/bin
mount -t devtmpfs devtmpfs /dev
mount -t proc proc /proc
mount -t sysfs sysfs /sys
uname -a
cat /proc/cpuinfo

check "a processor" "$(grep -c '^processor.: 0$' /proc/cpuinfo)" 1
check "what it can do" "$(grep '^flags' /proc/cpuinfo | grep -w fpu | grep -cw sse2)" 1
check "the host's name" "$(hostname) $(uname -n)" "drops drops"
check "arithmetic" "$((6 * 7))" 42
check "a program" "$(uname -s) $(uname -m)" "Linux i686"
check "a pipe" "$(seq 1 100 | grep -c 7)" 19
check "exit codes" "$(sh -c 'exit 7' || echo $?)" 7
check "a file" "$(echo text >/tmp/file && cat /tmp/file)" text
check "environment" "$(NAME=value sh -c 'echo $NAME')" value
check "kill" "$(sleep 1000 & kill $! && wait $! || echo $?)" 143
check "a signal's handler" "$(sh -c 'trap "echo caught" USR1; kill -USR1 $$; true')" caught
check "a background process" "$( (sleep 1 && echo late) & wait)" late
check "process id" "$(readlink /proc/self/exe)" /bin/busybox
check "sort of 5000 numbers" "$(seq 5000 -1 1 | sort -n | head -n 1)" 1
check "what 20000 numbers sum up to" "$(seq 1 20000 | md5sum | cut -c1-8)" e071f707
check "a program that faults" "$(sh -c 'kill -SEGV $$' 2>/dev/null || echo $?)" 139
i=0
while [ $i -lt 200 ]; do
    i=$((i + 1))
    /bin/busybox true || break
done
check "200 programs, one after the other" "$i" 200
check "the console" "$(test -c /dev/console && echo yes)" yes

# How many forced entries there were, when the kernel was asked for them (`l4_torture=`).
forced=$(sed -n 's/^ *FRC: *\([0-9]*\).*/\1/p' /proc/interrupts)
echo "# $forced forced entries"
grep -q l4_torture /proc/cmdline && check "thousands of forced entries" "$((forced > 5000))" 1

echo "1..$count"
[ $failed = 0 ] && poweroff -f
exit 1
