#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# kernel_image and l4_program make a static ELF32 for IA-32, whatever the tests around it are built for.
set -euo pipefail
for image in "$@"; do
    readelf --file-header --program-headers "$image" >"$TEST_TMPDIR/headers"
    cat "$TEST_TMPDIR/headers"
    grep -q 'Class: *ELF32' "$TEST_TMPDIR/headers"
    grep -q 'Machine: *Intel 80386' "$TEST_TMPDIR/headers"
    grep -q 'Type: *EXEC' "$TEST_TMPDIR/headers"
    if grep -qE 'INTERP|DYNAMIC' "$TEST_TMPDIR/headers" || nm --undefined-only "$image" | grep .; then
        echo "$image needs something that no machine has"
        exit 1
    fi
done
