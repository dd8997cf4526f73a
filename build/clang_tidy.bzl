# SPDX-License-Identifier: BSD-2-Clause
"""clang-tidy as a test. One action for each source, so that only what changed is looked at again."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "ACTION_NAMES")
load("//build:transition.bzl", "TRANSITION_ATTRS", "platform_transition")

_CC = "@bazel_tools//tools/cpp:toolchain_type"

_ReportsInfo = provider(
    doc = "clang-tidy's findings.",
    fields = {"reports": "for each source, empty if clean; in a folder like the source's"},
)

# Status 1 is a finding, which the test reports. Anything else (no clang-tidy, a crash) must not be cached.
_RUN = """
status=0
/usr/bin/clang-tidy-16 --quiet "--config-file=$1" "$2" -- "${@:4}" > "$3" 2>/dev/null || status=$?
sed -i "s|$PWD/||g" "$3"
[ "$status" -le 1 ] || { echo "clang-tidy-16 on $2 ended with status $status" >&2; exit 1; }
[ "$status" = 0 ] || [ -s "$3" ] || echo "$2: clang-tidy failed without saying why" > "$3"
"""

def _context(ctx, target):
    if CcInfo in target:
        return target[CcInfo].compilation_context

    # A cc_binary tells nobody; beside its libraries' headers it has its own, which stand in its package.
    infos = [dep[CcInfo] for dep in ctx.rule.attr.deps if CcInfo in dep]
    return cc_common.merge_cc_infos(cc_infos = infos).compilation_context

def _flags(ctx, context, action):
    """The toolchain's own command line: what is defined and included, and for which machine."""
    toolchain = ctx.toolchains[_CC]
    features = cc_common.configure_features(ctx = ctx, cc_toolchain = toolchain)
    variables = cc_common.create_compile_variables(
        cc_toolchain = toolchain,
        feature_configuration = features,
        include_directories = context.includes,
        preprocessor_defines = depset(transitive = [context.defines, context.local_defines]),
        quote_include_directories = context.quote_includes,
        system_include_directories = context.system_includes,
        user_compile_flags = ctx.rule.attr.copts,
    )
    line = cc_common.get_memory_inefficient_command_line(
        action_name = action,
        feature_configuration = features,
        variables = variables,
    )

    # clang-tidy takes no -Wno- for what a -D does.
    return [flag for flag in line if "redacted" not in flag]

def _report(ctx, target, source, headers):
    context = _context(ctx, target)
    name = "%s.%s.tidy" % (target.label.name, source.short_path.replace("/", "_"))
    report = ctx.actions.declare_file(name)
    action = ACTION_NAMES.c_compile if source.extension == "c" else ACTION_NAMES.cpp_compile
    ctx.actions.run_shell(
        arguments = [ctx.file._config.path, source.path, report.path] + _flags(ctx, context, action),
        command = _RUN,
        inputs = depset([source, ctx.file._config] + headers, transitive = [context.headers]),
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
    if not target.label.workspace_name and ctx.rule.kind in ["cc_binary", "cc_library", "cc_test"]:
        files = depset(transitive = [src.files for src in ctx.rule.attr.srcs]).to_list()
        headers = [f for f in files if f.extension == "h"]
        reports = [_report(ctx, target, f, headers) for f in files if f.extension in ["c", "cc"]]
    return [_ReportsInfo(reports = depset(reports, transitive = inherited))]

_clang_tidy = aspect(
    implementation = _aspect_impl,
    attr_aspects = ["deps"],
    fragments = ["cpp"],
    toolchains = [_CC],
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
    reports = [report for report in reports if report.short_path.startswith(ctx.attr.under)]
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
        under = attr.string(doc = "only sources in this folder: the others are another test's"),
        expect = attr.string(doc = "a finding that must be there, to test the test"),
        # clang-tidy wants clang's flags.  Always the same, so that other configurations find reports ready.
        platform = attr.string(default = "//build/platforms:host_clang"),
    ),
    test = True,
)
