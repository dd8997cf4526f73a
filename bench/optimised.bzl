# SPDX-License-Identifier: BSD-2-Clause
"""Figures are about one build: -O2 by the toolchain's own flags, however Bazel was called."""

load("//build:transition.bzl", "TRANSITION_ATTRS", "renamed_program_impl")

_PLAIN = {
    "//command_line_option:compilation_mode": "opt",
    "//command_line_option:copt": [],
    "//command_line_option:cxxopt": [],
    "//command_line_option:features": [],
    "//command_line_option:linkopt": [],
}

def _transition_impl(_settings, _attr):
    return _PLAIN

_transition = transition(
    implementation = _transition_impl,
    inputs = [],
    outputs = _PLAIN.keys(),
)

def _without_transition_impl(_settings, attr):
    return dict(_PLAIN, **{"//libkern:without": attr.without})

_without_transition = transition(
    implementation = _without_transition_impl,
    inputs = [],
    outputs = _PLAIN.keys() + ["//libkern:without"],
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

optimised_without = rule(
    doc = "The same, on a kernel without some modifications.",
    implementation = renamed_program_impl,
    attrs = dict(
        TRANSITION_ATTRS,
        program = attr.label(cfg = _without_transition, mandatory = True),
        without = attr.string_list(doc = "names of MODIFICATIONS (libkern/ext.bzl)", mandatory = True),
    ),
    executable = True,
)
