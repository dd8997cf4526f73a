# SPDX-License-Identifier: BSD-2-Clause
"""Flags that are not a toolchain's business."""

# libkern everywhere, the host included: a test runs what the hardware runs.
KERNEL_COPTS = [
    "-fno-exceptions",
    "-fno-rtti",
    "-fno-threadsafe-statics",
    # Addresses and sizes come from users: a narrowing is written down or it is a bug.
    "-Wconversion",
    "-Wsign-conversion",
]
