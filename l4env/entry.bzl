# SPDX-License-Identifier: BSD-2-Clause
"""How system calls enter the kernel: a build setting, and programs that choose it."""

load("//build:transition.bzl", "TRANSITION_ATTRS")

EntryInfo = provider(doc = "The setting.", fields = ["value"])

def _entry_flag_impl(ctx):
    value = ctx.build_setting_value
    if value not in ["int", "sysenter"]:
        fail("%s: int or sysenter, not %s" % (ctx.label, value))
    return EntryInfo(value = value)

entry_flag = rule(
    doc = "int or sysenter.",
    implementation = _entry_flag_impl,
    build_setting = config.string(flag = True),
)

def _sysenter_impl(_settings, _attr):
    return {"//l4env/sys:entry": "sysenter"}

_sysenter = transition(
    implementation = _sysenter_impl,
    inputs = [],
    outputs = ["//l4env/sys:entry"],
)

def _sysenter_program_impl(ctx):
    program = ctx.attr.program[0][DefaultInfo].files.to_list()[0]

    # Under its own name: that is how others find a boot module.
    out = ctx.actions.declare_file("sysenter/" + program.basename)
    ctx.actions.symlink(output = out, target_file = program)
    files = depset([out])
    return [DefaultInfo(files = files, runfiles = ctx.runfiles(transitive_files = files))]

sysenter_program = rule(
    doc = "sysenter/PROGRAM.elf: the drops_program `program`, entering the kernel for ipc by sysenter.",
    implementation = _sysenter_program_impl,
    attrs = dict(
        TRANSITION_ATTRS,
        program = attr.label(cfg = _sysenter, mandatory = True),
    ),
)
