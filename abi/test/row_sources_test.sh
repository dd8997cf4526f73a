#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Arguments: the sources of a test that runs, of its libraries, and of a manual test, which must not be there.
set -euo pipefail
sources=" $* "
echo "sources:$sources"
[[ $sources == *" abi/test/abi_row_test.cc "* ]] || { echo "the source of the test is missing"; exit 1; }
[[ $sources == *" abi/test/abi_row.h "* ]] || { echo "the sources of its libraries are missing"; exit 1; }
[[ $sources != *manual* ]] || { echo "a manual test counts"; exit 1; }
