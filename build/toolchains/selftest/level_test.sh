#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# built_for's `optimization` is what every file is compiled with, by the compiler of its platform.
set -uo pipefail
diff - <(for program in "$@"; do "$program"; done) <<'END'
gcc, not optimized
gcc, optimized
clang, not optimized
clang, optimized
END
