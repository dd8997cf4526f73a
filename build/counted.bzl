# SPDX-License-Identifier: BSD-2-Clause
"""Tests that count what libkern executes: it calls __sanitizer_cov_trace_pc() as each basic block begins."""

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

def _impl(ctx):
    program = ctx.attr.program[0][DefaultInfo].files_to_run.executable
    out = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = out, target_file = program, is_executable = True)
    return [DefaultInfo(executable = out, runfiles = ctx.runfiles([out]))]

counted_test = rule(
    doc = "The cc_binary `program`, a test, with such a libkern.",
    implementation = _impl,
    attrs = {
        "program": attr.label(cfg = _transition, mandatory = True),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
    test = True,
)
