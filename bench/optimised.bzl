# SPDX-License-Identifier: BSD-2-Clause
"""Figures are about one build: -O2 by the toolchain's own flags, however Bazel was called."""

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

def _impl(ctx):
    program = ctx.attr.program[0][DefaultInfo].files_to_run.executable
    out = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = out, target_file = program, is_executable = True)
    return [DefaultInfo(executable = out, runfiles = ctx.runfiles([out]))]

optimised = rule(
    doc = "The cc_binary `program`, optimised and without what --config may have added.",
    implementation = _impl,
    attrs = {
        "program": attr.label(cfg = _transition, mandatory = True),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
    executable = True,
)
