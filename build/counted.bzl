# SPDX-License-Identifier: BSD-2-Clause
"""Tests that count what libkern executes: it calls __sanitizer_cov_trace_pc() as each basic block begins."""

load("//build:transition.bzl", "TRANSITION_ATTRS", "renamed_program_impl")

def _counted_flag_impl(_ctx):
    return []

counted_flag = rule(
    doc = "Is libkern being built for such a test?  Set by the rule below only.",
    implementation = _counted_flag_impl,
    build_setting = config.bool(),
)

def _transition_impl(_settings, _attr):
    return {"//build:counted": True}

_transition = transition(
    implementation = _transition_impl,
    inputs = [],
    outputs = ["//build:counted"],
)

counted_test = rule(
    doc = "The cc_binary `program`, a test, with such a libkern.",
    implementation = renamed_program_impl,
    attrs = dict(
        TRANSITION_ATTRS,
        program = attr.label(cfg = _transition, mandatory = True),
    ),
    test = True,
)
