# SPDX-License-Identifier: BSD-2-Clause
"""The kernel without some of the thesis's modifications, so that their cost can be measured."""

load("//build:copts.bzl", "KERNEL_COPTS")
load("//build:transition.bzl", "TRANSITION_ATTRS", "renamed_program_impl")

# What can be left out, in the order of kern/ext.h, which says what depends on what.
MODIFICATIONS = [
    "inter_task_ex_regs",
    "utcb",
    "exception_ipc",
    "reflection",
    "alien",
    "page_fault_state",
    "map_list",
    "time_limit",
    "ex_regs_no_cancel",
    "ex_regs_stop",
    "ex_regs_fpu",
    "ex_regs_state",
    "tls",
    "io_fault",
]

# What can be left out besides, and nobody can tell but by a clock.
SHORTCUTS = ["shortcut"]

_CHOICES = MODIFICATIONS + SHORTCUTS

_WithoutInfo = provider(doc = "names of MODIFICATIONS", fields = ["names"])

def _without_flag_impl(ctx):
    return [_WithoutInfo(names = ctx.build_setting_value)]

# --//libkern:without=alien,tls builds everything on such a kernel.
without_flag = rule(
    implementation = _without_flag_impl,
    build_setting = config.string_list(flag = True),
)

def _ext_choice_impl(ctx):
    without = ctx.attr.without + ctx.attr._flag[_WithoutInfo].names
    for name in without:
        if name not in _CHOICES:
            fail("%s is none of %s" % (name, ", ".join(_CHOICES)))
    header = ctx.actions.declare_file(ctx.label.name + "/kern/ext_choice.h")
    lines = ["// SPDX-License-Identifier: BSD-2-Clause", "#pragma once", "", "namespace kern {", ""]
    lines += ["/// Written by the build (libkern/ext.bzl).", "struct ExtChoice {"]
    for name in _CHOICES:
        lines.append("    static constexpr bool %s = %s;" % (name, "false" if name in without else "true"))
    lines += ["};", "", "} // namespace kern", ""]
    ctx.actions.write(header, "\n".join(lines))
    context = cc_common.create_compilation_context(
        headers = depset([header]),
        includes = depset([header.dirname[:-len("/kern")]]),
    )
    return [DefaultInfo(files = depset([header])), CcInfo(compilation_context = context)]

_ext_choice = rule(
    implementation = _ext_choice_impl,
    attrs = {
        "without": attr.string_list(doc = "names of MODIFICATIONS, beside those of the flag"),
        "_flag": attr.label(default = "//libkern:without", providers = [_WithoutInfo]),
    },
    provides = [CcInfo],
)

def _without_transition_impl(_settings, attr):
    return {"//libkern:without": attr.without}

# To a kernel without what the attribute `without` names.
without_transition = transition(
    implementation = _without_transition_impl,
    inputs = [],
    outputs = ["//libkern:without"],
)

without_test = rule(
    doc = "The cc_binary or cc_test `program` on a kernel without some of what can be left out.",
    implementation = renamed_program_impl,
    attrs = dict(
        TRANSITION_ATTRS,
        program = attr.label(cfg = without_transition, mandatory = True),
        without = attr.string_list(doc = "names, as for the flag"),
    ),
    test = True,
)

def kernel_library(name, hdrs, without = [], at_once = False, **kwargs):
    """libkern, or a variant of it.  A program links one of them.

    Args:
      name: of the cc_library.
      hdrs: its headers.
      without: the modifications left out.
      at_once: compile all of it as one file: a fraction of the time, for variants that only a test looks at.
      **kwargs: for all targets.
    """
    _ext_choice(
        name = name + "_ext",
        without = without,
        **kwargs
    )
    sources = native.glob(["src/*.cc"])
    if at_once:
        native.genrule(
            name = name + "_source",
            srcs = sources,
            outs = [name + ".cc"],
            cmd = "for file in $(SRCS); do echo \"#include \\\"$$file\\\"\"; done > $@",
            **kwargs
        )
    native.cc_library(
        name = name,
        srcs = ([name + ".cc"] if at_once else sources) + native.glob(["src/*.h"]),
        hdrs = hdrs,
        copts = KERNEL_COPTS + select({
            "//build:is_counted": ["-fsanitize-coverage=trace-pc"],
            "//conditions:default": [],
        }),
        includes = ["include"],
        textual_hdrs = sources if at_once else [],
        deps = [
            ":" + name + "_ext",
            ":arch",
            ":types",
            "//ia32",
        ],
        **kwargs
    )
