#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Its data are the objects: building them compiled every header.  Here: on drops the bindings need nothing at
# all, and each call is there with its vector.
distinct=$(printf '%s\n' "$@" | sort -u | wc -l)
[ "$distinct" = 6 ] || { echo "wants one archive for each platform, has $*"; exit 1; }
for archive; do
    undefined=$(nm --undefined-only "$archive" | sed -n 's/^ *U //p' | sort -u |
        grep -vx -e 'l4_enter_.*' -e 'memset')
    [ -z "$undefined" ] || { echo "$archive needs $undefined"; exit 1; }
    objdump -d "$archive" >"$TEST_TMPDIR/code"
    grep -q 'file format elf32-i386' "$TEST_TMPDIR/code" || continue
    # One for a host calls the fake.
    nm --undefined-only "$archive" | grep -q l4_enter_ && continue
    for vector in 30 31 32 33 34 35 36; do
        grep -q "int  *\$0x$vector" "$TEST_TMPDIR/code" || { echo "$archive: no int 0x$vector"; exit 1; }
    done
    real+=("$archive")
done
[ "${#real[@]}" = 2 ] || { echo "two archives are for drops, found ${real[*]}"; exit 1; }
