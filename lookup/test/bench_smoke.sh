#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# All benchmarks run and find what they look for, at the smallest size.
out=$("$1" --benchmark_filter='/100$' --benchmark_min_time=0.001 --benchmark_format=csv) || exit 1
echo "$out"
if echo "$out" | grep -q 'not found\|not inserted'; then exit 1; fi
# Of each of 5 tables: 3 operations in 2 mixes, and vfork.
[ "$(echo "$out" | grep -c '/100",')" = 35 ]
