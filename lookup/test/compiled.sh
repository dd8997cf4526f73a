#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Its data are the objects: building them compiled every header.  Here: they need nothing but, at most, what
# every compiler may call and every kernel supplies.
[ $# = 4 ] || { echo "wants one archive for each platform, has $#"; exit 1; }
distinct=$(for archive; do readlink -f "$archive"; done | sort -u | wc -l)
[ "$distinct" = 4 ] || { echo "one archive stands for several: $*"; exit 1; }
for archive; do
    undefined=$(nm --undefined-only "$archive" | sed -n 's/^ *U //p' | sort -u | grep -vx 'memset')
    [ -z "$undefined" ] || { echo "$archive needs $undefined"; exit 1; }
    nm --defined-only "$archive" | grep -q ' T use_hash$' || { echo "$archive has no use_hash"; exit 1; }
done
echo "all headers compiled as C11 and C++20 by gcc and clang, 32 and 64 bit; no undefined symbols"
