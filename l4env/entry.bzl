# SPDX-License-Identifier: BSD-2-Clause
"""How system calls enter the kernel: a build setting, and programs that choose it."""

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
