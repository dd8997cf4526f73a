# SPDX-License-Identifier: BSD-2-Clause
"""The kernel of the PC without some of the thesis's modifications, so that their cost can be measured."""

load("//build:transition.bzl", "TRANSITION_ATTRS")
load("//libkern:ext.bzl", "without_transition")

def _impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".elf")
    ctx.actions.symlink(output = out, target_file = ctx.attr.kernel[0][DefaultInfo].files.to_list()[0])
    return [DefaultInfo(files = depset([out]), runfiles = ctx.runfiles([out]))]

kernel_without = rule(
    doc = "NAME.elf: the kernel_image `kernel` without some modifications.",
    implementation = _impl,
    attrs = dict(
        TRANSITION_ATTRS,
        kernel = attr.label(cfg = without_transition, mandatory = True),
        without = attr.string_list(doc = "names of MODIFICATIONS (libkern/ext.bzl)", mandatory = True),
    ),
)
