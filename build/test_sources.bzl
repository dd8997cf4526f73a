# SPDX-License-Identifier: BSD-2-Clause
"""The sources of tests, for checks on what the suite really runs."""

_SourcesInfo = provider(
    doc = "Sources in this tree.",
    fields = {"files": "of a target and of its dependencies"},
)

def _aspect_impl(target, ctx):
    files = []
    if not target.label.workspace_name:
        for attribute in ["srcs", "hdrs"]:
            for source in getattr(ctx.rule.attr, attribute, []):
                files += [f for f in source.files.to_list() if f.is_source]
    inherited = [
        dep[_SourcesInfo].files
        for dep in getattr(ctx.rule.attr, "deps", [])
        if _SourcesInfo in dep
    ]

    # `bazel test //...` leaves a manual test out.
    if "manual" in ctx.rule.attr.tags:
        return [_SourcesInfo(files = depset())]
    return [_SourcesInfo(files = depset(files, transitive = inherited))]

_sources = aspect(
    implementation = _aspect_impl,
    attr_aspects = ["deps"],
)

def _test_sources_impl(ctx):
    files = depset(transitive = [test[_SourcesInfo].files for test in ctx.attr.tests])
    return [DefaultInfo(files = files, runfiles = ctx.runfiles(transitive_files = files))]

test_sources = rule(
    doc = "What `tests` are made of in this tree. A manual test, or a manual library, counts for nothing.",
    implementation = _test_sources_impl,
    attrs = {"tests": attr.label_list(aspects = [_sources], mandatory = True)},
)
