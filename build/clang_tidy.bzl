# SPDX-License-Identifier: BSD-2-Clause
"""clang-tidy as a test. One action for each source, so that only what changed is looked at again."""

load("//build:transition.bzl", "TRANSITION_ATTRS", "platform_transition")

_ReportsInfo = provider(
    doc = "clang-tidy's findings.",
    fields = {"reports": "one file for each source, empty if clean"},
)

# Status 1 is a finding, which the test reports. Anything else (no clang-tidy, a crash) must not be cached.
_RUN = """
status=0
/usr/bin/clang-tidy-16 --quiet "--config-file=$1" "$2" -- "${@:4}" > "$3" 2>/dev/null || status=$?
sed -i "s|$PWD/||g" "$3"
[ "$status" -le 1 ] || { echo "clang-tidy-16 on $2 ended with status $status" >&2; exit 1; }
[ "$status" = 0 ] || [ -s "$3" ] || echo "$2: clang-tidy failed without saying why" > "$3"
"""

def _report(ctx, target, source):
    context = target[CcInfo].compilation_context
    name = "%s.%s.tidy" % (target.label.name, source.short_path.replace("/", "_"))
    report = ctx.actions.declare_file(name)
    flags = ["-xc++", "-std=c++20", "-iquote", "."]
    for include in context.includes.to_list() + context.system_includes.to_list():
        flags += ["-I", include]
    flags += ["-D" + define for define in context.defines.to_list() + context.local_defines.to_list()]
    ctx.actions.run_shell(
        arguments = [ctx.file._config.path, source.path, report.path] + flags + ctx.rule.attr.copts,
        command = _RUN,
        inputs = depset([source, ctx.file._config], transitive = [context.headers]),
        mnemonic = "ClangTidy",
        outputs = [report],
        progress_message = "Running clang-tidy on " + source.short_path,
    )
    return report

def _aspect_impl(target, ctx):
    inherited = [
        dep[_ReportsInfo].reports
        for dep in getattr(ctx.rule.attr, "deps", [])
        if _ReportsInfo in dep
    ]
    reports = []
    if CcInfo in target and not target.label.workspace_name:
        files = depset(transitive = [src.files for src in getattr(ctx.rule.attr, "srcs", [])])
        reports = [_report(ctx, target, f) for f in files.to_list() if f.extension == "cc"]
    return [_ReportsInfo(reports = depset(reports, transitive = inherited))]

_clang_tidy = aspect(
    implementation = _aspect_impl,
    attr_aspects = ["deps"],
    attrs = {"_config": attr.label(default = "//:.clang-tidy", allow_single_file = True)},
)

_TEST = """#!/bin/bash
expect="%s" reports=(%s)
cat "${reports[@]}"
echo "${#reports[@]} sources checked"
if [ -n "$expect" ]; then
    grep -qF "$expect" "${reports[@]}"
else
    ! grep -q . "${reports[@]}"
fi
"""

def _test_impl(ctx):
    reports = depset(transitive = [dep[_ReportsInfo].reports for dep in ctx.attr.deps]).to_list()
    script = ctx.actions.declare_file(ctx.label.name + ".sh")
    content = _TEST % (ctx.attr.expect, " ".join([report.short_path for report in reports]))
    ctx.actions.write(script, content, is_executable = True)
    return [DefaultInfo(executable = script, runfiles = ctx.runfiles(files = reports))]

clang_tidy_test = rule(
    doc = "clang-tidy finds nothing in the sources of `deps` and of what they depend on in this tree.",
    implementation = _test_impl,
    attrs = dict(
        TRANSITION_ATTRS,
        deps = attr.label_list(aspects = [_clang_tidy], cfg = platform_transition, mandatory = True),
        expect = attr.string(doc = "a finding that must be there, to test the test"),
        # Always the same, so that other configurations find the reports ready.
        platform = attr.string(default = "//build/platforms:host"),
    ),
    test = True,
)
