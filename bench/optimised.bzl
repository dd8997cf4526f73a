# SPDX-License-Identifier: BSD-2-Clause
"""Figures are about one build: -O2 by the toolchain's own flags, however Bazel was called."""

load("//build:transition.bzl", "TRANSITION_ATTRS", "renamed_program_impl")

def _transition_impl(_settings, _attr):
    return {
        "//command_line_option:compilation_mode": "opt",
        "//command_line_option:copt": [],
        "//command_line_option:cxxopt": [],
        "//command_line_option:features": [],
        "//command_line_option:linkopt": [],
    }

_transition = transition(
    implementation = _transition_impl,
    inputs = [],
    outputs = [
        "//command_line_option:compilation_mode",
        "//command_line_option:copt",
        "//command_line_option:cxxopt",
        "//command_line_option:features",
        "//command_line_option:linkopt",
    ],
)

optimised = rule(
    doc = "The cc_binary `program`, optimised and without what --config may have added.",
    implementation = renamed_program_impl,
    attrs = dict(
        TRANSITION_ATTRS,
        program = attr.label(cfg = _transition, mandatory = True),
    ),
    executable = True,
)
