# SPDX-License-Identifier: BSD-2-Clause
"""Programs on drops."""

load("//build:transition.bzl", "l4_program")
load("//l4env:entry.bzl", "sysenter_program")

def drops_program(name, srcs, deps, at = "0x1000000", copts = [], linkopts = [], **kwargs):
    """Declares NAME, a static program for drops (NAME.elf), and NAME_sysenter (sysenter/NAME.elf).

    Args:
      name: of the program.
      srcs: its own sources.
      deps: its libraries; //l4env/crt0 among them, unless it has an entry of its own.
      at: the address of its first page.
      copts: flags for srcs.
      linkopts: further flags for the linker.
      **kwargs: of both targets.
    """
    native.cc_binary(
        name = name + "_binary",
        srcs = srcs,
        copts = copts,
        linkopts = [
            "-Wl,-Ttext-segment=" + at,
            "-Wl,-z,max-page-size=4096",
            "-Wl,-z,noexecstack",
        ] + linkopts,
        tags = ["manual"],
        target_compatible_with = ["//build/platforms:on_drops"],
        deps = deps,
        **kwargs
    )
    l4_program(
        name = name,
        target = ":%s_binary" % name,
        **kwargs
    )
    sysenter_program(
        name = name + "_sysenter",
        program = ":" + name,
        **kwargs
    )
